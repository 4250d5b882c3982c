import { openFileHandle, type FilePath, type RawFile } from './raw-file.js'

/**
 * A file by the asynchronous interface, for where there is no other: service workers, pages that may start no worker. Browsers write such
 * a file into a copy of it, which takes its place at `flush`: a commit takes time with the size of the coffer.
 */
export async function openAsyncFile(path: FilePath): Promise<RawFile> {
  const handle = await openFileHandle(path)
  return new AsyncFile(handle, (await handle.getFile()).size)
}

class AsyncFile implements RawFile {
  readonly #handle: FileSystemFileHandle
  #size: number
  #writable: FileSystemWritableFileStream | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(handle: FileSystemFileHandle, size: number) {
    this.#handle = handle
    this.#size = size
  }

  async size(): Promise<number> {
    return this.#size
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#next(async () => {
      // What was written is not there to be read before.
      await this.#finish()
      const file = await this.#handle.getFile()
      return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
    })
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#next(async () => {
      const writable = await this.#begin()
      // Browsers differ in what a position behind the end means.
      if (offset > this.#size) await writable.truncate(offset)
      await writable.write({ type: 'write', position: offset, data: bytes.slice() })
      this.#size = Math.max(this.#size, offset + bytes.length)
    })
  }

  truncate(size: number): Promise<void> {
    return this.#next(async () => {
      await (await this.#begin()).truncate(size)
      this.#size = size
    })
  }

  flush(): Promise<void> {
    return this.#next(() => this.#finish())
  }

  close(): Promise<void> {
    return this.flush()
  }

  async #begin(): Promise<FileSystemWritableFileStream> {
    this.#writable ??= await this.#handle.createWritable({ keepExistingData: true })
    return this.#writable
  }

  async #finish(): Promise<void> {
    const writable = this.#writable
    this.#writable = undefined
    await writable?.close()
  }

  #next<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(action)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
