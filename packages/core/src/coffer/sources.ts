import { orAborted } from '../async/on-abort.js'
import { concat, copyBytes } from '../bytes/bytes.js'
import type { SourceBlock } from '../log/log-writer.js'
import { textBytes } from './text.js'

/** Blocks of a stream that are taken in before other changes are held back. */
const PREFETCH_BLOCKS = 16

/** What may be written into a member. Strings are UTF-8. */
export type WriteData = string | Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

/** Total bytes of `data` where they are known beforehand. */
export function sizeOf(data: WriteData): number | undefined {
  if (data instanceof Uint8Array) return data.length
  if (isBlob(data)) return data.size
  return undefined
}

/** Whether it takes time that others decide about until all of `data` is there. */
function isLive(data: WriteData): boolean {
  return typeof data === 'object' && !(data instanceof Uint8Array) && !isBlob(data)
}

/**
 * Runs `use` on the blocks of `data`. Of what others give in their own time some are taken in before, so that `use` holds nobody up for long;
 * where one of the signals is aborted, a source that is silent is not waited for.
 * @throws TypeError for what cannot be written; what `use` throws.
 */
export async function withBlocks<T>(
  data: WriteData,
  blockBytes: number,
  signals: readonly (AbortSignal | undefined)[],
  use: (blocks: AsyncIterable<SourceBlock>) => Promise<T>,
): Promise<T> {
  const blocks = toBlocks(data, blockBytes, signals)
  if (!isLive(data)) return use(blocks)
  const taken = await prefetch(blocks, PREFETCH_BLOCKS)
  try {
    return await use(taken)
  } finally {
    await taken.close()
  }
}

/** Runs a check that comes before `data` is read. Where it throws nobody will read it: a stream is let go of. */
export function checkBefore<T>(data: WriteData, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (isReadableStream(data)) data.cancel(error).catch(() => undefined)
    throw error
  }
}

/** The bytes of `data` in blocks. @throws TypeError for what cannot be written. */
export function toBlocks(data: WriteData, blockBytes: number, signals: readonly (AbortSignal | undefined)[] = []): AsyncIterable<SourceBlock> {
  if (typeof data === 'string') return blocksOfBytes(textBytes(data), blockBytes)
  if (data instanceof Uint8Array) return blocksOfBytes(data, blockBytes)
  if (isBlob(data)) return blocksOfBlob(data, blockBytes)
  if (isReadableStream(data)) {
    if (data.locked) throw new TypeError('The stream to write is locked: somebody reads it already.')
    return rechunk(untilAborted(readStream(data), signals), blockBytes)
  }
  if (isAsyncIterable(data)) return rechunk(untilAborted(data, signals), blockBytes)
  throw new TypeError('What is written is a string, a Uint8Array, a Blob or a stream of Uint8Array.')
}

async function* blocksOfBytes(bytes: Uint8Array, blockBytes: number): AsyncGenerator<SourceBlock> {
  // A single block may wait in memory until a flush, and the bytes are the caller's.
  if (bytes.length <= blockBytes) yield asBlock(copyBytes(bytes))
  else for (let at = 0; at < bytes.length; at += blockBytes) yield asBlock(bytes.subarray(at, at + blockBytes), false)
}

/** The next block is read while somebody is at work on one. */
async function* blocksOfBlob(blob: Blob, blockBytes: number): AsyncGenerator<SourceBlock> {
  const read = (at: number): Promise<ArrayBuffer> => {
    const reading = blob.slice(at, at + blockBytes).arrayBuffer()
    reading.catch(() => undefined)
    return reading
  }
  let next = read(0)
  for (let at = 0; at < blob.size; at += blockBytes) {
    const bytes = await next
    if (at + blockBytes < blob.size) next = read(at + blockBytes)
    yield asBlock(new Uint8Array(bytes))
  }
}

/** Bytes that are nobody else's, in blocks. */
export async function* ownedBlocks(pieces: readonly Uint8Array[], blockBytes: number): AsyncGenerator<SourceBlock> {
  yield* rechunk(each(pieces), blockBytes, true)
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

/**
 * Cuts pieces of any length into blocks of `blockBytes`; the bytes of a piece are copied before the next is asked for. With `owned` they
 * may be kept instead: nobody else has them.
 */
export async function* rechunk(source: AsyncIterable<Uint8Array>, blockBytes: number, owned = false): AsyncGenerator<SourceBlock> {
  let parts: Uint8Array[] = []
  let length = 0
  for await (const piece of source) {
    if (!(piece instanceof Uint8Array)) throw new TypeError('A stream to write gives Uint8Array and nothing else.')
    for (let at = 0; at < piece.length; ) {
      const take = Math.min(piece.length - at, blockBytes - length)
      const part = piece.subarray(at, at + take)
      parts.push(owned && take === piece.length ? part : copyBytes(part))
      length += take
      at += take
      if (length === blockBytes) {
        yield asBlock(concat(parts))
        parts = []
        length = 0
      }
    }
  }
  if (length > 0) yield asBlock(concat(parts))
}

/** The chunks of a stream; leaving the loop early cancels it, also while a chunk is waited for. */
export function readStream<T>(stream: ReadableStream<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
      const reader = stream.getReader()
      return {
        async next() {
          const { done, value } = await reader.read()
          if (!done) return { done, value: value as T }
          reader.releaseLock()
          return { done, value: undefined }
        },
        async return() {
          await reader.cancel().catch(() => undefined)
          reader.releaseLock()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/** The items of `source` until a signal is aborted, then its reason; nobody waits then for what the source is at. */
async function* untilAborted<T>(source: AsyncIterable<T>, signals: readonly (AbortSignal | undefined)[]): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const assertGoing = (): void => {
    for (const signal of signals) signal?.throwIfAborted()
  }
  let isEnded = false
  try {
    for (;;) {
      assertGoing()
      const next = await orAborted(iterator.next(), signals)
      isEnded = next.done === true
      if (next.done) return
      yield next.value
    }
  } finally {
    if (!isEnded) {
      const ending = Promise.resolve(iterator.return?.()).catch(() => undefined)
      if (!signals.some((signal) => signal?.aborted)) await ending
    }
  }
}

/** Some items of a source and then the rest. */
export interface Prefetched<T> extends AsyncIterable<T> {
  /** Whether the source has ended without any. */
  readonly isEmpty: boolean
  /** Lets go of the source, also where nobody came to ask for the items. */
  close(): Promise<void>
}

/** Asks `source` for up to `count` items now; the result gives them, then the rest. */
export async function prefetch<T>(source: AsyncIterable<T>, count: number, signal?: AbortSignal): Promise<Prefetched<T>> {
  const iterator = source[Symbol.asyncIterator]()
  const close = async (): Promise<void> => void (await iterator.return?.())
  const items: T[] = []
  let isDone = false
  try {
    while (items.length < count && !isDone) {
      signal?.throwIfAborted()
      const next = await iterator.next()
      isDone = next.done === true
      if (!next.done) items.push(next.value)
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    isEmpty: isDone && items.length === 0,
    close,
    async *[Symbol.asyncIterator](): AsyncGenerator<T> {
      try {
        yield* items
        while (!isDone) {
          const next = await iterator.next()
          if (next.done) return
          yield next.value
        }
      } finally {
        await close()
      }
    },
  }
}

function asBlock(plain: Uint8Array, owned = true): SourceBlock {
  return { input: { plain }, plainBytes: plain.length, owned }
}

function isBlob(data: unknown): data is Blob {
  return typeof Blob === 'function' && data instanceof Blob
}

function isReadableStream(data: unknown): data is ReadableStream<Uint8Array> {
  return typeof data === 'object' && data !== null && 'getReader' in data
}

function isAsyncIterable(data: unknown): data is AsyncIterable<Uint8Array> {
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data
}
