import { openRaw } from './open-raw.js'
import type { FilePath } from './raw-file.js'

/** Which file is the coffer: two slots that are written in turn, so that one is whole whatever happens to the other. */
const SLOTS = ['head-0', 'head-1'] as const
const MOST_ATTEMPTS = 20

interface Head {
  readonly slot: number
  readonly sequence: number
  readonly id: string
}

/** The id of the file that is the coffer; `undefined` where there is none. */
export async function readHead(directory: FileSystemDirectoryHandle): Promise<string | undefined> {
  return (await newestHead(directory))?.id
}

/** Makes the file `id` the coffer, durably. */
export async function writeHead(directory: FileSystemDirectoryHandle, path: FilePath, id: string): Promise<void> {
  const before = await newestHead(directory)
  const text = `coffer 1 ${(before?.sequence ?? 0) + 1} ${id}`
  const bytes = new TextEncoder().encode(`${text} ${await checksum(text)}\n`)
  const file = await openRaw([...path, SLOTS[before?.slot === 0 ? 1 : 0]])
  try {
    await file.write(0, bytes)
    await file.truncate(bytes.length)
    await file.flush()
  } finally {
    await file.close()
  }
}

async function newestHead(directory: FileSystemDirectoryHandle): Promise<Head | undefined> {
  const heads = await Promise.all(SLOTS.map((name, slot) => readSlot(directory, name, slot)))
  return heads.reduce((best, head) => (head && head.sequence > (best?.sequence ?? 0) ? head : best), undefined)
}

async function readSlot(directory: FileSystemDirectoryHandle, name: string, slot: number): Promise<Head | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const file = await (await directory.getFileHandle(name)).getFile()
      const [, text, sequence, id, sum] = /^(coffer 1 (\d{1,15}) ([0-9a-f]+)) ([0-9a-f]+)\n$/.exec(await file.text()) ?? []
      if (text === undefined || id === undefined || sum !== (await checksum(text))) return undefined
      return { slot, sequence: Number(sequence), id }
    } catch (error) {
      if (!(error instanceof DOMException)) throw error
      if (error.name === 'NotFoundError') return undefined
      // Written to while it was read.
      if (error.name !== 'NotReadableError' || attempt === MOST_ATTEMPTS) throw error
    }
  }
}

async function checksum(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
