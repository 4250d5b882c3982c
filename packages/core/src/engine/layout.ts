import { aesOcbKind, createAesOcb } from '../cipher/aes-ocb.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import { sealedLength } from '../cipher/chunk-stream.js'
import { fernetKind } from '../cipher/fernet.js'
import { rawFrameBytes } from '../zstd/frame.js'
import type { Compression, KeyedCipher, Platform, Recipe } from './engine.js'

/** The ciphers of a recipe, ready to use. */
export interface Ciphers {
  readonly member?: ChunkCipher | undefined
  readonly container?: ChunkCipher | undefined
}

export async function createCiphers(recipe: Recipe, platform?: Platform): Promise<Ciphers> {
  const { member, container } = recipe
  return {
    member: member && (await createCipher(member, platform)),
    container: container && (await createCipher(container, platform)),
  }
}

async function createCipher({ kind, key }: KeyedCipher, platform: Platform | undefined): Promise<ChunkCipher> {
  if (platform && kind === fernetKind) return platform.fernet(key)
  const ocb = kind === aesOcbKind ? platform?.aesOcb(key) : undefined
  return ocb ? createAesOcb(ocb) : kind.create(key)
}

/** Computes lengths on disk before a byte is sealed, so that extents can be placed while they are coded. */
export class Layout {
  readonly compression: Compression
  readonly chunkBytes: number
  readonly #ciphers: Ciphers

  constructor(recipe: Recipe, ciphers: Ciphers) {
    this.compression = recipe.compression
    this.chunkBytes = recipe.chunkBytes
    this.#ciphers = ciphers
  }

  /** Whether there is a cipher around the container, so that several members may share a chunk. */
  get sealed(): boolean {
    return this.#ciphers.container !== undefined
  }

  /** Stored bytes of a block whose payload has `payloadBytes` bytes. */
  storedBytes(memberOffset: number, payloadBytes: number): number {
    const { member } = this.#ciphers
    return member ? sealedLength(member, memberOffset, payloadBytes, this.chunkBytes) : payloadBytes
  }

  /** Bytes of the container frame around a block of `storedBytes`, given the length that `place` was told. */
  frameBytes(storedBytes: number, length: number): number {
    return this.compression === 'container' ? length : rawFrameBytes(storedBytes)
  }

  /** Bytes in the file of container frames of `frameBytes` in all that begin at `fileOffset`. */
  fileBytes(fileOffset: number, frameBytes: number): number {
    const { container } = this.#ciphers
    return container ? sealedLength(container, fileOffset, frameBytes, this.chunkBytes) : frameBytes
  }
}
