import { SourceError } from '@coffer/browser'

/** Files and folders on their way into the vault, by their paths below the folder that they go to. */
export interface Incoming {
  readonly files: readonly IncomingFile[]
  /** Folders, also empty ones; each after the one that it is in. */
  readonly folders: readonly string[]
}

export interface IncomingFile {
  readonly path: string
  readonly file: File
}

/** Files that were picked or pasted; those of a picked folder know their place in it. */
export function incomingFiles(files: Iterable<File>): Incoming {
  const incoming = Array.from(files, (file) => ({ path: composed(file.webkitRelativePath || file.name), file }))
  const folders = new Set(incoming.flatMap(({ path }) => [...foldersOf(path)]))
  return { files: incoming, folders: [...folders] }
}

/** What was dropped. Call it within the drop's event: what the transfer carries is gone after that. */
export function incomingDrop(transfer: DataTransfer): Promise<Incoming> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file')
  const dropped = items.map((item) => item.webkitGetAsEntry() ?? item.getAsFile()).filter((item) => item !== null)
  if (dropped.length === 0) return Promise.resolve(incomingFiles([...transfer.files]))
  return walkAll(dropped)
}

async function walkAll(dropped: readonly (FileSystemEntry | File)[]): Promise<Incoming> {
  const files: IncomingFile[] = []
  const folders: string[] = []
  for (const item of dropped) {
    if (item instanceof File) files.push({ path: composed(item.name), file: item })
    else await walk(item, composed(item.name), files, folders)
  }
  return { files, folders }
}

async function walk(entry: FileSystemEntry, path: string, files: IncomingFile[], folders: string[]): Promise<void> {
  if (entry.isFile) {
    files.push({ path, file: await readable<File>(path, (resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) })
    return
  }
  folders.push(path)
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // It gives a hundred at a time, and none at the end.
    const children = await readable<FileSystemEntry[]>(path, (resolve, reject) => reader.readEntries(resolve, reject))
    if (children.length === 0) return
    for (const child of children) await walk(child, `${path}/${composed(child.name)}`, files, folders)
  }
}

function readable<T>(path: string, read: (resolve: (result: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => read(resolve, (error) => reject(new SourceError(path, error))))
}

function* foldersOf(path: string): Generator<string> {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at)
}

/** Names as all systems write them: some take letters apart from their accents. */
function composed(name: string): string {
  return name.normalize('NFC')
}
