import { CofferError } from '../errors.js'
import { LockTable } from './lock-table.js'
import type { CofferStorage, StorageFile, StorageLock, StorageReplacement } from './storage.js'

/** A coffer in memory, for tests and for what is exported or imported as bytes. */
export interface MemoryStorage extends CofferStorage {
  /** A copy of the bytes that are there now; empty where there is nothing. */
  bytes(): Uint8Array
}

/** Makes a storage in memory, holding a copy of `bytes` where they are given. */
export function memoryStorage(bytes?: Uint8Array): MemoryStorage {
  return new Memory(bytes)
}

class Memory implements MemoryStorage {
  readonly name = 'memory'
  readonly #locks = new LockTable()
  readonly #backups = new Map<string, Uint8Array>()
  #current: MemoryBytes | undefined

  constructor(bytes: Uint8Array | undefined) {
    this.#current = bytes && new MemoryBytes(bytes)
  }

  bytes(): Uint8Array {
    return this.#current?.read(0, this.#current.size) ?? new Uint8Array(0)
  }

  async open(access: 'read' | 'write'): Promise<StorageFile | undefined> {
    return this.#current && this.#file(this.#current, access === 'write')
  }

  async replace(): Promise<StorageReplacement> {
    const bytes = new MemoryBytes()
    return Object.assign(this.#file(bytes, true), {
      publish: async () => {
        this.#current = bytes
      },
    })
  }

  async spool(): Promise<StorageFile> {
    return this.#file(new MemoryBytes(), true)
  }

  async backup(extension: string): Promise<void> {
    if (this.#current) this.#backups.set(extension, this.bytes())
  }

  lock(kind: 'exclusive' | 'shared', options: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<StorageLock> {
    return this.#locks.acquire(this.name, kind, options)
  }

  #file(bytes: MemoryBytes, isWritable: boolean): StorageFile {
    let isClosed = false
    const check = (writes: boolean): void => {
      if (isClosed) throw new CofferError('ERR_COFFER_IO', 'The file in memory was closed.')
      if (writes && !isWritable) throw new CofferError('ERR_COFFER_PERMISSION', 'The file in memory was opened for reading.')
    }
    return {
      size: async () => {
        check(false)
        return bytes.size
      },
      read: async (offset, length) => {
        check(false)
        return bytes.read(offset, length)
      },
      write: async (offset, data) => {
        check(true)
        bytes.write(offset, data)
      },
      truncate: async (size) => {
        check(true)
        bytes.truncate(size)
      },
      sync: async () => check(false),
      isCurrent: async () => this.#current === bytes,
      close: async () => {
        isClosed = true
      },
    }
  }
}

const PAGE_BYTES = 65_536

/** Bytes in pages, so that growing does not copy. */
class MemoryBytes {
  #pages: Uint8Array[] = []
  #size = 0

  constructor(bytes?: Uint8Array) {
    if (bytes) this.write(0, bytes)
  }

  get size(): number {
    return this.#size
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.#size, offset + length)
    const out = new Uint8Array(Math.max(0, end - offset))
    for (let at = offset; at < end; ) {
      const page = this.#pages[Math.floor(at / PAGE_BYTES)]
      const from = at % PAGE_BYTES
      const piece = Math.min(PAGE_BYTES - from, end - at)
      if (page) out.set(page.subarray(from, from + piece), at - offset)
      at += piece
    }
    return out
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    for (let at = 0; at < bytes.length; ) {
      const number = Math.floor((offset + at) / PAGE_BYTES)
      const to = (offset + at) % PAGE_BYTES
      const piece = bytes.subarray(at, at + PAGE_BYTES - to)
      while (this.#pages.length <= number) this.#pages.push(new Uint8Array(PAGE_BYTES))
      this.#pages[number]?.set(piece, to)
      at += piece.length
    }
    this.#size = Math.max(this.#size, offset + bytes.length)
  }

  truncate(size: number): void {
    this.#pages.length = Math.min(this.#pages.length, Math.ceil(size / PAGE_BYTES))
    // What is cut reads as zeros if the file grows again.
    this.#pages[Math.floor(size / PAGE_BYTES)]?.fill(0, size % PAGE_BYTES)
    this.#size = size
  }
}
