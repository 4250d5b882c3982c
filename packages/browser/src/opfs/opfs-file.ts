import { CofferError } from '@coffer/core'
import { Turns } from '../turns.js'
import type { SharedFile } from '../storage-handle.js'
import { openRaw } from './open-raw.js'
import { openDirectory, type FilePath, type RawFile } from './raw-file.js'

/** How often a file is looked at anew that changes while it is read. */
const MOST_ATTEMPTS = 20

/** One file for all handles of this page or worker: open exclusively while one of them writes, read as a snapshot otherwise. */
export class OpfsFile implements SharedFile {
  readonly id: string
  readonly #path: FilePath
  readonly #publish: () => Promise<void>
  readonly #turns = new Turns()
  #raw: RawFile | undefined
  #size = 0
  #snapshot: Promise<File> | undefined
  #isFlushed = false

  /** `publish`: makes the file the coffer, once it is flushed. */
  constructor(id: string, path: FilePath, publish: () => Promise<void>) {
    this.id = id
    this.#path = path
    this.#publish = publish
  }

  async own(): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#raw) return
      const raw = await openRaw(this.#path)
      this.#size = await raw.size()
      this.#raw = raw
      this.#snapshot = undefined
    })
  }

  async disown(): Promise<void> {
    await this.#turns.run(async () => {
      const raw = this.#raw
      this.#raw = undefined
      await raw?.close()
    })
  }

  async size(): Promise<number> {
    if (this.#raw) return this.#size
    // Asked anew: others may write.
    this.#snapshot = undefined
    return (await this.#look()).size
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (this.#raw) return await this.#raw.read(offset, Math.max(0, Math.min(length, this.#size - offset)))
        let file = await this.#look()
        if (offset + length > file.size) {
          this.#snapshot = undefined
          file = await this.#look()
        }
        return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
      } catch (error) {
        // It has changed since it was looked at, or its handle was closed between.
        this.#snapshot = undefined
        const hasChanged = error instanceof DOMException && (error.name === 'NotReadableError' || error.name === 'InvalidStateError')
        if (!hasChanged || attempt === MOST_ATTEMPTS) throw error
      }
    }
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    this.#isFlushed = false
    const raw = this.#owned
    this.#size = Math.max(this.#size, offset + bytes.length)
    try {
      await raw.write(offset, bytes)
    } catch (error) {
      this.#size = await raw.size()
      throw error
    }
  }

  async truncate(size: number): Promise<void> {
    this.#isFlushed = false
    await this.#owned.truncate(size)
    this.#size = size
  }

  async sync(publish = false): Promise<void> {
    if (!this.#isFlushed) {
      await this.#owned.flush()
      this.#isFlushed = true
    }
    if (publish) await this.#publish()
  }

  get #owned(): RawFile {
    if (this.#raw) return this.#raw
    throw new CofferError('ERR_COFFER_IO', 'The coffer was not opened for writing.')
  }

  async #look(): Promise<File> {
    this.#snapshot ??= openDirectory(this.#path.slice(0, -1), false)
      .then((directory) => directory.getFileHandle(this.#path.at(-1) ?? ''))
      .then((handle) => handle.getFile())
    return this.#snapshot
  }
}
