/** A file of the origin private file system that is open for writing, by whichever way there is here. */
export interface RawFile {
  size(): Promise<number>
  /** Fewer than `length` bytes only at the end; fresh memory. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** `bytes` may be reused once this resolves. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  truncate(size: number): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/** Where a file is: its directories from the root, and its name. It is made where it is missing. */
export type FilePath = readonly string[]

/** @throws DOMException NotSupportedError where there is no such file system for this page. */
export async function openDirectory(path: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle> {
  let directory = await rootDirectory()
  for (const name of path) directory = await directory.getDirectoryHandle(name, { create })
  return directory
}

async function rootDirectory(): Promise<FileSystemDirectoryHandle> {
  const missing = 'There is no origin private file system here: a private window, a page that did not come over https, or an old browser.'
  if (typeof navigator !== 'object' || typeof navigator.storage?.getDirectory !== 'function') throw new DOMException(missing, 'NotSupportedError')
  try {
    return await navigator.storage.getDirectory()
  } catch (error) {
    // Private windows: Firefox says the one, Safari the other.
    if (error instanceof DOMException && ['SecurityError', 'UnknownError'].includes(error.name)) throw new DOMException(missing, 'NotSupportedError')
    throw error
  }
}

export async function openFileHandle(path: FilePath): Promise<FileSystemFileHandle> {
  const directory = await openDirectory(path.slice(0, -1), true)
  return directory.getFileHandle(path.at(-1) ?? '', { create: true })
}
