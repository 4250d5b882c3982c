import { Slots } from '../async/slots.js'
import { concat, equalBytes } from '../bytes/bytes.js'
import { allocateFresh, dropMemorySoon, leaseMemory, type Allocate } from '../bytes/memory.js'
import { collectSeals, openChunks, sealChunks, splitChunks } from '../cipher/chunk-stream.js'
import { loadSodium, type Sodium } from '../cipher/sodium.js'
import { CofferError } from '../errors.js'
import { loadZstd, type Zstd } from '../zstd/codec.js'
import { decodePlainFrame, encodeRawFrame, parseFrame, type ZstdFrame } from '../zstd/frame.js'
import type {
  BlockCoder,
  BlockInput,
  BlockPlace,
  CreateResult,
  DecodeOptions,
  EncodedExtent,
  EncodeOptions,
  Engine,
  ExtentSource,
  FileAccess,
  FilePlace,
  FileSpan,
  NewFile,
  PlaceExtent,
  Platform,
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

/** The coder that every engine comes down to. With a `platform` that has files it reads and writes them by itself. */
export async function createInlineCoder(recipe: Recipe, platform?: Platform): Promise<BlockCoder> {
  const sodium = await loadSodium()
  return new InlineCoder(recipe, await createCiphers(recipe, platform), sodium, platform)
}

class InlineCoder implements BlockCoder {
  // Two, so that one block is coded while the one before it is on its way to the storage.
  readonly concurrency = 2
  readonly #recipe: Recipe
  readonly #ciphers: Ciphers
  readonly #sodium: Sodium
  readonly #platform: Platform | undefined
  /** More blocks at once would only wait for the processor, each with memory of its own. */
  readonly #decoding = new Slots(2)
  #zstd: Promise<Zstd> | undefined

  constructor(recipe: Recipe, ciphers: Ciphers, sodium: Sodium, platform: Platform | undefined) {
    this.#recipe = recipe
    this.#ciphers = ciphers
    this.#sodium = sodium
    this.#platform = platform
  }

  get usesFiles(): boolean {
    return this.#platform?.files !== undefined
  }

  async encode(blocks: readonly BlockInput[], place: PlaceExtent, options?: EncodeOptions): Promise<EncodedExtent> {
    const into = options?.into
    const memory = into && leaseMemory()
    const { bytes, offset, ...extent } = await this.#encode(blocks, place, options, memory?.allocate ?? allocateFresh)
    if (!into) return { ...extent, bytes }
    await this.#access().write({ ...into, offset }, bytes)
    memory?.giveBack()
    return { ...extent, bytes: undefined }
  }

  async #encode(
    blocks: readonly BlockInput[],
    place: PlaceExtent,
    options: EncodeOptions | undefined,
    allocate: Allocate,
  ): Promise<EncodedExtent & { readonly bytes: Uint8Array; readonly offset: number }> {
    const prepared: Prepared[] = []
    for (const block of blocks) {
      options?.signal?.throwIfAborted()
      prepared.push(await this.#prepare(block, allocate))
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
      const { stored, frame, seals } = await this.#finish(item, memberOffset, allocate)
      places.push({ frameOffset, storedBytes: stored })
      memberSeals = seals
      add(frame)
    }
    add(between[prepared.length])

    const frames = concat(parts, allocate)
    const { container } = this.#ciphers
    let bytes = frames
    let seals = memberSeals ?? frames
    if (container) ({ bytes, seals } = await sealChunks(container, frames, fileOffset, this.#recipe.chunkBytes, allocate))
    return { bytes, offset: fileOffset, length: bytes.length, digest: this.#sodium.blake2b(seals), blocks: places }
  }

  decode(extent: ExtentSource, digest: Uint8Array, blocks: readonly BlockPlace[], options?: DecodeOptions): Promise<Uint8Array[]> {
    return this.#decode(extent, digest, blocks, options, allocateFresh)
  }

  async #decode(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    options: DecodeOptions | undefined,
    allocate: Allocate,
  ): Promise<Uint8Array[]> {
    options?.signal?.throwIfAborted()
    const { container, member } = this.#ciphers
    const bytes = extent instanceof Uint8Array ? extent : await this.#access().read(extent, allocate)
    if (bytes.length !== extent.length) throw new CofferError('ERR_COFFER_AUTH', 'The coffer ends inside a member: the file was cut.')
    let frames = bytes
    if (container) {
      const bodies = splitChunks(bytes)
      this.#check(collectSeals(container, bodies), digest)
      frames = await openChunks(container, bodies, allocate)
    } else if (!member) {
      this.#check(bytes, digest)
    }

    const stage = options?.stage ?? 'plain'
    const out: Uint8Array[] = []
    for (const block of blocks) {
      const stored = await this.#storedBytes(frames, block, allocate)
      const bodies = member && (!container || stage !== 'stored') ? splitChunks(stored) : undefined
      if (member && bodies && !container) this.#check(collectSeals(member, bodies), digest)
      if (stage === 'stored') {
        out.push(stored)
        continue
      }
      const payload = member && bodies ? await openChunks(member, bodies, allocate) : stored
      out.push(stage === 'payload' ? payload : await this.#plainBytes(payload, block.plainBytes, allocate))
    }
    return out
  }

  async decodeInto(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    into: FilePlace,
    options?: DecodeOptions,
  ): Promise<void> {
    await this.#decodeInTurn(extent, digest, blocks, options, async (decoded) => {
      let { offset } = into
      for (const bytes of decoded) {
        await this.#access().write({ ...into, offset }, bytes)
        offset += bytes.length
      }
    })
  }

  async decodeIntoNew(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    files: readonly NewFile[],
    options?: DecodeOptions,
  ): Promise<CreateResult[]> {
    return this.#decodeInTurn(extent, digest, blocks, options, async (decoded) => {
      const access = this.#access()
      const results: CreateResult[] = []
      for (const [i, file] of files.entries()) results.push(await access.create(file, decoded[i] as Uint8Array))
      return results
    })
  }

  /** Decodes for `use`, which is the only one to see the bytes. */
  async #decodeInTurn<T>(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    options: DecodeOptions | undefined,
    use: (decoded: readonly Uint8Array[]) => Promise<T>,
  ): Promise<T> {
    await this.#decoding.take(options?.signal)
    try {
      const memory = leaseMemory()
      const result = await use(await this.#decode(extent, digest, blocks, options, memory.allocate))
      memory.giveBack()
      return result
    } finally {
      this.#decoding.release()
    }
  }

  close(): Promise<void> {
    dropMemorySoon()
    return Promise.resolve()
  }

  #access(): FileAccess {
    const files = this.#platform?.files
    if (!files) throw new Error('this coder has no access to files')
    return files
  }

  async #readSpan(span: FileSpan, allocate: Allocate): Promise<Uint8Array> {
    const bytes = await this.#access().read(span, allocate)
    if (bytes.length === span.length) return bytes
    throw new CofferError('ERR_COFFER_IO', `${span.name} became shorter while it was read: try again.`)
  }

  #loadZstd(): Promise<Zstd> {
    this.#zstd ??= loadZstd(this.#platform?.zstd)
    return this.#zstd
  }

  #check(sealed: Uint8Array, digest: Uint8Array): void {
    if (!equalBytes(this.#sodium.blake2b(sealed), digest)) {
      throw new CofferError('ERR_COFFER_AUTH', 'A block of the coffer is not the one that was put there: it was changed or moved.')
    }
  }

  /** Up to where the length is known: compressed, not yet sealed. */
  async #prepare(block: BlockInput, allocate: Allocate): Promise<Prepared> {
    const { compression } = this.#recipe
    if ('stored' in block && compression !== 'container') return { stage: 'stored', bytes: block.stored }
    if ('payload' in block && compression !== 'container') return { stage: 'payload', bytes: block.payload }
    const plain = await this.#bytesOf(block, allocate)
    if (compression === 'none') return { stage: 'payload', bytes: plain }
    const frame = await this.#compress(plain, allocate)
    if (compression === 'container') return { stage: 'frame', bytes: frame, stored: plain.length }
    const marker = 'marker' in block ? block.marker : undefined
    return { stage: 'payload', bytes: marker ? concat([marker, frame]) : frame }
  }

  async #bytesOf(block: BlockInput, allocate: Allocate): Promise<Uint8Array> {
    if ('plain' in block) return block.plain
    if ('span' in block) return this.#readSpan(block.span, allocate)
    return 'stored' in block ? block.stored : block.payload
  }

  async #finish(item: Prepared, memberOffset: number, allocate: Allocate): Promise<{ stored: number; frame: Uint8Array; seals?: Uint8Array }> {
    if (item.stage === 'frame') return { stored: item.stored, frame: item.bytes }
    const { member } = this.#ciphers
    if (!member) return { stored: item.bytes.length, frame: encodeRawFrame(item.bytes, allocate) }
    if (item.stage === 'stored') {
      return { stored: item.bytes.length, frame: encodeRawFrame(item.bytes, allocate), seals: collectSeals(member, splitChunks(item.bytes)) }
    }
    const { bytes, seals } = await sealChunks(member, item.bytes, memberOffset, this.#recipe.chunkBytes, allocate)
    return { stored: bytes.length, frame: encodeRawFrame(bytes, allocate), seals }
  }

  async #compress(plain: Uint8Array, allocate: Allocate): Promise<Uint8Array> {
    const zstd = await this.#loadZstd()
    return zstd.compressFrame(plain, this.#recipe.level, this.#recipe.dictionary, allocate)
  }

  async #storedBytes(frames: Uint8Array, block: BlockPlace, allocate: Allocate): Promise<Uint8Array> {
    const frame = frameAt(frames, block.frameOffset, block.storedBytes)
    const bytes = frames.subarray(block.frameOffset, block.frameOffset + frame.frameBytes)
    if (frame.isPlain) return decodePlainFrame(bytes, frame, allocate)
    return (await this.#loadZstd()).decompress(bytes, block.storedBytes, this.#recipe.dictionary, allocate)
  }

  async #plainBytes(payload: Uint8Array, plainBytes: number, allocate: Allocate): Promise<Uint8Array> {
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
    return zstd.decompress(payload.subarray(offset, offset + frame.frameBytes), plainBytes, this.#recipe.dictionary, allocate)
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
