import { concat, copyBytes, isZero } from '../bytes/bytes.js'
import { allocateFresh, type Allocate } from '../bytes/memory.js'
import { CofferError } from '../errors.js'
import type { ChunkCipher } from './cipher.js'
import { authError, randomBytes } from './sodium.js'

// docs/FORMAT.md, Chunk stream: u32le length | 28 zero bytes | body, repeated.

/** Bytes before each body. */
export const CHUNK_HEADER_BYTES = 32
/** Chunks end on multiples of this many bytes, which is what PyCoffer reads at a time. */
export const DEFAULT_CHUNK_BYTES = 65_536
/** No longer body is taken from a file. */
export const CHUNK_BODY_LIMIT = 67_108_864

/**
 * The plaintext lengths of the chunks that carry `plainBytes` bytes, of which the first chunk begins at `offset` of its stream.
 *
 * Chunks end on multiples of `pageBytes` where they can. PyCoffer reads a page at a time and takes linear time only while what it
 * has read ends where a chunk ends. Where the rest of a page cannot be filled exactly, chunks run on to the end of the next.
 * Those of a cipher that cannot end on any of the next pages are about a page long.
 */
export function planChunks(cipher: ChunkCipher, offset: number, plainBytes: number, pageBytes: number): number[] {
  const fill = fillTableOf(cipher, pageBytes)
  const lengths: number[] = []
  let at = offset
  for (let left = plainBytes; left > 0; ) {
    const length = Math.min(left, fill.most(at))
    lengths.push(length)
    left -= length
    at += CHUNK_HEADER_BYTES + cipher.bodyBytes(length)
  }
  return lengths
}

/** Bytes in the stream of the chunks that {@link planChunks} plans. */
export function sealedLength(cipher: ChunkCipher, offset: number, plainBytes: number, pageBytes: number): number {
  let total = 0
  for (const length of planChunks(cipher, offset, plainBytes, pageBytes)) total += CHUNK_HEADER_BYTES + cipher.bodyBytes(length)
  return total
}

/** Seals `plain` into chunks for `offset` of a stream. `seals`: what {@link collectSeals} gives for them. */
export async function sealChunks(
  cipher: ChunkCipher,
  plain: Uint8Array,
  offset: number,
  pageBytes: number,
  allocate: Allocate = allocateFresh,
): Promise<{ bytes: Uint8Array; seals: Uint8Array }> {
  const lengths = planChunks(cipher, offset, plain.length, pageBytes)
  const bytes = allocate(lengths.reduce((sum, length) => sum + CHUNK_HEADER_BYTES + cipher.bodyBytes(length), 0))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const bodies: Uint8Array[] = []
  const pieces: Uint8Array[] = []
  let from = 0
  let to = 0
  for (const length of lengths) {
    const bodyBytes = cipher.bodyBytes(length)
    view.setUint32(to, bodyBytes, true)
    bytes.fill(0, to + 4, to + CHUNK_HEADER_BYTES)
    to += CHUNK_HEADER_BYTES
    bodies.push(bytes.subarray(to, to + bodyBytes))
    pieces.push(plain.subarray(from, from + length))
    from += length
    to += bodyBytes
  }
  const { nonceBytes } = cipher
  const nonces = nonceBytes === undefined ? [] : splitEvenly(randomBytes(nonceBytes * bodies.length), nonceBytes)
  // All at once: WebCrypto works in threads of its own.
  await Promise.all(bodies.map(async (body, i) => cipher.seal(pieces[i] as Uint8Array, body, nonces[i])))
  return { bytes, seals: collectSeals(cipher, bodies) }
}

function splitEvenly(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length))
}

/** The bodies of whole chunks, as views. @throws CofferError `ERR_COFFER_AUTH` for anything that is not whole chunks. */
export function splitChunks(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const bodies: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < CHUNK_HEADER_BYTES) throw authError('The beginning of a chunk')
    const length = checkHeader(bytes, view, at)
    const start = at + CHUNK_HEADER_BYTES
    if (length > bytes.length - start) throw authError('The length of a chunk')
    bodies.push(bytes.subarray(start, start + length))
    at = start + length
  }
  return bodies
}

/** Nonces and tags of chunks, one after the other: what pins their content for whoever lacks the key. */
export function collectSeals(cipher: ChunkCipher, bodies: readonly Uint8Array[]): Uint8Array {
  return concat(bodies.map((body) => cipher.seals(body)))
}

/** The plaintext of chunks; authentic, in memory of its own. */
export async function openChunks(cipher: ChunkCipher, bodies: readonly Uint8Array[], allocate: Allocate = allocateFresh): Promise<Uint8Array> {
  if (cipher.openInto) {
    const out = allocate(bodies.reduce((sum, body) => sum + Math.max(0, cipher.plainCapacity(body.length)), 0))
    let length = 0
    for (const body of bodies) length += cipher.openInto(body, out.subarray(length))
    return out.subarray(0, length)
  }
  return concat(await Promise.all(bodies.map(async (body) => cipher.open(body))), allocate)
}

/** Takes a chunk stream in pieces of any length. */
export interface ChunkReader {
  /** The bodies that are complete with these bytes; fresh memory. */
  push(bytes: Uint8Array): Uint8Array[]
  /** @throws CofferError `ERR_COFFER_DAMAGED` where the stream ended inside a chunk. */
  end(): void
}

export function createChunkReader(): ChunkReader {
  let parts: Uint8Array[] = []
  let have = 0
  let need = CHUNK_HEADER_BYTES
  const take = (): Uint8Array => {
    const all = concat(parts)
    parts = all.length > need ? [all.subarray(need)] : []
    have = all.length - need
    return all.subarray(0, need)
  }
  let isHeader = true
  return {
    push(bytes) {
      const bodies: Uint8Array[] = []
      parts.push(copyBytes(bytes))
      have += bytes.length
      while (have >= need) {
        const piece = take()
        if (isHeader) {
          need = checkHeader(piece, new DataView(piece.buffer, piece.byteOffset, piece.byteLength), 0)
        } else {
          bodies.push(piece)
          need = CHUNK_HEADER_BYTES
        }
        isHeader = !isHeader
      }
      return bodies
    },
    end() {
      if (have > 0 || !isHeader) throw new CofferError('ERR_COFFER_DAMAGED', 'The data is cut: it ends inside a chunk.')
    },
  }
}

function checkHeader(bytes: Uint8Array, view: DataView, at: number): number {
  const length = view.getUint32(at, true)
  const isSound = length >= 1 && length <= CHUNK_BODY_LIMIT && isZero(bytes, at + 4, at + CHUNK_HEADER_BYTES)
  if (!isSound) throw authError('The beginning of a chunk')
  return length
}

/** What was learnt about filling pages with the chunks of one cipher. */
class FillTable {
  readonly #cipher: ChunkCipher
  readonly #pageBytes: number
  readonly #mostByRoom: Map<number, number> = new Map()

  constructor(cipher: ChunkCipher, pageBytes: number) {
    this.#cipher = cipher
    this.#pageBytes = pageBytes
  }

  /** The most plaintext that a chunk takes which begins at `offset` of the stream. */
  most(offset: number): number {
    const room = this.#pageBytes - (offset % this.#pageBytes)
    for (let pages = 0; pages < PAGES_TRIED; pages++) {
      const most = this.#fill(room + pages * this.#pageBytes)
      if (most > 0) return most
    }
    return Math.max(1, this.#cipher.plainCapacity(this.#pageBytes - CHUNK_HEADER_BYTES))
  }

  /**
   * The most plaintext that a chunk in this room can take such that the rest of the room is nothing, or can be filled exactly in
   * turn; 0 where the room cannot be filled.
   */
  #fill(room: number): number {
    let most = this.#mostByRoom.get(room)
    if (most === undefined) {
      most = this.#learn(room)
      this.#mostByRoom.set(room, most)
    }
    return most
  }

  #learn(room: number): number {
    // Larger chunks first: the fewer there are, the less they cost. A cipher of fixed overhead fits at once.
    for (let plain = this.#cipher.plainCapacity(room - CHUNK_HEADER_BYTES); plain >= 1; ) {
      const taken = CHUNK_HEADER_BYTES + this.#cipher.bodyBytes(plain)
      if (taken === room || this.#fill(room - taken) > 0) return plain
      plain = this.#cipher.plainCapacity(taken - CHUNK_HEADER_BYTES - 1)
    }
    return 0
  }
}

/** Pages whose end is tried for. The ciphers of Coffer reach the second. */
const PAGES_TRIED = 3

/** By cipher, then by page length. Weak: a cipher holds a key, which is not to outlive its coffer. */
const fillTables = new WeakMap<ChunkCipher, Map<number, FillTable>>()

function fillTableOf(cipher: ChunkCipher, pageBytes: number): FillTable {
  let tables = fillTables.get(cipher)
  if (!tables) fillTables.set(cipher, (tables = new Map()))
  let table = tables.get(pageBytes)
  if (!table) tables.set(pageBytes, (table = new FillTable(cipher, pageBytes)))
  return table
}
