import type { CofferStorage, LockKind, LockOptions, StorageFile, StorageLock, StorageReplacement } from '@coffer/core'
import { LockTable } from '@coffer/core/internal'
import { FileHandle, type SharedFile } from '../storage-handle.js'
import { BlobBytes } from './blob-bytes.js'

/** A coffer in blobs. */
export interface BlobStorage extends CofferStorage {
  /** The coffer's file as it is now; `undefined` where there is none. The blob stays as it is, whatever is written. */
  blob(): Blob | undefined
}

export interface BlobStorageOptions {
  /** What messages call it; a file's own name where nothing is said. */
  readonly name?: string | undefined
}

/**
 * Makes a storage of a coffer that stands in a blob, such as a file that the user has picked, of any size: it is read piece by piece, and
 * works where a browser keeps no data for a page, as on `file://`. What is written goes into further blobs; the file itself stays as it is.
 * Without a blob there is nothing at the place yet.
 *
 * @example
 * ```ts
 * await using coffer = await openCoffer(blobStorage(input.files[0]), { keys, lock: 'none' })
 * ```
 */
export function blobStorage(blob?: Blob, { name }: BlobStorageOptions = {}): BlobStorage {
  if (blob !== undefined && !(blob instanceof Blob)) throw new TypeError('What a coffer is read from is a Blob or a File.')
  return new Blobs(blob && new BlobBytes(blob), name ?? (blob instanceof File ? blob.name : 'a blob'))
}

class Blobs implements BlobStorage {
  readonly name: string
  readonly #locks = new LockTable()
  readonly #backups = new Map<string, Blob>()
  #current: BlobBytes | undefined

  constructor(bytes: BlobBytes | undefined, name: string) {
    this.#current = bytes
    this.name = name
  }

  blob(): Blob | undefined {
    return this.#current?.blob('application/octet-stream')
  }

  async open(access: 'read' | 'write'): Promise<StorageFile | undefined> {
    return this.#current && this.#handle(this.#current, access === 'write')
  }

  async replace(): Promise<StorageReplacement> {
    return this.#handle(new BlobBytes(), true)
  }

  async spool(): Promise<StorageFile> {
    return this.#handle(new BlobBytes(), true)
  }

  async backup(extension: string): Promise<void> {
    const blob = this.blob()
    if (blob) this.#backups.set(extension, blob)
  }

  lock(kind: LockKind, options: LockOptions): Promise<StorageLock> {
    return this.#locks.acquire(this.name, kind, options)
  }

  #handle(bytes: BlobBytes, isWritable: boolean): FileHandle {
    return new FileHandle({
      file: this.#file(bytes),
      name: this.name,
      isWritable,
      isCurrent: async () => this.#current === bytes,
      onClose: () => Promise.resolve(),
    })
  }

  #file(bytes: BlobBytes): SharedFile {
    return {
      id: '',
      size: async () => bytes.size,
      read: (offset, length) => bytes.read(offset, length),
      write: async (offset, data) => bytes.write(offset, data),
      truncate: async (size) => bytes.truncate(size),
      sync: async (publish = false) => {
        if (publish) this.#current = bytes
      },
    }
  }
}
