import type { CofferStorage, LockKind, LockOptions, StorageFile, StorageLock, StorageReplacement } from '@coffer/core'
import { errorName, withBrowserErrors } from '../browser-errors.js'
import { decodeCofferName, encodeCofferName } from '../coffer-name.js'
import { OpenFiles } from '../open-files.js'
import { acquireWebLock } from '../locks/web-lock.js'
import { newFileId } from '../file-id.js'
import { copyFile, FileHandle } from '../storage-handle.js'
import { readHead, writeHead } from './head.js'
import { OpfsFile } from './opfs-file.js'
import { openDirectory } from './raw-file.js'
import { whenFree } from './sync-file.js'

const DIRECTORY = 'coffer'
const FILE_PREFIX = 'file-'

const openFiles = new OpenFiles<OpfsFile>()

/** One coffer in a directory of its own in the origin private file system, which is made with the first file. */
export function opfsStorage(name: string): CofferStorage {
  return new OpfsStorage(name)
}

/** The names of the coffers in the origin private file system. */
export async function listOpfsCoffers(): Promise<string[]> {
  return withBrowserErrors('list the coffers', async () => {
    const directory = await openIfThere([DIRECTORY])
    const names: string[] = []
    for await (const [encoded, handle] of directory?.entries() ?? []) {
      const name = decodeCofferName(encoded)
      if (name !== undefined && isDirectory(handle) && (await readHead(handle)) !== undefined) names.push(name)
    }
    return names
  })
}

/** Deletes the coffer and all that belongs to it. False where there was none. The caller has its lock. */
export async function deleteOpfsCoffer(name: string): Promise<boolean> {
  return withBrowserErrors(`delete the coffer ${name}`, async () => {
    const directory = await openIfThere([DIRECTORY, encodeCofferName(name)])
    if (!directory) return false
    const isThere = (await readHead(directory)) !== undefined
    const parent = await openDirectory([DIRECTORY], false)
    await whenFree(() => parent.removeEntry(encodeCofferName(name), { recursive: true }))
    return isThere
  })
}

class OpfsStorage implements CofferStorage {
  readonly name: string
  readonly #path: readonly string[]

  constructor(name: string) {
    this.name = name
    this.#path = [DIRECTORY, encodeCofferName(name)]
  }

  async open(access: 'read' | 'write'): Promise<StorageFile | undefined> {
    return withBrowserErrors(`open the coffer ${this.name}`, async () => {
      const directory = await openIfThere(this.#path)
      if (!directory) return undefined
      if (access === 'write') await this.#removeLeftovers(directory)
      for (;;) {
        const id = await readHead(directory)
        if (id === undefined) return undefined
        const handle = await this.#openFile(id, access === 'write')
        // Between looking and pinning it, somebody may have replaced and removed it.
        if ((await readHead(directory)) === id) return handle
        await handle.close()
      }
    })
  }

  async replace(): Promise<StorageReplacement> {
    return withBrowserErrors(`make a new file for the coffer ${this.name}`, async () => {
      await this.#removeLeftovers(await openDirectory(this.#path, true))
      return this.#openFile(newFileId(), true)
    })
  }

  spool(): Promise<StorageFile> {
    return withBrowserErrors('make a temporary file', () => this.#openFile(newFileId(), true))
  }

  async backup(extension: string): Promise<void> {
    const source = await this.open('read')
    if (!source) return
    const target = await new OpfsStorage(this.name + extension).replace()
    try {
      await copyFile(source, target)
      await target.publish()
    } finally {
      await source.close()
      await target.close()
    }
  }

  lock(kind: LockKind, options: LockOptions): Promise<StorageLock> {
    return acquireWebLock(`coffer:opfs:${this.name}`, `The coffer ${this.name}`, kind, options)
  }

  async #openFile(id: string, isWritable: boolean): Promise<FileHandle> {
    const publish = async (): Promise<void> => writeHead(await openDirectory(this.#path, true), this.#path, id)
    const opened = await openFiles.acquire(this.#pinName(id), () => new OpfsFile(id, [...this.#path, FILE_PREFIX + id], publish), isWritable)
    const remove = (): Promise<void> => this.#removeIfUnused(id)
    return new FileHandle({
      file: opened.file,
      name: this.name,
      isWritable,
      isCurrent: async () => (await this.#currentId()) === id,
      onClose: () => openFiles.release(opened, isWritable, remove),
    })
  }

  async #currentId(): Promise<string | undefined> {
    const directory = await openIfThere(this.#path)
    return directory && readHead(directory)
  }

  async #removeLeftovers(directory: FileSystemDirectoryHandle): Promise<void> {
    const ids: string[] = []
    for await (const name of directory.keys()) if (name.startsWith(FILE_PREFIX)) ids.push(name.slice(FILE_PREFIX.length))
    for (const id of ids) await this.#removeIfUnused(id)
  }

  /** Removes a file that is not the coffer (any more, or never was), unless somebody has it open. */
  async #removeIfUnused(id: string): Promise<void> {
    if ((await this.#currentId()) === id) return
    await openFiles.ifUnused(this.#pinName(id), async () => {
      if ((await this.#currentId()) === id) return
      const directory = await openIfThere(this.#path)
      // What cannot be removed now is removed when the coffer is next written.
      await directory?.removeEntry(FILE_PREFIX + id).catch(() => undefined)
    })
  }

  #pinName(id: string): string {
    return `opfs:${this.name}:${id}`
  }
}

function isDirectory(handle: FileSystemHandle): handle is FileSystemDirectoryHandle {
  return handle.kind === 'directory'
}

async function openIfThere(path: readonly string[]): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await openDirectory(path, false)
  } catch (error) {
    if (errorName(error) === 'NotFoundError') return undefined
    throw error
  }
}
