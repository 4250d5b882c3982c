import { CofferError } from '@coffer/core'
import { promisifyRequest, type UseStore } from 'idb-keyval'
import { decodeCofferName, encodeCofferName } from '../coffer-name.js'
import { browserError, errorName, withBrowserErrors } from '../browser-errors.js'

const PREFIX = 'coffer:'
/** The one object store of a database, as idb-keyval has it. */
const STORE = 'keyval'
const VERSION = 1
/** How long others are waited for that have a database open which is to be deleted. */
const BLOCKED_MS = 5000

/** The databases that are open in this page or worker, by coffer. */
const connections = new Map<string, Promise<IDBDatabase | undefined>>()

/** One coffer's database, as a store for idb-keyval's functions. It is opened when it is needed and again when it was closed under us. */
export class Database {
  readonly coffer: string
  /** A transaction that is on the disk when it is complete. */
  readonly strict: UseStore
  /** A transaction that is on the disk at the latest with the next strict one. */
  readonly relaxed: UseStore
  readonly #databaseName: string

  constructor(coffer: string) {
    this.coffer = coffer
    this.#databaseName = PREFIX + encodeCofferName(coffer)
    this.strict = (mode, callback) => this.#run(mode, 'strict', callback)
    this.relaxed = (mode, callback) => this.#run(mode, 'relaxed', callback)
  }

  /** A read; `undefined` where there is no database, which is not made for it. */
  async peek<T>(callback: (store: IDBObjectStore) => T | PromiseLike<T>): Promise<T | undefined> {
    return withBrowserErrors(`read the coffer ${this.coffer}`, () => this.#attempt(false, 'readonly', 'default', callback, () => undefined))
  }

  async #run<T>(mode: IDBTransactionMode, durability: IDBTransactionDurability, callback: (store: IDBObjectStore) => T | PromiseLike<T>): Promise<T> {
    const doing = `${mode === 'readonly' ? 'read' : 'write'} the coffer ${this.coffer}`
    return withBrowserErrors(doing, () => this.#attempt(mode === 'readwrite', mode, durability, callback, deletedUnderUs))
  }

  async #attempt<T, U>(
    create: boolean,
    mode: IDBTransactionMode,
    durability: IDBTransactionDurability,
    callback: (store: IDBObjectStore) => T | PromiseLike<T>,
    otherwise: (coffer: string) => U,
  ): Promise<T | U> {
    for (let attempt = 0; ; attempt++) {
      const connection = await this.#connect(create)
      if (!connection) return otherwise(this.coffer)
      let store: IDBObjectStore
      try {
        store = connection.transaction(STORE, mode, { durability }).objectStore(STORE)
      } catch (error) {
        // Closed under us: a phone that went to sleep, a deletion that was called off.
        connections.delete(this.#databaseName)
        if (attempt > 0 || errorName(error) !== 'InvalidStateError') throw error
        continue
      }
      return await callback(store)
    }
  }

  async #connect(create: boolean): Promise<IDBDatabase | undefined> {
    const known = connections.get(this.#databaseName)
    if (known) {
      const connection = await known
      if (connection || !create) return connection
    }
    const opening = openConnection(this.#databaseName, create)
    connections.set(this.#databaseName, opening)
    const forget = (): void => {
      if (connections.get(this.#databaseName) === opening) connections.delete(this.#databaseName)
    }
    try {
      const connection = await opening
      if (!connection) {
        forget()
        return undefined
      }
      connection.addEventListener('close', forget)
      connection.addEventListener('versionchange', () => {
        forget()
        connection.close()
      })
      return connection
    } catch (error) {
      forget()
      throw error
    }
  }

  /** Deletes the database with all in it; nothing happens where there is none. @throws CofferError `ERR_COFFER_LOCKED`. */
  async delete(): Promise<void> {
    await withBrowserErrors(`delete the coffer ${this.coffer}`, async () => {
      const request = factory().deleteDatabase(this.#databaseName)
      let timer: ReturnType<typeof setTimeout> | undefined
      const blocked = new Promise<never>((_, reject) => {
        request.addEventListener('blocked', () => {
          timer = setTimeout(() => {
            reject(new CofferError('ERR_COFFER_LOCKED', `The coffer ${this.coffer} is open in another tab, which does not let go: close it there. It is deleted then.`))
          }, BLOCKED_MS)
        })
      })
      try {
        await Promise.race([promisifyRequest<IDBDatabase>(request), blocked])
      } finally {
        clearTimeout(timer)
      }
    })
  }
}

function deletedUnderUs(coffer: string): never {
  throw new CofferError('ERR_COFFER_IO', `The coffer ${coffer} was deleted while it was open.`)
}

/** The names of all coffers that have a database, whether there is anything in it or not. */
export async function databaseNames(): Promise<string[]> {
  return withBrowserErrors('list the coffers', async () => {
    const databases = await factory().databases()
    return databases.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [decodeCofferName(name.slice(PREFIX.length))] : [])).filter((name) => name !== undefined)
  })
}

function openConnection(name: string, create: boolean): Promise<IDBDatabase | undefined> {
  const request = factory().open(name, VERSION)
  let isMissing = false
  return new Promise((resolve, reject) => {
    request.addEventListener('upgradeneeded', () => {
      if (create) {
        request.result.createObjectStore(STORE)
        return
      }
      // Leaves no trace of a database that was only looked for.
      isMissing = true
      request.transaction?.abort()
    })
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => (isMissing ? resolve(undefined) : reject(openError(request.error))))
  })
}

function openError(error: DOMException | null): Error {
  // Firefox's private windows of old.
  if (error?.name === 'InvalidStateError' || error?.name === 'SecurityError') return noStorage(error)
  return browserError(error, 'open the database of the coffer')
}

/** @throws CofferError `ERR_COFFER_UNSUPPORTED` where the browser has no databases for this page. */
function factory(): IDBFactory {
  try {
    if (typeof indexedDB === 'object' && indexedDB) return indexedDB
  } catch (error) {
    throw noStorage(error)
  }
  throw noStorage(undefined)
}

function noStorage(cause: unknown): CofferError {
  return new CofferError('ERR_COFFER_UNSUPPORTED', 'This browser keeps no data here: a private window, blocked site data, or a frame without its own origin.', cause)
}
