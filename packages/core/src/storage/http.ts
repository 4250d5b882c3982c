import { CofferError, isCofferError } from '../errors.js'
import type { CofferStorage, StorageFile, StorageLock, StorageReplacement } from './storage.js'

export interface HttpStorageOptions {
  /** Sent with every request, such as `Authorization`. They are in no message. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whether cookies go with requests, as with `fetch`. */
  readonly credentials?: 'include' | 'omit' | 'same-origin' | undefined
  /** Sends the requests instead of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined
}

/** What small reads fetch, and is kept: an index, tables and packs of small files are read in several pieces. */
const PAGE_BYTES = 65_536
const PAGES_KEPT = 32
const ATTEMPTS = 3
const RETRY_MS = 300
/** A server that sends nothing for so long is not waited for. */
const SILENCE_MS = 30_000

/** Answers that may be others a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

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
  readonly #source: HttpSource

  constructor(source: HttpSource) {
    this.name = source.name
    this.#source = source
  }

  async open(access: 'read' | 'write'): Promise<StorageFile | undefined> {
    if (access === 'write') throw this.#readOnly()
    const first = await this.#source.fetchPart(0, PAGE_BYTES)
    return first && new HttpFile(this.#source, first)
  }

  replace(): Promise<StorageReplacement> {
    return Promise.reject(this.#readOnly())
  }

  spool(): Promise<StorageFile> {
    const message = `${this.name} was written by PyCoffer, and is read as a whole: download it, and open the file.`
    return Promise.reject(new CofferError('ERR_COFFER_UNSUPPORTED', message))
  }

  backup(): Promise<void> {
    return Promise.reject(this.#readOnly())
  }

  /** There is nobody who could be kept out. */
  lock(): Promise<StorageLock> {
    return Promise.resolve({ isHeld: () => Promise.resolve(true), release: () => Promise.resolve() })
  }

  #readOnly(): CofferError {
    return new CofferError('ERR_COFFER_READ_ONLY', `${this.name} is on a web server and can only be read: download it to change it.`)
  }
}

/** What tells one state of a file from another. */
interface FileState {
  /** In bytes. */
  readonly size: number
  readonly tag: string | null
  readonly modified: string | null
}

interface Part extends FileState {
  readonly bytes: Uint8Array
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
    return Promise.reject(this.#readOnly())
  }

  truncate(): Promise<void> {
    return Promise.reject(this.#readOnly())
  }

  sync(): Promise<void> {
    return Promise.reject(this.#readOnly())
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
    const part = await this.#source.fetchPart(start, end, { closing: this.#closing.signal, size: this.#state.size })
    if (part && isSame(part, this.#state) && part.bytes.length === end - start) return part.bytes
    throw new CofferError('ERR_COFFER_LOCK_LOST', `${this.#source.name} was replaced or removed while it was open: open it again.`)
  }

  #readOnly(): CofferError {
    return new CofferError('ERR_COFFER_READ_ONLY', `${this.#source.name} is on a web server and can only be read.`)
  }
}

/** A server may leave any of it out; then that tells nothing. */
function isSame(a: FileState, b: FileState): boolean {
  const agree = (one: string | null, other: string | null): boolean => one === null || other === null || one === other
  return a.size === b.size && agree(a.tag, b.tag) && agree(a.modified, b.modified)
}

/** One address, and how it is asked. */
class HttpSource {
  /** Without what may be a secret: query and fragment. */
  readonly name: string
  readonly #url: URL
  readonly #options: HttpStorageOptions

  constructor(url: URL, options: HttpStorageOptions) {
    this.#url = url
    this.#options = options
    this.name = `${url.protocol}//${url.host}${url.pathname}`
  }

  /**
   * The bytes from `start` to `end`, fewer at the end of the file; `undefined` where there is no such file. `size` is what it is known to
   * be, for servers of other origins, which show it only where they say so.
   */
  fetchPart(start: number, end: number, { closing, size }: { closing?: AbortSignal; size?: number } = {}): Promise<Part | undefined> {
    return this.#attempt(closing, async (signal, heard) => {
      const response = await this.#send('GET', { Range: `bytes=${start}-${end - 1}` }, signal)
      heard()
      if (response.status === 416 && start === 0) {
        await response.body?.cancel()
        return { ...stateOf(response, 0), bytes: new Uint8Array(0) }
      }
      if (!(await this.#isThere(response))) return undefined
      if (response.status !== 206 || response.headers.get('content-encoding') !== null) {
        await response.body?.cancel()
        const message = `The server of ${this.name} does not send parts of files (it takes no Range): download the coffer, and open the file.`
        throw new CofferError('ERR_COFFER_UNSUPPORTED', message)
      }
      const total = sizeIn(response.headers.get('content-range'), start) ?? size ?? (await this.fetchState(closing))?.size ?? start
      return { ...stateOf(response, total), bytes: await this.#readBody(response, Math.max(0, Math.min(end, total) - start), heard) }
    })
  }

  /** What stands there now; `undefined` where nothing does. */
  fetchState(closing?: AbortSignal): Promise<FileState | undefined> {
    return this.#attempt(closing, async (signal) => {
      const response = await this.#send('HEAD', {}, signal)
      if (!(await this.#isThere(response))) return undefined
      const size = Number(response.headers.get('content-length') ?? 'unknown')
      if (!Number.isSafeInteger(size)) throw new CofferError('ERR_COFFER_UNSUPPORTED', `The server of ${this.name} does not tell how long the file is.`)
      return stateOf(response, size)
    })
  }

  async #send(method: 'GET' | 'HEAD', headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    const { fetch: send = fetch, credentials } = this.#options
    return send(this.#url.href, {
      method,
      // Whoever asks for a part asks for it as it is, not compressed: fetch sees to that.
      headers: { ...this.#options.headers, ...headers },
      // A part that was kept from an older file would not fit.
      cache: 'no-store',
      ...(credentials === undefined ? {} : { credentials }),
      signal,
    })
  }

  /** Tells a file from none; rejects for every other answer. */
  async #isThere({ status, body }: Response): Promise<boolean> {
    if (status === 200 || status === 206) return true
    await body?.cancel()
    if (status === 404 || status === 410) return false
    if (PASSING.has(status)) throw new PassingError(`the server answers ${status}`)
    if (status === 401 || status === 403 || status === 407) {
      throw new CofferError('ERR_COFFER_PERMISSION', `The server of ${this.name} refuses it (${status}): check the address, and what is sent with it.`)
    }
    throw new CofferError('ERR_COFFER_IO', `Could not read ${this.name}: the server answers ${status}.`)
  }

  /** Takes as many bytes as were asked for, however many the server sends. */
  async #readBody({ body }: Response, length: number, heard: () => void): Promise<Uint8Array> {
    const out = new Uint8Array(length)
    const reader = body?.getReader()
    let filled = 0
    try {
      while (filled < length) {
        const { value } = (await reader?.read()) ?? {}
        if (!value) throw new PassingError('it ended early')
        heard()
        const piece = value.subarray(0, length - filled)
        out.set(piece, filled)
        filled += piece.length
      }
    } finally {
      await reader?.cancel().catch(() => undefined)
    }
    return out
  }

  /** Asks again where the cause may have passed; gives up on a server that is silent. */
  async #attempt<T>(closing: AbortSignal | undefined, ask: (signal: AbortSignal, heard: () => void) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      closing?.throwIfAborted()
      const controller = new AbortController()
      const stop = (): void => controller.abort(closing?.reason)
      closing?.addEventListener('abort', stop)
      const silent = (): void => controller.abort(new PassingError('it is silent'))
      let timer = setTimeout(silent, SILENCE_MS)
      const heard = (): void => {
        clearTimeout(timer)
        timer = setTimeout(silent, SILENCE_MS)
      }
      try {
        return await ask(controller.signal, heard)
      } catch (error) {
        closing?.throwIfAborted()
        if (isCofferError(error)) throw error
        if (attempt === ATTEMPTS) throw this.#unreachable(error)
      } finally {
        clearTimeout(timer)
        closing?.removeEventListener('abort', stop)
      }
      await new Promise<void>((resolve) => {
        setTimeout(resolve, RETRY_MS * 2 ** (attempt - 1))
      })
    }
  }

  // Without the cause, which may hold the whole address.
  #unreachable(error: unknown): CofferError {
    const why = error instanceof PassingError ? error.message : 'the server cannot be reached, or does not permit this page to (CORS)'
    return new CofferError('ERR_COFFER_IO', `Could not read ${this.name}: ${why}.`)
  }
}

/** Something that may be gone when it is tried again. */
class PassingError extends Error {}

function stateOf({ headers }: Response, size: number): FileState {
  return { size, tag: headers.get('etag'), modified: headers.get('last-modified') }
}

/** The length of the file, in `bytes 0-65535/200000`; `undefined` where that is hidden. */
function sizeIn(range: string | null, start: number): number | undefined {
  if (range === null) return undefined
  const [, from, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range) ?? []
  if (from !== String(start) || !Number.isSafeInteger(Number(size))) {
    throw new CofferError('ERR_COFFER_UNSUPPORTED', 'The server sends another part of the file than the one that was asked for.')
  }
  return Number(size)
}
