import type { ZstdBinding, ZstdBlockCodec, ZstdDictionary, ZstdVector } from '#zstd-codec'
import { copyBytes } from '../bytes/bytes.js'
import type { Allocate } from '../bytes/memory.js'

/** One instance of zstd-codec's WebAssembly. Once a call has thrown it is of no use any more. */
export class ZstdInstance {
  readonly #binding: ZstdBinding
  readonly #codec: ZstdBlockCodec
  /** Kept from call to call: zstd-codec's own functions get both anew, and the result in memory of its own. */
  readonly #source: ZstdVector
  readonly #target: ZstdVector
  readonly #compressing: WeakMap<Uint8Array, Map<number, ZstdDictionary>> = new WeakMap()
  readonly #decompressing: WeakMap<Uint8Array, ZstdDictionary> = new WeakMap()

  private constructor(binding: ZstdBinding) {
    this.#binding = binding
    this.#codec = new binding.ZstdCodec()
    this.#source = new binding.VectorU8()
    this.#target = new binding.VectorU8()
  }

  static async create(): Promise<ZstdInstance> {
    const { default: module } = await import('#zstd-codec')
    return new Promise((resolve) => {
      module.run((binding) => resolve(new ZstdInstance(binding)))
    })
  }

  /** One frame with its content size, or `undefined` where it cannot be made. */
  compress(plain: Uint8Array, level: number, dictionary: Uint8Array | undefined, allocate: Allocate): Uint8Array | undefined {
    this.#load(plain, this.#codec.compressBound(plain.length))
    const length = dictionary
      ? this.#codec.compressUsingDict(this.#target, this.#source, this.#forCompressing(dictionary, level))
      : this.#codec.compress(this.#target, this.#source, level)
    return this.#result(length, allocate)
  }

  /** The content of one frame that says it is `plainBytes` long, or `undefined` where it is malformed. */
  decompress(frame: Uint8Array, plainBytes: number, dictionary: Uint8Array | undefined, allocate: Allocate): Uint8Array | undefined {
    this.#load(frame, plainBytes)
    const length = dictionary
      ? this.#codec.decompressUsingDict(this.#target, this.#source, this.#forDecompressing(dictionary))
      : this.#codec.decompress(this.#target, this.#source)
    return length === plainBytes ? this.#result(length, allocate) : undefined
  }

  #load(input: Uint8Array, outputBytes: number): void {
    this.#binding.cloneToVector(this.#source, input)
    if (this.#target.size() < outputBytes) this.#target.resize(outputBytes, 0)
  }

  /** zstd's errors are negative. */
  #result(length: number, allocate: Allocate): Uint8Array | undefined {
    if (length < 0) return undefined
    const out = allocate(length)
    out.set(this.#binding.toTypedArrayView(this.#target).subarray(0, length))
    return out
  }

  #forCompressing(dictionary: Uint8Array, level: number): ZstdDictionary {
    let levels = this.#compressing.get(dictionary)
    if (!levels) this.#compressing.set(dictionary, (levels = new Map<number, ZstdDictionary>()))
    let made = levels.get(level)
    if (!made) levels.set(level, (made = this.#binding.createCompressionDict(copyBytes(dictionary), level)))
    return made
  }

  #forDecompressing(dictionary: Uint8Array): ZstdDictionary {
    let made = this.#decompressing.get(dictionary)
    if (!made) this.#decompressing.set(dictionary, (made = this.#binding.createDecompressionDict(copyBytes(dictionary))))
    return made
  }
}
