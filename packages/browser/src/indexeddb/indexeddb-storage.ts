import type { CofferStorage, LockKind, LockOptions, StorageFile, StorageLock, StorageReplacement } from '@coffer/core'
import { promisifyRequest } from 'idb-keyval'
import { encodeCofferName } from '../coffer-name.js'
import { newFileId } from '../file-id.js'
import { acquireWebLock } from '../locks/web-lock.js'
import { OpenFiles } from '../open-files.js'
import { copyFile, FileHandle } from '../storage-handle.js'
import { Database, databaseNames } from './database.js'
import { allRecords, CURRENT, idOfRecord } from './layout.js'
import { loadRecord, PageFile, removeFile } from './page-file.js'

const openFiles = new OpenFiles<PageFile>()
/** Coffers that this page or worker has locked exclusively; each lock has another number. */
const reigns = new Map<string, number>()
let locked = 0

/** One coffer in a database of its own, which is made with the first file. */
export function indexedDbStorage(name: string): CofferStorage {
  return new IndexedDbStorage(name)
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

  constructor(name: string) {
    encodeCofferName(name)
    this.name = name
    this.#database = new Database(name)
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
    const target = await new IndexedDbStorage(this.name + extension).replace()
    try {
      await copyFile(source, target)
      await target.publish()
    } finally {
      await source.close()
      await target.close()
    }
  }

  async lock(kind: LockKind, options: LockOptions): Promise<StorageLock> {
    const lock = await acquireWebLock(`coffer:indexeddb:${this.name}`, `The coffer ${this.name}`, kind, options)
    if (kind === 'shared') return lock
    const reign = ++locked
    reigns.set(this.name, reign)
    return {
      isHeld: () => lock.isHeld(),
      release: async () => {
        if (reigns.get(this.name) === reign) reigns.delete(this.name)
        await lock.release()
      },
    }
  }

  async #openFile(id: string, isNew: boolean, isWritable: boolean): Promise<FileHandle> {
    const opened = await openFiles.acquire(this.#pinName(id), () => new PageFile(this.#database, id, isNew, () => reigns.get(this.name)), isWritable)
    const remove = (): Promise<void> => this.#removeIfUnused(id)
    return new FileHandle({
      file: opened.file,
      name: this.name,
      isWritable,
      isCurrent: async () => (await currentId(this.#database)) === id,
      onClose: async (isPublished) => {
        if (isNew && !isPublished) opened.file.forget()
        await openFiles.release(opened, isWritable, remove)
      },
    })
  }

  /** Removes files that took no place and those whose place was taken, unless somebody has them open. */
  async #removeLeftovers(): Promise<void> {
    const keys = (await this.#database.peek((store) => promisifyRequest(store.getAllKeys(allRecords())))) ?? []
    if (keys.length < 2 && (await currentId(this.#database)) !== undefined) return
    for (const key of keys) {
      const id = idOfRecord(key)
      if (id !== undefined) await this.#removeIfUnused(id)
    }
  }

  /** Removes a file that is not the coffer (any more, or never was), unless somebody has it open. */
  async #removeIfUnused(id: string): Promise<void> {
    if ((await currentId(this.#database)) === id) return
    await openFiles.ifUnused(this.#pinName(id), async () => {
      if ((await currentId(this.#database)) !== id && (await loadRecord(this.#database, id))) await removeFile(this.#database, id)
    })
  }

  #pinName(id: string): string {
    return `indexeddb:${this.name}:${id}`
  }
}

async function currentId(database: Database): Promise<string | undefined> {
  return database.peek((store) => promisifyRequest<string | undefined>(store.get(CURRENT)))
}
