import { CofferError, type StorageFile, type StorageReplacement } from '@coffer/core'
import { withBrowserErrors } from './browser-errors.js'

/** What one handle stands on; shared between all handles of the same file in this page or worker. */
export interface SharedFile {
  readonly id: string
  size(): Promise<number>
  read(offset: number, length: number): Promise<Uint8Array>
  write(offset: number, bytes: Uint8Array): Promise<void>
  truncate(size: number): Promise<void>
  sync(publish?: boolean): Promise<void>
}

export interface HandleSettings {
  readonly file: SharedFile
  /** How messages call the coffer. */
  readonly name: string
  readonly isWritable: boolean
  readonly isCurrent: () => Promise<boolean>
  /** Told once, when the handle is closed; whether it was published. */
  readonly onClose: (isPublished: boolean) => Promise<void>
}

/** One opening of a file: refuses what it was not opened for, and everything once it is closed. */
export class FileHandle implements StorageReplacement {
  readonly #settings: HandleSettings
  #isPublished = false
  #isClosed = false

  constructor(settings: HandleSettings) {
    this.#settings = settings
  }

  size(): Promise<number> {
    return this.#run('look at', false, (file) => file.size())
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#run('read', false, (file) => file.read(offset, length))
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#run('write', true, (file) => file.write(offset, bytes))
  }

  truncate(size: number): Promise<void> {
    return this.#run('cut', true, (file) => file.truncate(size))
  }

  async sync(): Promise<void> {
    await this.#run('sync', false, (file) => (this.#settings.isWritable ? file.sync() : Promise.resolve()))
  }

  async publish(): Promise<void> {
    await this.#run('put the new file at', true, (file) => file.sync(true))
    this.#isPublished = true
  }

  isCurrent(): Promise<boolean> {
    return withBrowserErrors(`look at the coffer ${this.#settings.name}`, () => this.#settings.isCurrent())
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await withBrowserErrors(`close the coffer ${this.#settings.name}`, () => this.#settings.onClose(this.#isPublished))
  }

  async #run<T>(doing: string, writes: boolean, action: (file: SharedFile) => Promise<T>): Promise<T> {
    const { file, name, isWritable } = this.#settings
    if (this.#isClosed) throw new CofferError('ERR_COFFER_IO', `The file of the coffer ${name} was closed.`)
    if (writes && !isWritable) throw new CofferError('ERR_COFFER_PERMISSION', `The file of the coffer ${name} was opened for reading.`)
    return withBrowserErrors(`${doing} the coffer ${name}`, () => action(file))
  }
}

/** Copies all bytes of one file into another. */
export async function copyFile(from: StorageFile, to: StorageFile): Promise<void> {
  const size = await from.size()
  for (let at = 0; at < size; at += COPY_BYTES) await to.write(at, await from.read(at, Math.min(COPY_BYTES, size - at)))
}

const COPY_BYTES = 4_194_304
