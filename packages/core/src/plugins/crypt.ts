import { concat, copyBytes } from '../bytes/bytes.js'
import { ByteReader, ByteWriter } from '../bytes/cursor.js'
import { loadSodium } from '../cipher/sodium.js'
import { toBlocks, type WriteData } from '../coffer/sources.js'
import { toByteStream } from '../coffer/file-handle.js'
import type { TaskOptions } from '../coffer/options.js'
import { openStream } from '../coffer/legacy.js'
import type { BlockCoder } from '../engine/engine.js'
import { CofferError } from '../errors.js'
import { MAX_BLOCK_BYTES } from '../log/entry.js'
import { decodeMarker, encodeMarker } from '../log/marker.js'
import { decodeZstdStream, type ZstdStreamOptions } from '../zstd/stream.js'
import type { LooseCoding, OtherPlugin } from './plugin.js'

/** Encrypts and decrypts loose data with the coffer's keys. What it makes, PyCoffer's crypt plugin reads, and the other way round. */
export interface Crypt {
  /** Bytes give bytes. Without a cipher, in a null coffer, they come back as they are. */
  encrypt(data: string | Uint8Array, options?: TaskOptions): Promise<Uint8Array<ArrayBuffer>>
  /** Anything gives a stream, in bounded memory. */
  encryptStream(data: WriteData, options?: TaskOptions): ReadableStream<Uint8Array<ArrayBuffer>>
  /** @throws CofferError `ERR_COFFER_AUTH` for a wrong key or changed data, `ERR_COFFER_DAMAGED` for cut data. */
  decrypt(data: Uint8Array, options?: TaskOptions): Promise<Uint8Array<ArrayBuffer>>
  /**
   * The plaintext of a stream, each piece authentic. That the end is missing shows only at the end, so do not act on what came before
   * the stream has ended without an error.
   */
  decryptStream(data: WriteData, options?: TaskOptions): ReadableStream<Uint8Array<ArrayBuffer>>
}

export const cryptPlugin: OtherPlugin<Crypt> = {
  name: 'crypt',
  kind: 'other',
  description: 'Encrypt and decrypt loose files with the keys of the coffer',
  create: ({ loose }) => createCrypt(loose),
}

const STREAM_ID_BYTES = 16

function createCrypt(loose: LooseCoding): Crypt {
  return {
    encrypt: (data, options = {}) => collect(encryptPieces(loose, data, options)),
    encryptStream: (data, options = {}) => toByteStream(encryptPieces(loose, data, options)),
    decrypt: (data, options = {}) => collect(decryptPieces(loose, data, options)),
    decryptStream: (data, options = {}) => toByteStream(decryptPieces(loose, data, options)),
  }
}

/**
 * Blocks of zstd in a chunk stream, as a member is stored. Before each stands a marker with the stream's random id and the block's
 * number, and one after the last, so that what is moved, left out or taken from elsewhere is noticed (docs/FORMAT.md, Loose files).
 */
async function* encryptPieces(loose: LooseCoding, data: WriteData, { signal, onProgress }: TaskOptions): AsyncGenerator<Uint8Array> {
  const blocks = toBlocks(data, MAX_BLOCK_BYTES)
  if (!loose.isSealed) {
    for await (const { input } of blocks) if ('plain' in input) yield input.plain
    return
  }
  const sodium = await loadSodium()
  const id = sodium.randomBytes(STREAM_ID_BYTES)
  const coder = await loose.createCoder()
  let offset = 0
  let number = 0
  let done = 0
  const encode = async (plain: Uint8Array, kind: 'stream' | 'stream-end'): Promise<Uint8Array> => {
    const marker = encodeMarker(kind, new ByteWriter().raw(id).u64(number++).finish())
    const stored = await storedBytes(coder, plain, marker, offset, signal)
    offset += stored.length
    return stored
  }
  try {
    for await (const { input, plainBytes } of blocks) {
      if (!('plain' in input)) continue
      yield await encode(input.plain, 'stream')
      done += plainBytes
      onProgress?.({ phase: 'encrypt', done, total: undefined })
    }
    yield await encode(new Uint8Array(0), 'stream-end')
  } finally {
    await coder.close()
  }
}

/** A block as a member would store it at `offset`: what a coder without a container puts into one frame. */
async function storedBytes(coder: BlockCoder, plain: Uint8Array, marker: Uint8Array, offset: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const place = { fileOffset: 0, memberOffset: offset, between: [] }
  const { bytes, digest, blocks } = await coder.encode([{ plain, marker }], () => place, { signal })
  const [block] = blocks
  if (!block || !bytes) throw new Error('an extent came back without its block')
  const [stored] = await coder.decode(bytes, digest, [{ ...block, plainBytes: plain.length }], { stage: 'stored', signal })
  return stored as Uint8Array
}

async function* decryptPieces(loose: LooseCoding, data: WriteData, { signal, onProgress }: TaskOptions): AsyncGenerator<Uint8Array> {
  const source = piecesOf(data)
  if (!loose.isSealed) {
    yield* source
    return
  }
  const order = new StreamOrder()
  const cipher = await loose.createCipher()
  let done = 0
  for await (const piece of decodeZstdStream(openStream(notEmpty(source), cipher), order)) {
    signal?.throwIfAborted()
    done += piece.length
    onProgress?.({ phase: 'decrypt', done, total: undefined })
    yield piece
  }
  order.end()
}

/** What was encrypted is never empty, also of an empty file: who has nothing has lost it. */
async function* notEmpty(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isEmpty = true
  for await (const piece of source) {
    isEmpty &&= piece.length === 0
    yield piece
  }
  if (isEmpty) throw new CofferError('ERR_COFFER_DAMAGED', 'The encrypted data is cut: nothing of it is there.')
}

/** Checks the markers of a stream of ours; one of PyCoffer's has none. */
class StreamOrder implements ZstdStreamOptions {
  #id: Uint8Array | undefined
  #next = 0
  #hasEnded = false
  #hasFrames = false
  /** Whether the next frame has its marker before it. */
  #isMarked = false

  readonly onSkippable = (magic: number, body: Uint8Array): void => {
    const marker = decodeMarker(magic, body)
    if (!marker) return
    if (marker.kind !== 'stream' && marker.kind !== 'stream-end') throw mixed()
    const reader = new ByteReader(marker.data)
    const id = reader.raw(STREAM_ID_BYTES).slice()
    const number = reader.u64()
    const isNext = number === this.#next && (number === 0 ? !this.#hasFrames : this.#id?.every((byte, i) => byte === id[i]) === true)
    if (!isNext || this.#hasEnded || this.#isMarked) throw mixed()
    this.#id = id
    this.#next += 1
    this.#hasEnded = marker.kind === 'stream-end'
    this.#isMarked = true
  }

  readonly onFrame = (): void => {
    // What has no marker is from elsewhere, such as a member of the coffer, which is under the same key.
    if (this.#id && !this.#isMarked) throw mixed()
    this.#hasFrames = true
    this.#isMarked = false
  }

  end(): void {
    if (this.#id && (!this.#hasEnded || this.#isMarked)) throw new CofferError('ERR_COFFER_DAMAGED', 'The encrypted data is cut: its end is missing.')
  }
}

function mixed(): CofferError {
  return new CofferError('ERR_COFFER_AUTH', 'The encrypted data was put together from pieces that do not belong together.')
}

async function* piecesOf(data: WriteData): AsyncGenerator<Uint8Array> {
  for await (const { input } of toBlocks(data, MAX_BLOCK_BYTES)) if ('plain' in input) yield input.plain
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return copyBytes(concat(parts))
}
