/** Bytes that wait in memory before the browser gets them, which keeps large blobs on the disk. */
const PART_BYTES = 8_388_608
/** How long the browser may take to begin with a download that it was given. */
const KEEP_MS = 60_000

/** Where exported files go: a folder that the user has picked, one file that he has picked, or the browser's downloads. */
export type SaveTarget = { readonly folder: FileSystemDirectoryHandle } | { readonly file: FileSystemFileHandle } | 'downloads'

/** What is saved. */
export interface SavedFile {
  readonly name: string
  readonly type: string
  readonly pieces: ReadableStream<Uint8Array> | string
}

/** Not in every browser. */
interface PickerWindow {
  showSaveFilePicker?(options: { readonly suggestedName: string }): Promise<FileSystemFileHandle>
  showDirectoryPicker?(options: { readonly id: string; readonly mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>
}

/** Whether several files can go into a folder at once. */
export function canPickFolder(): boolean {
  return (window as PickerWindow).showDirectoryPicker !== undefined
}

/** Call it within the event of the user's wish. `undefined` where he changes his mind. */
export async function pickFolder(): Promise<SaveTarget | undefined> {
  const folder = await picked(() => (window as PickerWindow).showDirectoryPicker?.({ id: 'export', mode: 'readwrite' }))
  return folder && { folder }
}

/** The same for one file; its download where it cannot be picked. */
export async function pickFile(name: string): Promise<SaveTarget | undefined> {
  const pickers = window as PickerWindow
  if (pickers.showSaveFilePicker === undefined) return 'downloads'
  const file = await picked(() => pickers.showSaveFilePicker?.({ suggestedName: name }))
  return file && { file }
}

/** Saves a file. What stood at its place stays when this fails; where nothing stood, an empty file may. */
export async function saveTo(target: SaveTarget, { name, type, pieces }: SavedFile, signal: AbortSignal): Promise<void> {
  const stream = typeof pieces === 'string' ? streamOf(pieces) : pieces
  if (target === 'downloads') return download(await blobOf(stream, type, signal), name)
  if ('file' in target) return write(target.file, stream, signal)
  return write(await target.folder.getFileHandle(name, { create: true }), stream, signal)
}

/** The text of a small file in a folder; `undefined` where there is none. */
export async function textIn(folder: FileSystemDirectoryHandle, name: string): Promise<string | undefined> {
  if (!(await exists(folder, name))) return undefined
  const handle = await folder.getFileHandle(name)
  return (await handle.getFile()).slice(0, 1_000_000).text()
}

export async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name)
    return true
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return false
    throw error
  }
}

async function write(handle: FileSystemFileHandle, stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
  await stream.pipeTo(await handle.createWritable(), { signal })
}

async function blobOf(stream: ReadableStream<Uint8Array>, type: string, signal: AbortSignal): Promise<Blob> {
  const parts: Blob[] = []
  let waiting: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  const reader = stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      signal.throwIfAborted()
      waiting.push(next.value as Uint8Array<ArrayBuffer>)
      bytes += next.value.length
      if (bytes < PART_BYTES) continue
      parts.push(new Blob(waiting))
      waiting = []
      bytes = 0
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
  return new Blob([...parts, ...waiting], { type })
}

function streamOf(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream()
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS)
}

async function picked<T>(pick: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await pick()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}
