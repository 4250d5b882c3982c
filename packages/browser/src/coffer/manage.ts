import { CofferError, type CofferStorage, type OnProgress, type StorageFile } from '@coffer/core'
import { beginsAsCoffer } from '@coffer/core/internal'
import { webLocks } from '../locks/web-lock.js'
import { toBlob, toStream } from './blob-writer.js'
import { announce, listen, type CofferChange } from './notices.js'
import { storageFunctions, type StorageKind } from './storages.js'

/** Which coffer, where there are several places for them. */
export interface PlaceOptions {
  /** `'indexeddb'` where nothing is said. */
  readonly storage?: StorageKind | undefined
}

export interface LockedOptions extends PlaceOptions {
  /** How long to wait for whoever has the coffer open, in milliseconds; 1000 where nothing is said. */
  readonly lockTimeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ExportOptions extends LockedOptions {
  /** `none`: does not wait for whoever writes; what is committed by then is whole all the same. */
  readonly lock?: 'rw' | 'none' | undefined
}

export interface ImportOptions extends LockedOptions {
  /** With `true`, takes the place of a coffer of that name. */
  readonly replace?: boolean | undefined
  readonly onProgress?: OnProgress | undefined
}

const LOCK_TIMEOUT_MS = 1000
const COPY_BYTES = 2_097_152
const TYPE = 'application/octet-stream'

/** The names of all coffers of this site, sorted. */
export async function listCoffers({ storage = 'indexeddb' }: PlaceOptions = {}): Promise<string[]> {
  return (await storageFunctions(storage).list()).toSorted()
}

/**
 * Deletes a coffer, for good.
 * @throws CofferError `ERR_COFFER_NOT_FOUND`; `ERR_COFFER_LOCKED` while it is open anywhere.
 */
export async function deleteCoffer(name: string, options: LockedOptions = {}): Promise<void> {
  const { storage = 'indexeddb' } = options
  const { open, remove } = storageFunctions(storage)
  const isThere = await underLock(open(name), options, () => remove(name))
  if (!isThere) throw notFound(name)
  announce(storage, name, { kind: 'deleted', generation: undefined, fingerprint: undefined })
}

/**
 * A copy of a coffer, as encrypted as it is: the same bytes as a file on a disk, for Node and PyCoffer. Its bytes are the browser's, not the
 * page's memory.
 * @throws CofferError `ERR_COFFER_NOT_FOUND`, `ERR_COFFER_LOCKED`.
 */
export async function exportCoffer(name: string, options: ExportOptions = {}): Promise<Blob> {
  const { storage = 'indexeddb', signal } = options
  const place = storageFunctions(storage).open(name)
  const copy = async (): Promise<Blob> => toBlob(piecesOf(await openForReading(place), signal), TYPE)
  return options.lock === 'none' ? copy() : underLock(place, options, copy)
}

/**
 * The same as a stream, such as for a file that the user has picked. It holds the coffer's lock until it is read to its end or cancelled.
 * @throws CofferError `ERR_COFFER_NOT_FOUND`, `ERR_COFFER_LOCKED`.
 */
export async function exportCofferStream(name: string, options: ExportOptions = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { storage = 'indexeddb', signal, lockTimeoutMs = LOCK_TIMEOUT_MS } = options
  const place = storageFunctions(storage).open(name)
  const lock = options.lock === 'none' ? undefined : await place.lock('exclusive', { timeoutMs: lockTimeoutMs, signal })
  try {
    const file = await openForReading(place)
    return toStream(finallyDo(piecesOf(file, signal), async () => lock?.release(), () => file.close()))
  } catch (error) {
    await lock?.release()
    throw error
  }
}

/**
 * Makes a coffer of the bytes of one, which are not looked into: opening it tells whether they are a coffer. In one step: whatever happens
 * on the way, there is all of it or what was there before.
 * @throws CofferError `ERR_COFFER_EXISTS`, unless `replace` is said; `ERR_COFFER_NOT_A_COFFER` for nothing at all; `ERR_COFFER_FULL`,
 * `ERR_COFFER_LOCKED`.
 */
export async function importCoffer(name: string, blob: Blob, options: ImportOptions = {}): Promise<void> {
  const { storage = 'indexeddb', signal, replace = false, onProgress } = options
  if (!(blob instanceof Blob)) throw new TypeError('What is imported is a Blob or a File.')
  if (blob.size === 0) throw new CofferError('ERR_COFFER_NOT_A_COFFER', 'There is nothing in what is to be imported.')
  if (!beginsAsCoffer(new Uint8Array(await blob.slice(0, 64).arrayBuffer()))) {
    throw new CofferError('ERR_COFFER_NOT_A_COFFER', 'What is to be imported is not a coffer: it does not begin as one.')
  }
  const place = storageFunctions(storage).open(name)
  await underLock(place, options, async () => {
    if (!replace && (await isThere(place))) {
      throw new CofferError('ERR_COFFER_EXISTS', `There is a coffer ${name} already: import with replace: true, or under another name.`)
    }
    const target = await place.replace()
    try {
      for (let at = 0; at < blob.size; at += COPY_BYTES) {
        signal?.throwIfAborted()
        await target.write(at, new Uint8Array(await blob.slice(at, at + COPY_BYTES).arrayBuffer()))
        onProgress?.({ phase: 'import', done: Math.min(at + COPY_BYTES, blob.size), total: blob.size })
      }
      await target.publish()
    } finally {
      await target.close()
    }
  })
  announce(storage, name, { kind: 'committed', generation: undefined, fingerprint: undefined })
}

/** Whether anybody, in this page or another, has the coffer open with a lock. */
export async function isCofferOpen(name: string, { storage = 'indexeddb' }: PlaceOptions = {}): Promise<boolean> {
  storageFunctions(storage)
  const { held = [] } = await webLocks().query()
  return held.some((lock) => lock.name === `coffer:${storage}:${name}`)
}

/**
 * Calls `listener` when another page or worker has committed to a coffer, imported or deleted it, until the signal is aborted. A coffer that
 * is open for reading goes on showing what it opened; open it anew to see the change.
 */
export function watchCoffer(name: string, listener: (change: CofferChange) => void, options: PlaceOptions & { readonly signal?: AbortSignal | undefined } = {}): void {
  const { storage = 'indexeddb', signal } = options
  storageFunctions(storage)
  listen(storage, name, listener, signal)
}

async function underLock<T>(place: CofferStorage, { lockTimeoutMs = LOCK_TIMEOUT_MS, signal }: LockedOptions, action: () => Promise<T>): Promise<T> {
  const lock = await place.lock('exclusive', { timeoutMs: lockTimeoutMs, signal })
  try {
    return await action()
  } finally {
    await lock.release()
  }
}

async function openForReading(place: CofferStorage): Promise<StorageFile> {
  const file = await place.open('read')
  if (file) return file
  throw notFound(place.name)
}

async function isThere(place: CofferStorage): Promise<boolean> {
  const file = await place.open('read')
  await file?.close()
  return file !== undefined
}

async function* piecesOf(file: StorageFile, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    const size = await file.size()
    for (let at = 0; at < size; at += COPY_BYTES) {
      signal?.throwIfAborted()
      yield await file.read(at, Math.min(COPY_BYTES, size - at))
    }
  } finally {
    await file.close()
  }
}

/** Also where nothing was ever asked for, which a generator's own `finally` does not see. */
function finallyDo(pieces: AsyncGenerator<Uint8Array>, ...ends: readonly (() => Promise<void>)[]): AsyncIterable<Uint8Array> {
  const end = async (): Promise<void> => {
    for (const action of ends) await action()
  }
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        try {
          const next = await pieces.next()
          if (next.done) await end()
          return next
        } catch (error) {
          await end()
          throw error
        }
      },
      return: async () => {
        const last = await pieces.return(undefined)
        await end()
        return last
      },
    }),
  }
}

function notFound(name: string): CofferError {
  return new CofferError('ERR_COFFER_NOT_FOUND', `There is no coffer ${name} in this browser: check the name, or make one with mode "x".`)
}
