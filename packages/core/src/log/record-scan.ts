import { CHUNK_HEADER_BYTES } from '../cipher/chunk-stream.js'
import { concat, isZero } from '../bytes/bytes.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import { CofferError } from '../errors.js'
import type { StorageFile } from '../storage/storage.js'
import { SKIPPABLE_MAGIC } from '../zstd/frame.js'
import type { LogFile } from './log-file.js'
import { FORMAT_VERSION, FRAME_HEADER_BYTES, RECORD_PREFIX_BYTES, recordTypes, type RecordType } from './record.js'

/** What looks like a record; its body was not opened, and may be anything. */
export interface RecordCandidate {
  readonly type: RecordType
  readonly offset: number
  /** Bytes in the file. */
  readonly length: number
  readonly body: Uint8Array
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined
  /** Told how far into the file the search has come. */
  readonly onBytes?: ((done: number) => void) | undefined
}

const WINDOW_BYTES = 1_048_576
/** No record or chunk of ours is longer: an index record names 2,048 members. */
const LONGEST_BYTES = 33_554_432
/** What is read of things that only begin as a record or chunk does, as a multiple of the file: a hostile file could be full of them. */
const MOST_WORK = 8

/**
 * Everything in a file that looks like a record, from its beginning to its end, whatever stands between. Where there is a container
 * cipher, their chunks are authentic.
 */
export async function* scanRecords(log: LogFile, options: ScanOptions = {}): AsyncGenerator<RecordCandidate> {
  const input = new ScanInput(log.file, await log.file.size(), options)
  yield* log.codecs.container ? scanChunks(input, log.codecs.container) : scanFrames(input)
}

async function* scanFrames(input: ScanInput): AsyncGenerator<RecordCandidate> {
  const [first] = frameStart
  for (let at = 0; ; at++) {
    const found = await input.find(at, (bytes, i) => bytes[i] === first && frameStart.every((byte, k) => bytes[i + k] === byte), headBytes)
    if (found === undefined) return
    at = found
    const head = await input.read(at, headBytes)
    const bodyBytes = u32(head, 4)
    const type = typeOf(head)
    if (type === undefined || bodyBytes > LONGEST_BYTES || !input.mayRead(bodyBytes)) continue
    const body = await input.read(at + FRAME_HEADER_BYTES, bodyBytes)
    if (body.length === bodyBytes) yield { type, offset: at, length: FRAME_HEADER_BYTES + bodyBytes, body }
  }
}

async function* scanChunks(input: ScanInput, container: ChunkCipher): AsyncGenerator<RecordCandidate> {
  for (let at = 0; ; ) {
    const found = await input.find(at, isChunkHeader, CHUNK_HEADER_BYTES)
    if (found === undefined) return
    const first = await openChunkAt(input, container, found)
    if (!first) {
      at = found + 1
      continue
    }
    at = first.end
    const type = typeOf(first.plain)
    const frameBytes = FRAME_HEADER_BYTES + u32(first.plain, 4)
    if (type === undefined || frameBytes > LONGEST_BYTES) continue
    const parts = [first.plain]
    let { end } = first
    for (let have = first.plain.length; have < frameBytes; ) {
      const next = await openChunkAt(input, container, end)
      if (!next) break
      parts.push(next.plain)
      have += next.plain.length
      end = next.end
    }
    const frame = concat(parts)
    if (frame.length !== frameBytes) continue
    at = end
    yield { type, offset: found, length: end - found, body: frame.subarray(FRAME_HEADER_BYTES) }
  }
}

/** A chunk that verifies, and where it ends. */
async function openChunkAt(input: ScanInput, container: ChunkCipher, at: number): Promise<{ plain: Uint8Array; end: number } | undefined> {
  const head = await input.read(at, CHUNK_HEADER_BYTES)
  if (head.length < CHUNK_HEADER_BYTES || !isChunkHeader(head, 0)) return undefined
  const bodyBytes = u32(head, 0)
  if (bodyBytes > LONGEST_BYTES || !input.mayRead(bodyBytes)) return undefined
  const body = await input.read(at + CHUNK_HEADER_BYTES, bodyBytes)
  if (body.length < bodyBytes) return undefined
  try {
    return { plain: await container.open(body), end: at + CHUNK_HEADER_BYTES + bodyBytes }
  } catch (error) {
    if (error instanceof CofferError) return undefined
    throw error
  }
}

function isChunkHeader(bytes: Uint8Array, at: number): boolean {
  // The last of the zeros first: it tells most other places apart.
  return bytes[at + CHUNK_HEADER_BYTES - 1] === 0 && u32(bytes, at) > 0 && isZero(bytes, at + 4, at + CHUNK_HEADER_BYTES)
}

const headBytes: number = FRAME_HEADER_BYTES + RECORD_PREFIX_BYTES
const frameStart: readonly number[] = [0, 8, 16, 24].map((shift) => (SKIPPABLE_MAGIC >>> shift) & 0xff)

/** The type of the record that frames begin with, as far as its clear beginning tells. */
function typeOf(frames: Uint8Array): RecordType | undefined {
  if (frames.length < headBytes || u32(frames, 0) !== SKIPPABLE_MAGIC || frames[FRAME_HEADER_BYTES] !== FORMAT_VERSION) return undefined
  const type = frames[FRAME_HEADER_BYTES + 1]
  return frames[FRAME_HEADER_BYTES + 3] === 0 ? Object.values(recordTypes).find((known) => known === type) : undefined
}

/** A file that is searched from its beginning to its end, a window at a time. */
class ScanInput {
  readonly #file: StorageFile
  readonly #size: number
  readonly #options: ScanOptions
  #window: Uint8Array = new Uint8Array(0)
  #start = 0
  #work: number

  constructor(file: StorageFile, size: number, options: ScanOptions) {
    this.#file = file
    this.#size = size
    this.#options = options
    this.#work = size * MOST_WORK + LONGEST_BYTES
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

  /** Fewer bytes only at the end of the file; a view that is good until the next call. */
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

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
}
