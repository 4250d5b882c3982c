import type { CofferStorage, LockKind, LockOptions, StorageFile, StorageLock, StorageReplacement } from '@coffer/core'
import { promisifyRequest } from 'idb-keyval'
import { encodeCofferName } from '../coffer-name.js'
import { ifUnpinned, pin } from '../locks/pin.js'
import { acquireWebLock } from '../locks/web-lock.js'
import { copyFile, FileHandle } from '../storage-handle.js'
import { Database, databaseNames } from './database.js'
import { allRecords, CURRENT, idOfRecord, newFileId } from './layout.js'
import { loadRecord, PageFile, removeFile } from './page-file.js'

export interface BrowserStorageOptions {
  /** Told after each sync of the coffer, and when another file took its place. */
  readonly onSync?: (() => void) | undefined
}

/** A file that is open in this page or worker, by how many handles. */
interface OpenFile {
  readonly file: PageFile
  users: number
  writers: number
  readonly unpin: () => Promise<void>
}

/** All files that are open in this page or worker, by {@link pinName}. */
const openFiles = new Map<string, Promise<OpenFile>>()

/** One coffer in a database of its own, which is made with the first file. */
export function indexedDbStorage(name: string, options: BrowserStorageOptions = {}): CofferStorage {
  return new IndexedDbStorage(name, options)
}

/** The names of the coffers in IndexedDB. */
export async function listIndexedDbCoffers(): Promise<string[]> {
  const names = await databaseNames()
  const currents = await Promise.all(names.map((name) => currentId(new Database(name))))
  return names.filter((_, i) => currents[i] !== undefined)
}

/** Deletes the coffer and all that belongs to it. False where there was none. The caller has its lock. */
export async function deleteIndexedDbCoffer(name: string): Promise<boolean> {
  const database = new Database(name)
  const isThere = (await currentId(database)) !== undefined
  if ((await databaseNames()).includes(name)) await database.delete()
  return isThere
}

class IndexedDbStorage implements CofferStorage {
  readonly name: string
  readonly #database: Database
  readonly #onSync: () => void

  constructor(name: string, { onSync }: BrowserStorageOptions) {
    encodeCofferName(name)
    this.name = name
    this.#database = new Database(name)
    this.#onSync = onSync ?? ((): void => undefined)
  }

  async open(access: 'read' | 'write'): Promise<StorageFile | undefined> {
    if (access === 'write') await this.#removeLeftovers()
    for (;;) {
      const id = await currentId(this.#database)
      if (id === undefined) return undefined
      const handle = await this.#openFile(id, false, access === 'write')
      // Between looking and pinning it, somebody may have replaced and removed it.
      if (await loadRecord(this.#database, id)) return handle
      await handle.close()
    }
  }

  async replace(): Promise<StorageReplacement> {
    await this.#removeLeftovers()
    return this.#openFile(newFileId(), true, true)
  }

  spool(): Promise<StorageFile> {
    return this.#openFile(newFileId(), true, true)
  }

  async backup(extension: string): Promise<void> {
    const source = await this.open('read')
    if (!source) return
    const target = await new IndexedDbStorage(this.name + extension, {}).replace()
    try {
      await copyFile(source, target)
      await target.publish()
    } finally {
      await source.close()
      await target.close()
    }
  }

  lock(kind: LockKind, options: LockOptions): Promise<StorageLock> {
    return acquireWebLock(`coffer:indexeddb:${this.name}`, `The coffer ${this.name}`, kind, options)
  }

  async #openFile(id: string, isNew: boolean, isWritable: boolean): Promise<FileHandle> {
    const opened = await acquireFile(this.#database, id, isNew)
    if (isWritable) {
      opened.writers += 1
      await opened.file.own().catch(async (error: unknown) => {
        opened.writers -= 1
        await releaseFile(this.#database, opened)
        throw error
      })
    }
    return new FileHandle({
      file: opened.file,
      name: this.name,
      isWritable,
      isCurrent: async () => (await currentId(this.#database)) === id,
      onSync: this.#onSync,
      onClose: async (isPublished) => {
        if (isWritable && --opened.writers === 0 && (!isNew || isPublished)) await opened.file.disown()
        if (isNew && !isPublished) await opened.file.remove()
        await releaseFile(this.#database, opened)
      },
    })
  }

  /** Removes files that took no place and those whose place was taken, unless somebody has them open. */
  async #removeLeftovers(): Promise<void> {
    const keys = (await this.#database.peek((store) => promisifyRequest(store.getAllKeys(allRecords())))) ?? []
    if (keys.length < 2 && (await currentId(this.#database)) !== undefined) return
    for (const key of keys) {
      const id = idOfRecord(key)
      if (id !== undefined) await removeIfUnused(this.#database, id)
    }
  }
}

async function acquireFile(database: Database, id: string, isNew: boolean): Promise<OpenFile> {
  const name = pinName(database, id)
  const known = openFiles.get(name)
  if (known) {
    const opened = await known
    opened.users += 1
    return opened
  }
  const opening = pin(name).then((unpin): OpenFile => ({ file: new PageFile(database, id, isNew), users: 1, writers: 0, unpin }))
  openFiles.set(name, opening)
  opening.catch(() => openFiles.delete(name))
  return opening
}

async function releaseFile(database: Database, opened: OpenFile): Promise<void> {
  opened.users -= 1
  if (opened.users > 0) return
  openFiles.delete(pinName(database, opened.file.id))
  await opened.unpin()
  await removeIfUnused(database, opened.file.id)
}

async function removeIfUnused(database: Database, id: string): Promise<void> {
  if ((await currentId(database)) === id) return
  if (openFiles.has(pinName(database, id))) return
  await ifUnpinned(pinName(database, id), async () => {
    if ((await currentId(database)) !== id && (await loadRecord(database, id))) await removeFile(database, id)
  })
}

function pinName(database: Database, id: string): string {
  return `indexeddb:${database.coffer}:${id}`
}

async function currentId(database: Database): Promise<string | undefined> {
  return database.peek((store) => promisifyRequest<string | undefined>(store.get(CURRENT)))
}
