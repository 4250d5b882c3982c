import { CofferError } from '../errors.js'
import { HttpSource, isSame, type FileState, type HttpStorageOptions, type Part } from './http-source.js'
import type { CofferStorage, StorageFile, StorageLock, StorageReplacement } from './storage.js'

/** What small reads fetch, and is kept: an index, tables and packs of small files are read in several pieces. */
const PAGE_BYTES = 65_536
const PAGES_KEPT = 32
/** 1 PiB: who says more would have it searched for ever. */
const MOST_BYTES = 2 ** 50

/**
 * Makes a storage of a coffer that stands on a web server, for reading: what is read of it is fetched in parts, and nothing else. The
 * server has to take requests for parts (`Range`), as servers of static files do. Parts are authenticated as what a disk gives is; which
 * of them is asked for, and when, the server sees. There is nothing to lock: when the file is replaced while it is open, reads reject
 * with `ERR_COFFER_LOCK_LOST`, and it is opened again.
 *
 * From another origin, the server has to permit it (CORS), and should expose `Content-Range` and `ETag`.
 *
 * @throws TypeError where the address is none of http or https.
 * @example
 * ```ts
 * await using coffer = await openCoffer(httpStorage('https://example.org/vault.pcof'), { keys })
 * const part = await coffer.read('video.mp4', { start: 1_000_000, end: 1_065_536 })
 * ```
 */
export function httpStorage(address: string | URL, options: HttpStorageOptions = {}): CofferStorage {
  const url = parseAddress(address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('The address of a coffer on a web server begins with http:// or https://.')
  if (url.username !== '' || url.password !== '') throw new TypeError('An address with a password in it is refused: give it in `headers`, as Authorization.')
  return new HttpStorage(new HttpSource(url, options))
}

// The error of `URL` holds the address, which may hold a secret.
function parseAddress(address: string | URL): URL {
  try {
    return new URL(address)
  } catch {
    throw new TypeError('This is no address: one begins with http:// or https://.')
  }
}

class HttpStorage implements CofferStorage {
  readonly name: string
  readonly isRemote = true
  readonly #source: HttpSource

  constructor(source: HttpSource) {
    this.name = source.name
    this.#source = source
  }

  async open(access: 'read' | 'write', signal?: AbortSignal): Promise<StorageFile | undefined> {
    if (access === 'write') throw this.#source.readOnly()
    const first = await this.#source.fetchPart(0, PAGE_BYTES, signal)
    if (first && first.size > MOST_BYTES) throw new CofferError('ERR_COFFER_UNSUPPORTED', `${this.name} is longer than any coffer, its server says.`)
    return first && new HttpFile(this.#source, first)
  }

  replace(): Promise<StorageReplacement> {
    return Promise.reject(this.#source.readOnly())
  }

  spool(): Promise<StorageFile> {
    const message = `${this.name} would have to be read as a whole, as what PyCoffer wrote is: download it, and open the file.`
    return Promise.reject(new CofferError('ERR_COFFER_UNSUPPORTED', message))
  }

  backup(): Promise<void> {
    return Promise.reject(this.#source.readOnly())
  }

  /** There is nobody who could be kept out. */
  lock(): Promise<StorageLock> {
    return Promise.resolve({ isHeld: () => Promise.resolve(true), release: () => Promise.resolve() })
  }
}

class HttpFile implements StorageFile {
  readonly #source: HttpSource
  readonly #state: FileState
  readonly #pages = new Map<number, Promise<Uint8Array>>()
  readonly #closing = new AbortController()

  constructor(source: HttpSource, first: Part) {
    this.#source = source
    this.#state = first
    this.#pages.set(0, Promise.resolve(first.bytes))
  }

  size(): Promise<number> {
    return Promise.resolve(this.#state.size)
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.#state.size, offset + length)
    if (end <= offset) return new Uint8Array(0)
    if (end - offset > PAGE_BYTES) return this.#fetch(offset, end)
    const out = new Uint8Array(end - offset)
    const first = Math.floor(offset / PAGE_BYTES)
    const last = Math.floor((end - 1) / PAGE_BYTES)
    // At most two.
    const pages = await Promise.all(first === last ? [this.#page(first)] : [this.#page(first), this.#page(last)])
    for (const [i, page] of pages.entries()) {
      const start = (first + i) * PAGE_BYTES
      const from = Math.max(offset, start)
      out.set(page.subarray(from - start, Math.min(end, start + PAGE_BYTES) - start), from - offset)
    }
    return out
  }

  write(): Promise<void> {
    return Promise.reject(this.#source.readOnly())
  }

  truncate(): Promise<void> {
    return Promise.reject(this.#source.readOnly())
  }

  sync(): Promise<void> {
    return Promise.reject(this.#source.readOnly())
  }

  async isCurrent(): Promise<boolean> {
    const state = await this.#source.fetchState(this.#closing.signal)
    return state !== undefined && isSame(state, this.#state)
  }

  close(): Promise<void> {
    this.#closing.abort(new CofferError('ERR_COFFER_IO', `${this.#source.name} was closed.`))
    this.#pages.clear()
    return Promise.resolve()
  }

  #page(number: number): Promise<Uint8Array> {
    const kept = this.#pages.get(number)
    this.#pages.delete(number)
    const page = kept ?? this.#fetch(number * PAGE_BYTES, Math.min(this.#state.size, (number + 1) * PAGE_BYTES))
    // The newest stands last.
    this.#pages.set(number, page)
    if (!kept) page.catch(() => this.#pages.delete(number))
    const [oldest] = this.#pages.keys()
    if (this.#pages.size > PAGES_KEPT && oldest !== undefined) this.#pages.delete(oldest)
    return page
  }

  async #fetch(start: number, end: number): Promise<Uint8Array> {
    const part = await this.#source.fetchPart(start, end, this.#closing.signal, this.#state.size)
    if (part && isSame(part, this.#state) && part.bytes.length === end - start) return part.bytes
    throw new CofferError('ERR_COFFER_LOCK_LOST', `${this.#source.name} was replaced or removed while it was open: open it again.`)
  }
}
