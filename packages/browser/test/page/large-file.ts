import { deleteCoffer, openCoffer } from '@coffer/browser'
import { watchTasks } from './long-tasks.js'
import { bytesOf, keys, type Storage } from './shared.js'

const PIECE_BYTES = 16_777_216

export interface Measured {
  readonly seconds: number
  /** Of the page's thread, in milliseconds. */
  readonly longestTaskMs: number
}

export interface LargeFileReport {
  readonly in: Measured
  readonly out: Measured
  readonly isEqual: boolean
}

/** A file of so many bytes, on the browser's disk; half of each piece shrinks. */
export function largeBlob(bytes: number): Blob {
  const pieces: Blob[] = []
  const text = new TextEncoder().encode('what is written again and again shrinks. '.repeat(Math.ceil(PIECE_BYTES / 2 / 41)))
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const piece = bytesOf(at / PIECE_BYTES + 1, Math.min(PIECE_BYTES, bytes - at))
    piece.set(text.subarray(0, Math.floor(piece.length / 2)))
    pieces.push(new Blob([piece]))
  }
  return new Blob(pieces)
}

export async function measure(work: () => Promise<void>): Promise<Measured> {
  const tasks = watchTasks()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  return { seconds, longestTaskMs: await tasks.longest() }
}

/** A large file into a coffer and out again, by its pieces' digests. */
export async function largeFile(storage: Storage, bytes: number): Promise<LargeFileReport> {
  const name = `large ${crypto.randomUUID()}`
  const blob = largeBlob(bytes)
  const digests = await digestsOf(blob)
  const coffer = await openCoffer(name, { storage, keys, mode: 'x' })
  const input = await measure(async () => {
    await coffer.add(blob, 'large')
    await coffer.flush()
  })
  let out: Blob | undefined
  const output = await measure(async () => {
    out = await coffer.extract('large')
  })
  const isEqual = out?.size === bytes && (await digestsOf(out)).join() === digests.join()
  await coffer.close()
  await deleteCoffer(name, { storage })
  return { in: input, out: output, isEqual }
}

/** SHA-256 of each piece. */
export async function digestsOf(blob: Blob): Promise<string[]> {
  const digests: string[] = []
  for (let at = 0; at < blob.size; at += PIECE_BYTES) {
    const digest = await crypto.subtle.digest('SHA-256', await blob.slice(at, at + PIECE_BYTES).arrayBuffer())
    digests.push(new Uint8Array(digest).join(' '))
  }
  return digests
}
