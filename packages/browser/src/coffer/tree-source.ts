import { readable } from './source-error.js'

/** What a browser can take a file or a tree from. An array is of `File`s, as `FileList` is. */
export type AddSource = Blob | FileList | readonly File[] | DataTransfer | FileSystemHandle | FileSystemEntry | ReadableStream<Uint8Array>

/** Something to be added, under a name below the one that the whole gets; `''` is the whole itself. */
export interface SourceEntry {
  readonly name: string
  readonly type: 'file' | 'directory'
  readonly mtimeMs: number | undefined
  /** Bytes; 0 where they are not known. */
  readonly size: number
  /** For files: the content, asked for once. */
  readonly open: () => Promise<Blob | ReadableStream<Uint8Array>>
}

export interface TreeSource {
  /** What the whole is called where nobody says; `undefined` where each entry has its own name. */
  readonly name: string | undefined
  /** Bytes in all, where they are known without looking at every file. */
  readonly total: number | undefined
  readonly entries: AsyncIterable<SourceEntry> | Iterable<SourceEntry>
}

/**
 * Looks at a source, at once: what a drop carries is gone when its event is over. `name` says that one is given.
 * @throws TypeError for what is none of these.
 */
export function treeSource(source: AddSource, hasName: boolean): TreeSource {
  if (source instanceof Blob) return sourceOfBlob(source)
  if (isStream(source)) return { name: undefined, total: undefined, entries: [streamEntry(source)] }
  if (typeof DataTransfer === 'function' && source instanceof DataTransfer) return sourceOfDrop(source)
  if (isFiles(source)) return sourceOfFiles([...source])
  if (isEntry(source)) return { name: source.name, total: undefined, entries: walkEntry(source, '') }
  if (isHandle(source)) return { name: source.name === '' && !hasName ? undefined : source.name, total: undefined, entries: walkHandle(source, '') }
  throw new TypeError('What is added is a File, a Blob, a FileList, a DataTransfer, a handle or entry of a file or directory, or a stream.')
}

function sourceOfBlob(blob: Blob): TreeSource {
  return { name: blob instanceof File ? blob.name : undefined, total: blob.size, entries: [blobEntry('', blob)] }
}

function sourceOfFiles(files: readonly File[]): TreeSource {
  const total = files.reduce((sum, file) => sum + file.size, 0)
  return { name: undefined, total, entries: files.map((file) => blobEntry(file.webkitRelativePath || file.name, file)) }
}

/** Handles where the browser has them, entries where not: both know directories. */
function sourceOfDrop(transfer: DataTransfer): TreeSource {
  const dropped = [...transfer.items].filter(({ kind }) => kind === 'file').map(droppedItem)
  if (dropped.length === 0) return sourceOfFiles([...transfer.files])
  return { name: undefined, total: undefined, entries: walkAll(dropped) }
}

/** Not in every browser. */
interface ItemWithHandle {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}

function droppedItem(item: DataTransferItem): () => AsyncIterable<SourceEntry> | Iterable<SourceEntry> {
  const entry = item.webkitGetAsEntry()
  if (entry) return () => walkEntry(entry, entry.name)
  const file = item.getAsFile()
  if (file) return () => [blobEntry(file.name, file)]
  const handle = (item as ItemWithHandle).getAsFileSystemHandle?.()
  return async function* () {
    const found = await handle
    if (found) yield* walkHandle(found, found.name)
  }
}

async function* walkAll(walks: readonly (() => AsyncIterable<SourceEntry> | Iterable<SourceEntry>)[]): AsyncGenerator<SourceEntry> {
  for (const walk of walks) yield* walk()
}

async function* walkHandle(handle: FileSystemHandle, name: string): AsyncGenerator<SourceEntry> {
  if (handle instanceof FileSystemFileHandle) {
    const file = await readable(name, () => handle.getFile())
    yield blobEntry(name, file)
  } else if (handle instanceof FileSystemDirectoryHandle) {
    yield directoryEntry(name)
    for await (const child of handle.values()) yield* walkHandle(child, below(name, child.name))
  }
}

async function* walkEntry(entry: FileSystemEntry, name: string): AsyncGenerator<SourceEntry> {
  if (entry.isFile) {
    const file = await readable(name, () => new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)))
    yield blobEntry(name, file)
    return
  }
  yield directoryEntry(name)
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // It gives a hundred at a time, and none at the end.
    const children = await readable(name, () => new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject)))
    if (children.length === 0) return
    for (const child of children) yield* walkEntry(child, below(name, child.name))
  }
}

function blobEntry(name: string, blob: Blob): SourceEntry {
  const mtimeMs = blob instanceof File ? Math.max(0, blob.lastModified) : undefined
  return { name, type: 'file', mtimeMs, size: blob.size, open: () => Promise.resolve(blob) }
}

function streamEntry(stream: ReadableStream<Uint8Array>): SourceEntry {
  return { name: '', type: 'file', mtimeMs: undefined, size: 0, open: () => Promise.resolve(stream) }
}

function directoryEntry(name: string): SourceEntry {
  return { name, type: 'directory', mtimeMs: undefined, size: 0, open: () => Promise.reject(new TypeError('A directory has no content.')) }
}

function below(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`
}

function isStream(source: AddSource): source is ReadableStream<Uint8Array> {
  return typeof source === 'object' && source !== null && 'getReader' in source
}

function isFiles(source: AddSource): source is FileList | readonly File[] {
  const isList = Array.isArray(source) || (typeof FileList === 'function' && source instanceof FileList)
  return isList && [...(source as FileList)].every((file) => file instanceof File)
}

function isEntry(source: AddSource): source is FileSystemEntry {
  return typeof source === 'object' && source !== null && 'isDirectory' in source && 'fullPath' in source
}

function isHandle(source: AddSource): source is FileSystemHandle {
  return typeof FileSystemHandle === 'function' && source instanceof FileSystemHandle
}
