import { copyBytes } from '../bytes/bytes.js'
import { CHUNK_HEADER_BYTES } from '../cipher/chunk-stream.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import { secretboxKind } from '../cipher/secretbox.js'
import { loadSodium } from '../cipher/sodium.js'
import { CofferError } from '../errors.js'
import type { CofferStorage, StorageFile } from '../storage/storage.js'

const PIECE_BYTES = 262_144
/** Bytes that are kept in memory before a file is made. */
const MEMORY_BYTES = 1_048_576

/**
 * Holds bytes until their turn to be written comes: a little in memory, the rest in a temporary file, sealed with a key
 * that only this object has.
 */
export class Spool {
  readonly #storage: CofferStorage
  #cipher: ChunkCipher | undefined
  #file: StorageFile | undefined
  #fileBytes = 0
  #pieces: Uint8Array[] = []
  #pieceBytes = 0
  #size = 0

  constructor(storage: CofferStorage) {
    this.#storage = storage
  }

  /** Bytes appended so far. */
  get size(): number {
    return this.#size
  }

  /** Appends a copy of `bytes`. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(copyBytes(bytes))
    this.#pieceBytes += bytes.length
    this.#size += bytes.length
    if (this.#pieceBytes >= MEMORY_BYTES) await this.#spill()
  }

  /** All that was appended, in order. Nothing may be appended meanwhile. */
  async *read(): AsyncGenerator<Uint8Array> {
    const { file, cipher } = { file: this.#file, cipher: this.#cipher }
    for (let at = 0; file && cipher && at < this.#fileBytes; ) {
      const header = await file.read(at, CHUNK_HEADER_BYTES)
      const length = new DataView(header.buffer, header.byteOffset).getUint32(0, true)
      const body = await file.read(at + CHUNK_HEADER_BYTES, length)
      if (body.length !== length) throw new CofferError('ERR_COFFER_IO', 'The temporary file of a member being written was cut.')
      yield await cipher.open(body)
      at += CHUNK_HEADER_BYTES + length
    }
    yield* this.#pieces
  }

  async close(): Promise<void> {
    this.#pieces = []
    await this.#file?.close()
  }

  async #spill(): Promise<void> {
    this.#file ??= await this.#storage.spool()
    if (!this.#cipher) {
      const sodium = await loadSodium()
      this.#cipher = await secretboxKind.create(sodium.randomBytes(secretboxKind.keyBytes))
    }
    for (const piece of this.#pieces) {
      for (let at = 0; at < piece.length; at += PIECE_BYTES) await this.#write(this.#file, this.#cipher, piece.subarray(at, at + PIECE_BYTES))
    }
    this.#pieces = []
    this.#pieceBytes = 0
  }

  async #write(file: StorageFile, cipher: ChunkCipher, plain: Uint8Array): Promise<void> {
    const bodyBytes = cipher.bodyBytes(plain.length)
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES + bodyBytes)
    new DataView(bytes.buffer).setUint32(0, bodyBytes, true)
    await cipher.seal(plain, bytes.subarray(CHUNK_HEADER_BYTES))
    await file.write(this.#fileBytes, bytes)
    this.#fileBytes += bytes.length
  }
}
