import type { Coffer, Member, TaskOptions } from '@coffer/core'
import { makeZip } from 'client-zip'

/** What is larger goes straight into a file that the user picks, where the browser can do that. */
const PICKED_FROM_BYTES = 67_108_864
/** Bytes that wait before the browser gets them as a blob, which it may keep on the disk. */
const PART_BYTES = 8_388_608

type Bytes = Uint8Array<ArrayBuffer>

/** Where the bytes go, asked for while the click still counts. */
type Target = { readonly handle: FileSystemFileHandle } | { readonly download: string }

interface PickerWindow {
  showSaveFilePicker?: (options: { readonly suggestedName: string }) => Promise<FileSystemFileHandle>
}

/** `undefined`: the user has changed his mind. */
export async function pickTarget(name: string, bytes: number): Promise<Target | undefined> {
  const { showSaveFilePicker } = window as PickerWindow
  if (bytes < PICKED_FROM_BYTES || showSaveFilePicker === undefined) return { download: name }
  try {
    return { handle: await showSaveFilePicker.call(window, { suggestedName: name }) }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    return { download: name }
  }
}

export async function saveFile(coffer: Coffer, { name, size }: Member, target: Target, task: TaskOptions): Promise<void> {
  await save(counted(contentOf(coffer, name, task), size, task), target)
}

/** All files as one zip archive, written while it is read. */
export async function saveZip(coffer: Coffer, members: readonly Member[], target: Target, task: TaskOptions): Promise<void> {
  const total = members.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  const onBytes = (bytes: number): void => {
    done += bytes
    task.onProgress?.({ phase: 'zip', done, total })
  }
  await save(makeZip(entriesOf(coffer, members, task, onBytes)) as ReadableStream<Bytes>, target)
}

type ZipEntry = Parameters<typeof makeZip>[0] extends AsyncIterable<infer T> | Iterable<infer T> ? T : never

async function* entriesOf(coffer: Coffer, members: readonly Member[], task: TaskOptions, onBytes: (bytes: number) => void): AsyncGenerator<ZipEntry> {
  for (const { name, type, size, mtime } of members) {
    if (type === 'directory') yield { name: `${name}/`, lastModified: mtime }
    if (type !== 'file') continue
    const input = tapped(contentOf(coffer, name, task), onBytes)
    yield { name, lastModified: mtime, size, input }
  }
}

async function* contentOf(coffer: Coffer, name: string, { signal }: TaskOptions): AsyncGenerator<Bytes> {
  const file = await coffer.file(name, 'r', { signal })
  try {
    const reader = file.readable.getReader()
    for (;;) {
      signal?.throwIfAborted()
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
  } finally {
    await file.close()
  }
}

function counted(pieces: AsyncIterable<Bytes>, total: number, { onProgress }: TaskOptions): AsyncIterable<Bytes> {
  let done = 0
  return tapped(pieces, (bytes) => onProgress?.({ phase: 'save', done: (done += bytes), total }))
}

async function* tapped(pieces: AsyncIterable<Bytes>, onBytes: (bytes: number) => void): AsyncGenerator<Bytes> {
  for await (const piece of pieces) {
    yield piece
    onBytes(piece.length)
  }
}

async function save(pieces: AsyncIterable<Bytes> | ReadableStream<Bytes>, target: Target): Promise<void> {
  if ('handle' in target) return writeTo(target.handle, pieces)
  const parts: Blob[] = []
  let waiting: Bytes[] = []
  let bytes = 0
  for await (const piece of iterated(pieces)) {
    waiting.push(piece)
    bytes += piece.length
    if (bytes < PART_BYTES) continue
    parts.push(new Blob(waiting))
    waiting = []
    bytes = 0
  }
  downloadBlob(new Blob([...parts, ...waiting], { type: 'application/octet-stream' }), target.download)
  return undefined
}

async function writeTo(handle: FileSystemFileHandle, pieces: AsyncIterable<Bytes> | ReadableStream<Bytes>): Promise<void> {
  const file = await handle.createWritable()
  try {
    for await (const piece of iterated(pieces)) await file.write(piece)
    await file.close()
  } catch (error) {
    await file.abort().catch(() => undefined)
    throw error
  }
}

/** Streams cannot be iterated in every browser. */
async function* iterated(pieces: AsyncIterable<Bytes> | ReadableStream<Bytes>): AsyncGenerator<Bytes> {
  if (!('getReader' in pieces)) {
    yield* pieces
    return
  }
  const reader = pieces.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function downloadBlob(blob: Blob, path: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = path.split('/').pop() ?? path
  link.click()
  // The browser takes a while to begin.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
