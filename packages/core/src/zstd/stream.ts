import type { ZstdDecompressStream } from '#zstd-codec'
import { concat } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import { ZSTD_WINDOW_LIMIT } from './codec.js'
import { frameKindAt, parseBlockHeader, parseFrameHeader } from './frame.js'

export interface ZstdStreamOptions {
  /** Told of each skippable frame of up to 64 KiB; may throw to end the decoding. */
  readonly onSkippable?: ((magic: number, body: Uint8Array) => void) | undefined
  /** Told of each other frame before it is decoded; may throw too. */
  readonly onFrame?: (() => void) | undefined
}

const SKIPPABLE_KEPT_BYTES = 65_536
const BLOCK_LIMIT = 131_072
/** No frame header is longer. */
const HEADER_LIMIT = 18

/**
 * Decodes a stream of zstd frames of any length, with or without content size, in bounded memory: the codec is given one block at a
 * time, and every header is looked at before.
 *
 * @throws CofferError `ERR_COFFER_DAMAGED` for a stream that is cut or malformed, `ERR_COFFER_LIMIT` for a window over 8 MiB.
 */
export async function* decodeZstdStream(source: AsyncIterable<Uint8Array>, options: ZstdStreamOptions): AsyncGenerator<Uint8Array> {
  const input = new Input(source)
  try {
    while (await input.has(1)) {
      if (!(await input.has(8))) throw damaged('is cut')
      if (frameKindAt(input.peek(8), 0) === 'skippable') await skip(input, options)
      else {
        options.onFrame?.()
        yield* decodeFrame(input)
      }
    }
  } finally {
    await input.close()
  }
}

async function skip(input: Input, { onSkippable }: ZstdStreamOptions): Promise<void> {
  const head = await input.take(8)
  const view = new DataView(head.buffer, head.byteOffset, 8)
  const length = view.getUint32(4, true)
  if (length <= SKIPPABLE_KEPT_BYTES) {
    const magic = view.getUint32(0, true)
    const body = await input.take(length)
    onSkippable?.(magic, body)
    return
  }
  for (let left = length; left > 0; left -= SKIPPABLE_KEPT_BYTES) await input.take(Math.min(left, SKIPPABLE_KEPT_BYTES))
}

async function* decodeFrame(input: Input): AsyncGenerator<Uint8Array> {
  await input.has(HEADER_LIMIT)
  const start = input.peek(HEADER_LIMIT)
  if (frameKindAt(start, 0) !== 'zstd') throw damaged('holds something that is no zstd')
  const header = parseFrameHeader(start, 0)
  if (header.windowBytes > ZSTD_WINDOW_LIMIT) {
    throw new CofferError('ERR_COFFER_LIMIT', 'A compressed stream asks for a window of more than 8 MiB, which is refused.')
  }
  const blockLimit = Math.min(BLOCK_LIMIT, header.windowBytes)
  const decoder = await createDecoder()
  try {
    yield* decoder.push(await input.take(header.headerBytes))
    for (let isLast = false; !isLast; ) {
      const blockHeader = (await input.take(3)).slice()
      const block = parseBlockHeader(blockHeader, 0, blockLimit)
      isLast = block.isLast
      yield* decoder.push(concat([blockHeader, await input.take(block.bodyBytes)]))
    }
    if (header.hasChecksum) yield* decoder.push(await input.take(4))
  } finally {
    decoder.close()
  }
}

interface Decoder {
  push(bytes: Uint8Array): Uint8Array[]
  /** Gives the codec back, for another frame. */
  close(): void
}

/** A codec for one frame. Two never share an instance, whose memory holds one window of 8 MiB and no second. */
async function createDecoder(): Promise<Decoder> {
  const instance = idle.pop() ?? (await newInstance())
  const stream = instance.createStream()
  let isAlive = true
  let isGood = stream.begin()
  return {
    push(bytes) {
      const out: Uint8Array[] = []
      try {
        // What the callback gets is a copy already.
        isGood &&= stream.transform(bytes, (piece) => void (piece.length > 0 && out.push(piece)))
      } catch (error) {
        isAlive = false
        throw damaged('cannot be decompressed', error)
      }
      if (!isGood) throw damaged('cannot be decompressed')
      return out
    },
    close() {
      // An instance that has thrown has aborted.
      if (!isAlive) return
      stream.delete()
      if (idle.length < IDLE_LIMIT) idle.push(instance)
    },
  }
}

/** zstd-codec's binding in a closure: it has a `then` of its own, and a promise that resolves with it spins for ever. */
interface Instance {
  createStream(): ZstdDecompressStream
}

/** Instances that are kept for the next frame, 16 MiB each. */
const IDLE_LIMIT = 2
const idle: Instance[] = []

async function newInstance(): Promise<Instance> {
  const { default: module } = await import('#zstd-codec')
  return new Promise((resolve) => {
    module.run((binding) => resolve({ createStream: () => new binding.ZstdDecompressStreamBinding() }))
  })
}

/** A source of pieces, taken by the byte. */
class Input {
  readonly #iterator: AsyncIterator<Uint8Array>
  #buffer: Uint8Array = new Uint8Array(0)
  #isDone = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** Whether there are `length` bytes more. */
  async has(length: number): Promise<boolean> {
    if (this.#buffer.length >= length) return true
    const parts = [this.#buffer]
    let have = this.#buffer.length
    while (have < length && !this.#isDone) {
      const next = await this.#iterator.next()
      if (next.done) this.#isDone = true
      else {
        parts.push(next.value)
        have += next.value.length
      }
    }
    this.#buffer = concat(parts)
    return have >= length
  }

  /** Up to `length` bytes, which stay. */
  peek(length: number): Uint8Array {
    return this.#buffer.subarray(0, length)
  }

  /** `length` bytes, a view. @throws CofferError `ERR_COFFER_DAMAGED` where there are fewer. */
  async take(length: number): Promise<Uint8Array> {
    if (!(await this.has(length))) throw damaged('is cut')
    const bytes = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return bytes
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}

function damaged(what: string, cause?: unknown): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', `A compressed stream of the coffer ${what}.`, cause)
}
