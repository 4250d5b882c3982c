import { deleteCoffer, openCoffer } from '@coffer/browser'
import { watchTasks, type Tasks } from './long-tasks.js'
import { keys, type Storage } from './shared.js'

const PIECE_BYTES = 1_048_576

export interface Measured {
  readonly seconds: number
  /** Of the page's thread. */
  readonly tasks: Tasks
}

export interface LargeFileReport {
  readonly in: Measured
  readonly out: Measured
  readonly isEqual: boolean
}

/** The file that the test has picked. */
export function pickedFile(): File {
  const [file] = document.querySelector<HTMLInputElement>('input')?.files ?? []
  if (!file) throw new Error('No file was picked.')
  return file
}

/** A directory on the browser's disk, as a user's own is on his. */
export async function newDirectory(): Promise<{ handle: FileSystemDirectoryHandle; remove(): Promise<void> }> {
  const root = await navigator.storage.getDirectory()
  const name = `out-${crypto.randomUUID()}`
  return { handle: await root.getDirectoryHandle(name, { create: true }), remove: () => root.removeEntry(name, { recursive: true }) }
}

export async function measure(work: () => Promise<void>): Promise<Measured> {
  const tasks = watchTasks()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  return { seconds, tasks: tasks.end() }
}

/** A large file into a coffer and out again, by its pieces' digests. */
export async function largeFile(storage: Storage, digests: readonly string[]): Promise<LargeFileReport> {
  const name = `large ${crypto.randomUUID()}`
  const file = pickedFile()
  const coffer = await openCoffer(name, { storage, keys, mode: 'x' })
  const input = await measure(async () => {
    await coffer.add(file, 'large')
    await coffer.flush()
  })
  const directory = await newDirectory()
  const output = await measure(async () => {
    await coffer.extract('large', directory.handle)
  })
  const out = await (await directory.handle.getFileHandle('large')).getFile()
  const isEqual = out.size === file.size && (await digestsOf(out)).join() === digests.join()
  await directory.remove()
  await coffer.close()
  await deleteCoffer(name, { storage })
  return { in: input, out: output, isEqual }
}

/** SHA-256 of each MiB, in hex: small ones, since these are tasks of the page too. */
export async function digestsOf(blob: Blob): Promise<string[]> {
  const digests: string[] = []
  for (let at = 0; at < blob.size; at += PIECE_BYTES) {
    const digest = await crypto.subtle.digest('SHA-256', await blob.slice(at, at + PIECE_BYTES).arrayBuffer())
    digests.push(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(''))
  }
  return digests
}
