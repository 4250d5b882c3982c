import { concat, equalBytes } from '../bytes/bytes.js'
import { collectSeals, openChunks, sealChunks, splitChunks } from '../cipher/chunk-stream.js'
import { loadSodium, type Sodium } from '../cipher/sodium.js'
import { CofferError } from '../errors.js'
import { loadZstd, type Zstd } from '../zstd/codec.js'
import { decodePlainFrame, encodeRawFrame, parseFrame, type ZstdFrame } from '../zstd/frame.js'
import type {
  BlockCoder,
  BlockInput,
  BlockPlace,
  DecodeOptions,
  EncodedExtent,
  EncodeOptions,
  Engine,
  PlaceExtent,
  Recipe,
} from './engine.js'
import { createCiphers, type Ciphers } from './layout.js'

/** An engine that codes on the calling thread. */
export function inlineEngine(): Engine {
  return {
    createCoder: createInlineCoder,
    close: () => Promise.resolve(),
  }
}

/** The coder that every engine comes down to. */
export async function createInlineCoder(recipe: Recipe): Promise<BlockCoder> {
  const sodium = await loadSodium()
  return new InlineCoder(recipe, await createCiphers(recipe), sodium)
}

class InlineCoder implements BlockCoder {
  // Two, so that one block is coded while the one before it is on its way to the storage.
  readonly concurrency = 2
  readonly #recipe: Recipe
  readonly #ciphers: Ciphers
  readonly #sodium: Sodium
  #zstd: Promise<Zstd> | undefined

  constructor(recipe: Recipe, ciphers: Ciphers, sodium: Sodium) {
    this.#recipe = recipe
    this.#ciphers = ciphers
    this.#sodium = sodium
  }

  async encode(blocks: readonly BlockInput[], place: PlaceExtent, options?: EncodeOptions): Promise<EncodedExtent> {
    const prepared: Prepared[] = []
    for (const block of blocks) {
      options?.signal?.throwIfAborted()
      prepared.push(await this.#prepare(block))
    }
    const { fileOffset, memberOffset, between } = await place(prepared.map(({ bytes }) => bytes.length))
    options?.signal?.throwIfAborted()

    const parts: Uint8Array[] = []
    const places: { frameOffset: number; storedBytes: number }[] = []
    let frameOffset = 0
    const add = (part: Uint8Array | undefined): void => {
      if (!part || part.length === 0) return
      parts.push(part)
      frameOffset += part.length
    }
    let memberSeals: Uint8Array | undefined
    for (const [i, item] of prepared.entries()) {
      add(between[i])
      const { stored, frame, seals } = await this.#finish(item, memberOffset)
      places.push({ frameOffset, storedBytes: stored })
      memberSeals = seals
      add(frame)
    }
    add(between[prepared.length])

    const frames = concat(parts)
    const { container } = this.#ciphers
    if (container) {
      const { bytes, seals } = await sealChunks(container, frames, fileOffset, this.#recipe.chunkBytes)
      return { bytes, digest: this.#sodium.blake2b(seals), blocks: places }
    }
    return { bytes: frames, digest: this.#sodium.blake2b(memberSeals ?? frames), blocks: places }
  }

  async decode(
    extent: Uint8Array,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    options?: DecodeOptions,
  ): Promise<Uint8Array[]> {
    options?.signal?.throwIfAborted()
    const { container, member } = this.#ciphers
    let frames = extent
    if (container) {
      const bodies = splitChunks(extent)
      this.#check(collectSeals(container, bodies), digest)
      frames = await openChunks(container, bodies)
    } else if (!member) {
      this.#check(extent, digest)
    }

    const stage = options?.stage ?? 'plain'
    const out: Uint8Array[] = []
    for (const block of blocks) {
      const stored = await this.#storedBytes(frames, block)
      const bodies = member && (!container || stage !== 'stored') ? splitChunks(stored) : undefined
      if (member && bodies && !container) this.#check(collectSeals(member, bodies), digest)
      if (stage === 'stored') {
        out.push(stored)
        continue
      }
      const payload = member && bodies ? await openChunks(member, bodies) : stored
      out.push(stage === 'payload' ? payload : await this.#plainBytes(payload, block.plainBytes))
    }
    return out
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #loadZstd(): Promise<Zstd> {
    this.#zstd ??= loadZstd()
    return this.#zstd
  }

  #check(sealed: Uint8Array, digest: Uint8Array): void {
    if (!equalBytes(this.#sodium.blake2b(sealed), digest)) {
      throw new CofferError('ERR_COFFER_AUTH', 'A block of the coffer is not the one that was put there: it was changed or moved.')
    }
  }

  /** Up to where the length is known: compressed, not yet sealed. */
  async #prepare(block: BlockInput): Promise<Prepared> {
    const { compression } = this.#recipe
    if ('stored' in block && compression !== 'container') return { stage: 'stored', bytes: block.stored }
    if ('payload' in block && compression !== 'container') return { stage: 'payload', bytes: block.payload }
    const plain = 'plain' in block ? block.plain : 'stored' in block ? block.stored : block.payload
    if (compression === 'none') return { stage: 'payload', bytes: plain }
    const frame = await this.#compress(plain)
    if (compression === 'container') return { stage: 'frame', bytes: frame, stored: plain.length }
    const marker = 'plain' in block ? block.marker : undefined
    return { stage: 'payload', bytes: marker ? concat([marker, frame]) : frame }
  }

  async #finish(item: Prepared, memberOffset: number): Promise<{ stored: number; frame: Uint8Array; seals?: Uint8Array }> {
    if (item.stage === 'frame') return { stored: item.stored, frame: item.bytes }
    const { member } = this.#ciphers
    if (!member) return { stored: item.bytes.length, frame: encodeRawFrame(item.bytes) }
    if (item.stage === 'stored') {
      return { stored: item.bytes.length, frame: encodeRawFrame(item.bytes), seals: collectSeals(member, splitChunks(item.bytes)) }
    }
    const { bytes, seals } = await sealChunks(member, item.bytes, memberOffset, this.#recipe.chunkBytes)
    return { stored: bytes.length, frame: encodeRawFrame(bytes), seals }
  }

  async #compress(plain: Uint8Array): Promise<Uint8Array> {
    const zstd = await this.#loadZstd()
    return zstd.compressFrame(plain, this.#recipe.level, this.#recipe.dictionary)
  }

  async #storedBytes(frames: Uint8Array, block: BlockPlace): Promise<Uint8Array> {
    const frame = frameAt(frames, block.frameOffset, block.storedBytes)
    const bytes = frames.subarray(block.frameOffset, block.frameOffset + frame.frameBytes)
    if (frame.isPlain) return decodePlainFrame(bytes, frame)
    return (await this.#loadZstd()).decompress(bytes, block.storedBytes, this.#recipe.dictionary)
  }

  async #plainBytes(payload: Uint8Array, plainBytes: number): Promise<Uint8Array> {
    if (this.#recipe.compression !== 'member') {
      if (payload.length === plainBytes) return payload
      throw new CofferError('ERR_COFFER_DAMAGED', 'A block of the coffer has another length than its index says.')
    }
    let offset = 0
    let frame = parseFrame(payload, offset)
    while (frame.kind === 'skippable') {
      offset += frame.frameBytes
      frame = parseFrame(payload, offset)
    }
    const zstd = await this.#loadZstd()
    return zstd.decompress(payload.subarray(offset, offset + frame.frameBytes), plainBytes, this.#recipe.dictionary)
  }
}

type Prepared =
  | { readonly stage: 'stored' | 'payload'; readonly bytes: Uint8Array }
  | { readonly stage: 'frame'; readonly bytes: Uint8Array; readonly stored: number }

function frameAt(frames: Uint8Array, offset: number, contentBytes: number): ZstdFrame {
  const frame = parseFrame(frames, offset)
  if (frame.kind === 'zstd' && frame.contentBytes === contentBytes) return frame
  throw new CofferError('ERR_COFFER_DAMAGED', 'A frame of the coffer is not the one that its index names.')
}
