import { allocateFresh, type Allocate } from '../bytes/memory.js'
import { CofferError } from '../errors.js'
import { decodePlainFrame, encodeRawFrame, parseFrame, rawFrameBytes } from './frame.js'
import { ZstdInstance } from './instance.js'

/** The most plaintext bytes that one call takes: more does not fit into zstd-codec's memory at every level. */
export const ZSTD_BLOCK_LIMIT = 524_288
/** Frames that ask for a larger window are refused. */
export const ZSTD_WINDOW_LIMIT = 8_388_608

/** zstd for blocks. Results are in memory by `allocate`, else in fresh memory; a platform's own zstd brings memory of its own. */
export interface Zstd {
  /**
   * One frame with its content size; a raw one where compression does not pay.
   * @param level 1 to 19.
   * @throws RangeError for more than {@link ZSTD_BLOCK_LIMIT} bytes, or another level.
   */
  compressFrame(plain: Uint8Array, level: number, dictionary?: Uint8Array, allocate?: Allocate): Promise<Uint8Array>
  /**
   * The content of exactly one frame, which has to be `plainBytes` long. What the frame says of itself is checked before it is decoded.
   * @throws CofferError `ERR_COFFER_DAMAGED`, `ERR_COFFER_LIMIT`.
   */
  decompress(frame: Uint8Array, plainBytes: number, dictionary?: Uint8Array, allocate?: Allocate): Promise<Uint8Array>
}

/** Parts in 64 that a block has to shrink by to be worth decoding. */
const LEAST_GAIN = 1
/** A block of at least so many bytes is first tried by samples: what is compressed or encrypted already does not shrink. */
const SAMPLED_FROM_BYTES = 65_536
const SAMPLES = 8
const SAMPLE_BYTES = 2048
/** Whoever asks for more than this has the time to look for repeats far apart, which samples do not show. */
const SAMPLED_UP_TO_LEVEL = 9
/** Parts in 64 that samples have to shrink by for level 2 or 3 to be worth more than level 1, which takes two fifths of the time there. */
const WORTH_SEARCHING = 6
/** Whoever asks for more than this wants the bytes, not the time. */
const HURRIED_UP_TO_LEVEL = 3

/** zstd as a platform brings it, for blocks without a dictionary; zstd-codec does what it leaves out. What it is given was checked before. */
export interface ZstdPrimitives {
  /** One frame with its content size; memory of its own. */
  compress(plain: Uint8Array, level: number): Uint8Array
  /** The content of one frame, in memory of its own; asked for the first 16 MiB, then zstd-codec is. `undefined`, or an error, where it is malformed or longer than `plainBytes`. */
  decompress?(frame: Uint8Array, plainBytes: number): Uint8Array | undefined
}

/** A platform brings fresh memory for each block, which in the long run takes longer than to load zstd-codec, which takes over what there is. */
const NATIVE_UP_TO_BYTES = 16_777_216

let loaded: Promise<Zstd> | undefined
const loadedNative = new WeakMap<ZstdPrimitives, Promise<Zstd>>()

/** Loads zstd-codec when it is first needed, once. With `native`, only for what that cannot do. */
export function loadZstd(native?: ZstdPrimitives): Promise<Zstd> {
  if (native) {
    const codec = loadedNative.get(native) ?? Promise.resolve(new Codec(undefined, native))
    loadedNative.set(native, codec)
    return codec
  }
  loaded ??= ZstdInstance.create().then(
    (instance) => new Codec(instance),
    (error: unknown) => {
      // A module that could not be fetched now may be there later.
      loaded = undefined
      throw error
    },
  )
  return loaded
}

/**
 * zstd-codec's WebAssembly aborts as a whole when it runs out of its 16 MiB or is led astray. Such an instance is dropped and the
 * next call gets a new one, so that one bad input does not take a coffer with it.
 */
class Codec implements Zstd {
  #instance: ZstdInstance | undefined
  readonly #native: ZstdPrimitives | undefined
  /** Decompressed by the platform's so far. */
  #nativeBytes = 0

  constructor(instance: ZstdInstance | undefined, native?: ZstdPrimitives) {
    this.#instance = instance
    this.#native = native
  }

  async compressFrame(plain: Uint8Array, level: number, dictionary?: Uint8Array, allocate: Allocate = allocateFresh): Promise<Uint8Array> {
    if (plain.length > ZSTD_BLOCK_LIMIT) throw new RangeError(`a block holds at most ${ZSTD_BLOCK_LIMIT} bytes`)
    // zstd-codec takes 0 for its default, and does not have the memory for more than 19.
    if (!Number.isInteger(level) || level < 1 || level > 19) throw new RangeError('`level` is a whole number from 1 to 19.')
    if (plain.length === 0) return encodeRawFrame(plain)
    const effort = dictionary ? level : await this.#effort(plain, level)
    if (effort === 0) return encodeRawFrame(plain, allocate)
    const frame = await this.#compress(plain, effort, dictionary, allocate)
    return frame && hasGained(frame.length, plain.length, LEAST_GAIN) ? frame : encodeRawFrame(plain, allocate)
  }

  async #compress(plain: Uint8Array, level: number, dictionary: Uint8Array | undefined, allocate: Allocate): Promise<Uint8Array | undefined> {
    if (!dictionary && this.#native) return this.#native.compress(plain, level)
    return this.#run((instance) => instance.compress(plain, level, dictionary, allocate))
  }

  /** The level that a block is worth, by how pieces from all over it shrink; 0 where they do not. */
  async #effort(plain: Uint8Array, level: number): Promise<number> {
    if (plain.length < SAMPLED_FROM_BYTES || level > SAMPLED_UP_TO_LEVEL) return level
    const samples = new Uint8Array(SAMPLES * SAMPLE_BYTES)
    const stride = Math.floor((plain.length - SAMPLE_BYTES) / (SAMPLES - 1))
    for (let i = 0; i < SAMPLES; i++) samples.set(plain.subarray(i * stride, i * stride + SAMPLE_BYTES), i * SAMPLE_BYTES)
    const frame = await this.#compress(samples, 1, undefined, allocateFresh)
    if (!frame) return level
    if (!hasGained(frame.length, samples.length, LEAST_GAIN)) return 0
    return level > HURRIED_UP_TO_LEVEL || hasGained(frame.length, samples.length, WORTH_SEARCHING) ? level : 1
  }

  async decompress(bytes: Uint8Array, plainBytes: number, dictionary?: Uint8Array, allocate: Allocate = allocateFresh): Promise<Uint8Array> {
    const frame = parseFrame(bytes)
    if (frame.kind !== 'zstd' || frame.frameBytes !== bytes.length) throw damaged('is not one whole frame')
    if (frame.contentBytes !== plainBytes) throw damaged('has another length than its index says')
    if (plainBytes > ZSTD_BLOCK_LIMIT) throw new CofferError('ERR_COFFER_LIMIT', 'A block of the coffer is larger than any of ours.')
    if (frame.windowBytes > ZSTD_WINDOW_LIMIT) throw new CofferError('ERR_COFFER_LIMIT', 'A block of the coffer asks for too large a window.')
    if (frame.isPlain) return decodePlainFrame(bytes, frame, allocate)
    if (plainBytes === 0) return new Uint8Array(0)
    const plain = await this.#decompress(bytes, plainBytes, dictionary, allocate)
    if (plain?.length !== plainBytes) throw damaged('cannot be decompressed')
    return plain
  }

  async #decompress(bytes: Uint8Array, plainBytes: number, dictionary: Uint8Array | undefined, allocate: Allocate): Promise<Uint8Array | undefined> {
    if (!dictionary && this.#native?.decompress && this.#nativeBytes < NATIVE_UP_TO_BYTES) {
      this.#nativeBytes += plainBytes
      try {
        return this.#native.decompress(bytes, plainBytes)
      } catch {
        return undefined
      }
    }
    return this.#run((instance) => instance.decompress(bytes, plainBytes, dictionary, allocate))
  }

  /** The result of `action`, or `undefined` where it fails, also in a fresh instance. */
  async #run(action: (instance: ZstdInstance) => Uint8Array | undefined): Promise<Uint8Array | undefined> {
    for (let attempt = 0; attempt < 2; attempt++) {
      this.#instance ??= await ZstdInstance.create()
      try {
        return action(this.#instance)
      } catch {
        this.#instance = undefined
      }
    }
    return undefined
  }
}

/** Whether so many parts in 64 were gained. */
function hasGained(frameBytes: number, plainBytes: number, parts: number): boolean {
  return frameBytes <= rawFrameBytes(plainBytes) - (plainBytes * parts) / 64
}

function damaged(what: string): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', `A block of the coffer ${what}.`)
}
