import { onAbort } from '../async/on-abort.js'
import { Slots } from '../async/slots.js'
import { CofferError, isCofferError } from '../errors.js'

export interface HttpStorageOptions {
  /**
   * Sent with every request, such as `Authorization`; in no message. From another origin the server has to permit them. A redirect to one
   * takes all of them along but `Authorization`.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whether cookies go with requests, as with `fetch`. */
  readonly credentials?: 'include' | 'omit' | 'same-origin' | undefined
  /** Ends what is under way, and all later requests, with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Sends the requests instead of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined
}

/** As many as a browser opens connections to a server that has only these; many more are answered with 429. */
const REQUESTS_AT_ONCE = 6
/** A page is told no more than that by its browser. */
const UNREACHABLE = `the server cannot be reached${'location' in globalThis ? ', or does not permit this page to (CORS)' : ''}`
const ATTEMPTS = 5
/** Twice as long each time. */
const RETRY_MS = 300
/** A server may ask for so much time. */
const LONGEST_RETRY_MS = 30_000
/** A server that sends nothing for so long is not waited for. */
const SILENCE_MS = 30_000

/** Content that is not the file's own bytes. */
const COMPRESSED = /gzip|br|deflate|zstd|compress/i
/** Answers that may be others a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** What tells one state of a file from another. */
export interface FileState {
  /** In bytes. */
  readonly size: number
  readonly tag: string | null
  readonly modified: string | null
}

export interface Part extends FileState {
  readonly bytes: Uint8Array
}

/** What one answer tells. */
type Answer = Omit<Part, 'size'> & { readonly size: number | undefined }

/**
 * A server may leave any of it out, and several servers of one file may have tags of their own: one that agrees is enough. What is read is
 * authenticated in any case; this only tells why.
 */
export function isSame(a: FileState, b: FileState): boolean {
  const pairs = [[a.tag, b.tag], [a.modified, b.modified]].filter(([one, other]) => one !== null && other !== null)
  return a.size === b.size && (pairs.length === 0 || pairs.some(([one, other]) => one === other))
}

/** One address, and how it is asked. */
export class HttpSource {
  /** Without query and fragment, which may be secret. */
  readonly name: string
  readonly #url: URL
  readonly #options: HttpStorageOptions
  readonly #slots = new Slots(REQUESTS_AT_ONCE)

  constructor(url: URL, options: HttpStorageOptions) {
    this.#url = url
    this.#options = options
    this.name = `${url.protocol}//${url.host}${url.pathname}`
  }

  /**
   * The bytes from `start` to `end`, fewer at the end of the file; `undefined` where there is no such file, or it ends before. `size` is
   * what it is known to be, for servers of other origins, which show it only where they say so.
   */
  async fetchPart(start: number, end: number, closing?: AbortSignal, size?: number): Promise<Part | undefined> {
    const part = await this.#attempt(closing, async (signal, heard): Promise<Answer | undefined> => {
      const response = await this.#send({ Range: `bytes=${start}-${end - 1}` }, signal)
      heard()
      const isWhole = response.status === 200 && start === 0
      if (response.status === 416) return start === 0 ? { ...stateOf(response), size: 0, bytes: new Uint8Array(0) } : undefined
      if (!this.#isThere(response)) return undefined
      if (response.status !== 206 && !isWhole) throw this.#takesNoRange()
      const total = isWhole ? undefined : (sizeIn(response.headers.get('content-range'), start) ?? size)
      const bytes = await readBody(response, (total === undefined ? end : Math.min(end, total)) - start, heard)
      const isShort = bytes.length < end - start
      if (total !== undefined && bytes.length < Math.min(end, total) - start) throw new PassingError('it ended early')
      // Who sends all of it, whatever is asked for, may do so where that is little.
      if (isWhole && !isShort) throw this.#takesNoRange()
      return { ...stateOf(response), size: total ?? (isShort ? start + bytes.length : undefined), bytes }
    })
    if (!part) return undefined
    const known = part.size ?? (await this.fetchState(closing))?.size
    return known === undefined ? undefined : { ...part, size: known }
  }

  /** What stands there now; `undefined` where nothing does. Not by HEAD, which addresses that are signed for reading refuse. */
  fetchState(closing?: AbortSignal): Promise<FileState | undefined> {
    return this.#attempt(closing, async (signal) => {
      const response = await this.#send({ Range: 'bytes=0-' }, signal)
      if (response.status === 416) return { ...stateOf(response), size: 0 }
      if (!this.#isThere(response)) return undefined
      const { headers } = response
      const size = sizeIn(headers.get('content-range'), 0) ?? Number(headers.get('content-length') ?? 'unknown')
      if (!Number.isSafeInteger(size)) throw new CofferError('ERR_COFFER_UNSUPPORTED', `The server of ${this.name} does not tell how long the file is.`)
      return { ...stateOf(response), size }
    })
  }

  /** For every attempt to change what is there. */
  readOnly(): CofferError {
    return new CofferError('ERR_COFFER_READ_ONLY', `${this.name} is on a web server and can only be read: download it to change it.`)
  }

  #send(headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    const { fetch: send = fetch, credentials } = this.#options
    return send(this.#url.href, {
      // Whoever asks for a part asks for it as it is, not compressed: fetch sees to that.
      headers: { ...this.#options.headers, ...headers },
      // A part that was kept from an older file would not fit.
      cache: 'no-store',
      ...(credentials === undefined ? {} : { credentials }),
      signal,
    })
  }

  /** Tells a file from none; throws for every other answer. */
  #isThere({ status, headers }: Response): boolean {
    if (status === 200 || status === 206) {
      if (COMPRESSED.test(headers.get('content-encoding') ?? '')) throw this.#takesNoRange()
      return true
    }
    if (status === 404 || status === 410) return false
    if (PASSING.has(status)) throw new PassingError(`the server answers ${status}`, retryAfter(headers.get('retry-after')))
    if (status === 401 || status === 403 || status === 407) {
      throw new CofferError('ERR_COFFER_PERMISSION', `The server of ${this.name} refuses it (${status}): check the address, and what is sent with it.`)
    }
    throw new CofferError('ERR_COFFER_IO', `Could not read ${this.name}: the server answers ${status}.`)
  }

  #takesNoRange(): CofferError {
    const message = `The server of ${this.name} does not send parts of files as they are (it takes no Range): download the coffer, and open the file.`
    return new CofferError('ERR_COFFER_UNSUPPORTED', message)
  }

  /** Asks again where the cause may have passed; gives up on a server that is silent. A body that nobody reads to its end is let go of. */
  async #attempt<T>(closing: AbortSignal | undefined, ask: (signal: AbortSignal, heard: () => void) => Promise<T>): Promise<T> {
    const over = new AbortController()
    const { signal: outer } = this.#options
    const stops = [outer, closing].map((signal) => onAbort(signal, () => over.abort(signal?.reason)))
    try {
      for (let attempt = 1; ; attempt++) {
        outer?.throwIfAborted()
        closing?.throwIfAborted()
        let waitMs = RETRY_MS * 2 ** (attempt - 1)
        try {
          return await this.#askOnce(over.signal, ask)
        } catch (error) {
          over.signal.throwIfAborted()
          if (isCofferError(error)) throw error
          if (attempt === ATTEMPTS) throw this.#unreachable(error)
          if (error instanceof PassingError) waitMs = Math.max(waitMs, error.waitMs)
        }
        // Not all at the same moment.
        await pause(waitMs * (1 + Math.random() / 4), over.signal)
      }
    } finally {
      for (const stop of stops) stop()
    }
  }

  async #askOnce<T>(over: AbortSignal, ask: (signal: AbortSignal, heard: () => void) => Promise<T>): Promise<T> {
    // The time in which others are asked is not the server's silence.
    await this.#slots.take(over)
    const request = new AbortController()
    const stop = onAbort(over, () => request.abort(over.reason))
    const silent = (): void => request.abort(new PassingError('it is silent'))
    let timer = setTimeout(silent, SILENCE_MS)
    const heard = (): void => {
      clearTimeout(timer)
      timer = setTimeout(silent, SILENCE_MS)
    }
    try {
      return await ask(request.signal, heard)
    } finally {
      clearTimeout(timer)
      stop()
      request.abort()
      this.#slots.release()
    }
  }

  // Without the cause, which may hold the whole address.
  #unreachable(error: unknown): CofferError {
    const why = error instanceof PassingError ? error.message : UNREACHABLE
    return new CofferError('ERR_COFFER_IO', `Could not read ${this.name}: ${why}.`)
  }
}

/** Something that may be gone when it is tried again, not before `waitMs`. */
class PassingError extends Error {
  readonly waitMs: number

  constructor(message: string, waitMs = 0) {
    super(message)
    this.waitMs = waitMs
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop()
      resolve()
    }, ms)
    const stop = onAbort(signal, () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

/** Up to `most` bytes of a body, however many the server sends. */
async function readBody({ body }: Response, most: number, heard: () => void): Promise<Uint8Array> {
  const out = new Uint8Array(Math.max(0, most))
  const reader = body?.getReader()
  let filled = 0
  while (filled < out.length) {
    const { value } = (await reader?.read()) ?? {}
    if (!value) break
    heard()
    const piece = value.subarray(0, out.length - filled)
    out.set(piece, filled)
    filled += piece.length
  }
  await reader?.cancel()
  return out.subarray(0, filled)
}

/** Seconds, or nothing where it is a date or nonsense. */
function retryAfter(value: string | null): number {
  const seconds = Number(value ?? '')
  return seconds > 0 ? Math.min(seconds * 1000, LONGEST_RETRY_MS) : 0
}

function stateOf({ headers }: Response): Omit<FileState, 'size'> {
  // A weak tag is one for a server that compresses what it sends whole.
  return { tag: headers.get('etag')?.replace(/^W\//, '') ?? null, modified: headers.get('last-modified') }
}

/** The length of the file, in `bytes 0-65535/200000`; `undefined` where that is hidden or not known. */
function sizeIn(range: string | null, start: number): number | undefined {
  if (range === null) return undefined
  const [, from, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? []
  if (from === String(start) && size === '*') return undefined
  if (from !== String(start) || !Number.isSafeInteger(Number(size))) {
    throw new CofferError('ERR_COFFER_UNSUPPORTED', 'The server sends another part of the file than the one that was asked for.')
  }
  return Number(size)
}
