import { CHUNK_HEADER_BYTES } from '../cipher/chunk-stream.js'
import { isZero } from '../bytes/bytes.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import { CofferError } from '../errors.js'
import type { StorageFile } from '../storage/storage.js'

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined
  /** Told how far into the file the search has come. */
  readonly onBytes?: ((done: number) => void) | undefined
}

/** A container chunk that verifies. */
export interface ScannedChunk {
  readonly offset: number
  /** Where it ends in the file. */
  readonly end: number
  readonly plain: Uint8Array
}

/** No record or chunk of ours is longer: an index record names 2,048 members. */
export const LONGEST_BYTES = 33_554_432
const WINDOW_BYTES = 1_048_576
/**
 * What is read of things that only begin as a record or chunk does, as a multiple of the file: a hostile file could be full of
 * them.
 */
const MOST_WORK = 8

/** Every chunk that verifies, from the beginning of a file to its end, whatever stands between. */
export async function* scanChunks(input: ScanInput, container: ChunkCipher): AsyncGenerator<ScannedChunk> {
  for (let at = 0; ; ) {
    const offset = await input.find(at, isChunkHeader, CHUNK_HEADER_BYTES)
    if (offset === undefined) return
    const chunk = await openChunkAt(input, container, offset)
    if (chunk) yield chunk
    at = chunk?.end ?? offset + 1
  }
}

async function openChunkAt(input: ScanInput, container: ChunkCipher, at: number): Promise<ScannedChunk | undefined> {
  const head = await input.read(at, CHUNK_HEADER_BYTES)
  if (head.length < CHUNK_HEADER_BYTES || !isChunkHeader(head, 0)) return undefined
  const bodyBytes = u32At(head, 0)
  if (bodyBytes > LONGEST_BYTES || !input.mayRead(bodyBytes)) return undefined
  const body = await input.read(at + CHUNK_HEADER_BYTES, bodyBytes)
  if (body.length < bodyBytes) return undefined
  try {
    return { offset: at, end: at + CHUNK_HEADER_BYTES + bodyBytes, plain: await container.open(body) }
  } catch (error) {
    if (error instanceof CofferError) return undefined
    throw error
  }
}

function isChunkHeader(bytes: Uint8Array, at: number): boolean {
  // The last of the zeros first: it tells most other places apart.
  return bytes[at + CHUNK_HEADER_BYTES - 1] === 0 && u32At(bytes, at) > 0 && isZero(bytes, at + 4, at + CHUNK_HEADER_BYTES)
}

/** A file that is searched from its beginning to its end, a window at a time. */
export class ScanInput {
  readonly #file: StorageFile
  readonly #size: number
  readonly #options: ScanOptions
  #window: Uint8Array = new Uint8Array(0)
  #start = 0
  #work: number

  private constructor(file: StorageFile, size: number, options: ScanOptions) {
    this.#file = file
    this.#size = size
    this.#options = options
    this.#work = size * MOST_WORK + LONGEST_BYTES
  }

  static async of(file: StorageFile, options: ScanOptions = {}): Promise<ScanInput> {
    return new ScanInput(file, await file.size(), options)
  }

  /** Whether so many bytes more may be read. */
  mayRead(bytes: number): boolean {
    this.#work -= bytes
    return this.#work >= 0
  }

  /** Where, from `at` on, `isThere` says so, which is shown `needed` bytes. */
  async find(at: number, isThere: (bytes: Uint8Array, at: number) => boolean, needed: number): Promise<number | undefined> {
    while (at + needed <= this.#size) {
      await this.#slide(at, needed)
      const last = this.#window.length - needed
      for (let i = at - this.#start; i <= last; i++) if (isThere(this.#window, i)) return this.#start + i
      at = this.#start + last + 1
    }
    return undefined
  }

  /** Fewer bytes only at the end of the file; may be a view. */
  async read(at: number, length: number): Promise<Uint8Array> {
    const from = at - this.#start
    if (from >= 0 && from + length <= this.#window.length) return this.#window.subarray(from, from + length)
    if (length > WINDOW_BYTES) return this.#file.read(at, length)
    await this.#slide(at, Math.min(length, this.#size - at))
    return this.#window.subarray(at - this.#start, at - this.#start + length)
  }

  async #slide(at: number, needed: number): Promise<void> {
    const from = at - this.#start
    if (from >= 0 && from + needed <= this.#window.length) return
    this.#options.signal?.throwIfAborted()
    this.#options.onBytes?.(Math.min(at, this.#size))
    this.#window = await this.#file.read(at, WINDOW_BYTES)
    this.#start = at
  }
}

/** A little-endian number; missing bytes are zeros. */
export function u32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
}
