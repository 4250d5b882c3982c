import { concat, copyBytes, unshared } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import { asyncDispose } from './dispose.js'
import type { OpenMode } from './options.js'
import type { Spool } from './spool.js'
import { decodeText, textEncoder } from './text.js'
import { quoteName } from '../tar/names.js'

export interface FileOptions {
  /** Reads and writes text instead of bytes: `utf-8`, `utf-16le`, `latin1`, `ascii`; for reading, all that `TextDecoder` knows. */
  readonly encoding?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * One file of a coffer, open. Read handles keep the content that they were opened on. What goes into a write handle is kept
 * aside, encrypted, and becomes the member when the handle is closed; aborting `writable` gives it up.
 */
export interface CofferFile<Piece extends Uint8Array | string = Uint8Array<ArrayBuffer> | string> extends AsyncDisposable {
  readonly name: string
  readonly mode: OpenMode
  /** Bytes of the file; for a write handle, of what will be the file. */
  readonly size: number
  readonly closed: boolean
  /** The whole file as a stream, of strings where the handle has an encoding. A new one each time, which ends with the handle. */
  readonly readable: ReadableStream<Piece>
  /** Where to write; closing it closes the handle, and a write that fails gives the handle up. The same one each time. */
  readonly writable: WritableStream<Uint8Array | string>
  /** The bytes from `start` up to `end`, whatever the encoding. */
  read(start?: number, end?: number): Promise<Uint8Array<ArrayBuffer>>
  /** Adds to the end. Strings need an encoding, or are UTF-8; a character may be cut in two between one and the next. */
  write(data: Uint8Array | string): Promise<void>
  /** For a write handle: makes the file a member. May be called twice. */
  close(): Promise<void>
  /** Closes without making the file a member. */
  abort(): Promise<void>
}

/** What a read handle reads from. */
export interface ReadSource {
  readonly size: number
  pieces(start: number, end: number): AsyncGenerator<Uint8Array>
  read(start: number, end: number): Promise<Uint8Array>
  release(): Promise<void>
}

export function createReadHandle(name: string, source: ReadSource, { encoding }: FileOptions): CofferFile {
  let isClosed = false
  const assertOpen = (): void => {
    if (isClosed) throw closedHandleError(name)
  }
  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await source.release()
  }
  const refuse = (): CofferError => new CofferError('ERR_COFFER_READ_ONLY', `${quoteName(name)} was opened for reading: open it with mode "w" or "a" to write.`)
  return {
    name,
    mode: 'r',
    get size() {
      return source.size
    },
    get closed() {
      return isClosed
    },
    get readable() {
      assertOpen()
      const pieces = source.pieces(0, source.size)
      return encoding === undefined ? toByteStream(pieces) : toStream(decodeText(pieces, encoding))
    },
    get writable(): never {
      throw refuse()
    },
    read: async (start = 0, end = source.size) => {
      assertOpen()
      const from = Math.min(checkOffset(start), source.size)
      return unshared(await source.read(from, Math.max(from, Math.min(checkOffset(end), source.size))))
    },
    write: () => Promise.reject(refuse()),
    close,
    abort: close,
    [asyncDispose]: close,
  }
}

/** What a write handle is made of. `commit` makes the member out of what is in the spool. */
export interface WriteTarget {
  readonly mode: OpenMode
  readonly spool: Spool
  /** Bytes that stand before what is written, of a file that is added to. */
  readonly baseBytes: number
  commit(): Promise<void>
  /** Called when the handle is closed or given up: closing the coffer has nothing more to do with it. */
  onEnd(): void
}

export function createWriteHandle(name: string, target: WriteTarget, { encoding, signal }: FileOptions): CofferFile {
  const text = textEncoder(encoding ?? 'utf-8')
  let isClosed = false
  let ending: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  let writable: WritableStream<Uint8Array | string> | undefined
  let last: Promise<void> = Promise.resolve()

  const write = (data: Uint8Array | string): Promise<void> => {
    if (failure) return Promise.reject(failure.error)
    if (isClosed) return Promise.reject(closedHandleError(name))
    if (signal?.aborted) {
      giveUp(signal.reason)
      return Promise.reject(signal.reason)
    }
    let bytes: Uint8Array
    try {
      bytes = typeof data === 'string' ? text.encode(data) : concat([text.end(), copyBytes(checkBytes(data))])
    } catch (error) {
      return Promise.reject(error)
    }
    // In the order of the calls, also where the caller does not wait.
    last = last.then(() => target.spool.append(bytes))
    last.catch(() => undefined)
    return last
  }
  const endWith = async (action: () => Promise<void>): Promise<void> => {
    isClosed = true
    try {
      await action()
    } finally {
      target.onEnd()
      await target.spool.close()
    }
  }
  const end = (action: () => Promise<void>): Promise<void> => {
    // Whoever comes second waits too; what went wrong is told to the first.
    if (ending) return ending.catch(() => undefined)
    ending = endWith(action)
    return ending
  }
  const close = async (): Promise<void> => {
    await end(async () => {
      await last
      signal?.throwIfAborted()
      await target.spool.append(text.end())
      await target.commit()
    })
    if (failure) throw failure.error
  }
  const abort = (): Promise<void> => end(() => last.catch(() => undefined))
  /** For what a write was told: whoever closes the handle is told again, and whoever closes the coffer is not. */
  const giveUp = (reason: unknown): void => {
    if (isClosed) return
    failure = { error: reason }
    target.onEnd()
    abort().catch(() => undefined)
  }
  /** A stream that has failed takes nothing more, and what came before would be half of a file. */
  const writeOrGiveUp = async (chunk: Uint8Array | string): Promise<void> => {
    try {
      await write(chunk)
    } catch (error) {
      giveUp(error)
      throw error
    }
  }
  const refuse = (): CofferError => new CofferError('ERR_COFFER_UNSUPPORTED', `${quoteName(name)} was opened for writing: close it, then read it.`)
  return {
    name,
    mode: target.mode,
    get size() {
      return target.baseBytes + target.spool.size
    },
    get closed() {
      return isClosed
    },
    get readable(): never {
      throw refuse()
    },
    get writable() {
      writable ??= new WritableStream<Uint8Array | string>({ write: writeOrGiveUp, close, abort })
      return writable
    },
    read: () => Promise.reject(refuse()),
    write,
    close,
    abort,
    [asyncDispose]: close,
  }
}

export function toByteStream(source: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return toStream(source, unshared)
}

/** A stream of what a generator yields; cancelling it ends the generator. */
export function toStream<T>(source: AsyncGenerator<T>): ReadableStream<T>
export function toStream<T, U>(source: AsyncGenerator<T>, change: (value: T) => U): ReadableStream<U>
export function toStream<T>(source: AsyncGenerator<T>, change: (value: T) => T = (value) => value): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await source.next()
        if (done) controller.close()
        else controller.enqueue(change(value))
      },
      async cancel() {
        await source.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

/** @throws RangeError for what is no offset. */
export function checkOffset(offset: number): number {
  if (Number.isInteger(offset) && offset >= 0) return offset
  throw new RangeError('`start` and `end` are whole numbers of bytes, 0 or more.')
}

function checkBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  throw new TypeError('What is written is a string or a Uint8Array.')
}

export function closedHandleError(name: string): CofferError {
  return new CofferError('ERR_COFFER_CLOSED', `The handle on ${quoteName(name)} is closed: open it again to use it.`)
}
