import { orAborted } from '../async/on-abort.js'
import { concat } from '../bytes/bytes.js'
import type { BlockPlace, BlockStage, CreateResult, ExtentSource, FilePlace, NewFile } from '../engine/engine.js'
import { inOrder } from '../async/in-order.js'
import { CofferError } from '../errors.js'
import { blockCountOf, MAX_BLOCK_BYTES, plainBytesOf, TABLE_BLOCKS, type Block, type Entry, type Extent, type FileEntry } from './entry.js'
import { decodeTable } from './index-record.js'
import type { LogFile } from './log-file.js'
import { recordTypes } from './record.js'

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  readonly stage?: BlockStage | undefined
}

/** Also where one thread codes: the next is read from the storage meanwhile. */
const BATCHES_AT_ONCE = 4
/** Block tables kept in memory; each stands for 512 MiB of a member. */
const CACHED_TABLES = 4

/** Plaintext that is decoded at once, where it is of more than one member. What is packed together is less, unless it compresses well. */
const BATCH_BYTES = 2 * MAX_BLOCK_BYTES

/** Reads members' blocks out of one file. */
export class BlockReader {
  readonly #log: LogFile
  readonly #tables = new Map<number, Promise<Block[]>>()

  constructor(log: LogFile) {
    this.#log = log
  }

  /** The bytes `start` to `end` of a file, in pieces of up to a block; each is authenticated, and belongs to the caller. */
  async *readRange(file: FileEntry, start: number, end: number, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    if (start >= end) return
    const first = Math.floor(start / file.blockBytes)
    const last = Math.floor((end - 1) / file.blockBytes)
    let offset = first * file.blockBytes
    for await (const bytes of this.readBlocks(file, first, last + 1, options)) {
      const from = Math.max(0, start - offset)
      const to = Math.min(bytes.length, end - offset)
      yield from === 0 && to === bytes.length ? bytes : bytes.slice(from, to)
      offset += bytes.length
    }
  }

  /** Blocks `first` up to `end` of a file, in order, some read ahead. */
  async *readBlocks(file: FileEntry, first: number, end: number, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const { content } = file
    if (content.kind === 'pending') {
      yield content.plain.slice()
      return
    }
    const { coder } = this.#log.codecs
    yield* inOrder(range(first, end), () => coder.concurrency, async (index) => {
      options.signal?.throwIfAborted()
      const block = await this.#blockAt(file, index)
      const [bytes] = await this.decode(block.extent, [{ block, plainBytes: plainBytesOf(file, index) }], options)
      return bytes as Uint8Array
    })
  }

  /** How many batches of {@link memberBatches} are worth reading at once. */
  get batchesAtOnce(): number {
    return Math.max(BATCHES_AT_ONCE, this.#log.codecs.coder.concurrency)
  }

  /** The contents of what {@link memberBatches} found together; nothing where that is no file, or one of several blocks. */
  async readBatch(batch: readonly Entry[], options: ReadOptions = {}): Promise<Uint8Array[] | undefined> {
    const places = batch.map((entry) => ({ block: singleBlock(entry), plainBytes: entry.type === 'file' ? entry.size : 0 }))
    const extent = places[0]?.block?.extent
    return extent && this.decode(extent, places as { block: Block; plainBytes: number }[], options)
  }

  /** Decodes blocks that stand in one extent, which is read once. */
  async decode(
    extent: Extent,
    blocks: readonly { readonly block: Block; readonly plainBytes: number }[],
    options: ReadOptions = {},
  ): Promise<Uint8Array[]> {
    const { coder } = this.#log.codecs
    return coder.decode(await this.#source(extent, options), extent.digest, blocks.map(placeOf), { ...options, transfer: true })
  }

  /** Opens the extent of a block, which verifies all that is in it, and decompresses nothing. */
  async verifyExtent(block: Block): Promise<void> {
    const { layout } = this.#log.codecs
    // Without a container cipher it is the block's own seals that are opened, or where there is no cipher at all, bytes that are compared.
    const isOpenedByBlock = !layout.sealed && layout.compression !== 'container'
    await this.decode(block.extent, isOpenedByBlock ? [{ block, plainBytes: 0 }] : [], { stage: 'payload' })
  }

  /** Whether {@link copyInto} can be used: the coder writes files by itself. */
  canCopy(file: FileEntry): boolean {
    return this.#log.codecs.coder.usesFiles && file.content.kind !== 'pending'
  }

  /** Writes the whole plaintext of a file into another file, several blocks at a time; tells the bytes of each. */
  async copyInto(file: FileEntry, into: Omit<FilePlace, 'offset'>, options: ReadOptions = {}, onBlock?: (bytes: number) => void): Promise<void> {
    const { coder } = this.#log.codecs
    const copied = inOrder(range(0, blockCountOf(file)), () => coder.concurrency, async (index) => {
      options.signal?.throwIfAborted()
      const block = await this.#blockAt(file, index)
      const plainBytes = plainBytesOf(file, index)
      const place = { ...into, offset: index * file.blockBytes }
      await coder.decodeInto(await this.#source(block.extent, options), block.extent.digest, [placeOf({ block, plainBytes })], place, { ...options, transfer: true })
      return plainBytes
    })
    for await (const plainBytes of copied) onBlock?.(plainBytes)
  }

  /** Whether {@link createFiles} can be used for what {@link memberBatches} found together. */
  canCreate(batch: readonly Entry[]): batch is readonly FileEntry[] {
    return this.#log.codecs.coder.usesFiles && batch.every((entry) => singleBlock(entry) !== undefined)
  }

  /** Makes a file of each of these members. */
  async createFiles(batch: readonly FileEntry[], files: readonly NewFile[], options: ReadOptions = {}): Promise<CreateResult[]> {
    const places = batch.map((file) => ({ block: singleBlock(file) as Block, plainBytes: file.size }))
    const { extent } = (places[0] as (typeof places)[0]).block
    const { coder } = this.#log.codecs
    return coder.decodeIntoNew(await this.#source(extent, options), extent.digest, places.map(placeOf), files, { ...options, transfer: true })
  }

  /** The bytes of an extent, or where the coder finds them. */
  async #source(extent: Extent, { signal }: ReadOptions): Promise<ExtentSource> {
    const { file, codecs } = this.#log
    const { offset, length } = extent
    if (await this.#log.mayHold(extent)) {
      if (codecs.coder.usesFiles && file.direct) return { ...file.direct, offset, length }
      // A server may be silent for long.
      const bytes = await orAborted(file.read(offset, length), [signal])
      if (bytes.length === length) return bytes
    }
    throw new CofferError('ERR_COFFER_AUTH', 'The coffer ends inside a member: the file was cut.')
  }

  /** Whether the table can be read that has block `index` of a file; also where it needs none. */
  async hasTable({ content }: FileEntry, index: number): Promise<boolean> {
    if (content.kind !== 'tables') return true
    return this.#table(content.tables[Math.floor(index / TABLE_BLOCKS)]).then(
      () => true,
      () => false,
    )
  }

  async #blockAt(file: FileEntry, index: number): Promise<Block> {
    const { content } = file
    let block: Block | undefined
    if (content.kind === 'inline') block = content.blocks[index]
    if (content.kind === 'tables') {
      const number = Math.floor(index / TABLE_BLOCKS)
      block = (await this.#table(content.tables[number]))[index % TABLE_BLOCKS]
    }
    if (!block) throw new CofferError('ERR_COFFER_DAMAGED', 'A member of the coffer lacks a block that its index promises.')
    return block
  }

  #table(ref: { readonly offset: number; readonly length: number; readonly digest: Uint8Array } | undefined): Promise<Block[]> {
    if (!ref) return Promise.resolve([])
    const cached = this.#tables.get(ref.offset)
    if (cached) return cached
    const loaded = this.#log.readRecord(recordTypes.table, ref).then(decodeTable)
    this.#tables.set(ref.offset, loaded)
    loaded.catch(() => this.#tables.delete(ref.offset))
    if (this.#tables.size > CACHED_TABLES) {
      const [oldest] = this.#tables.keys()
      if (oldest !== undefined) this.#tables.delete(oldest)
    }
    return loaded
  }

  /** Forgets what is cached of the uncommitted end of the file, where other bytes may come to stand. */
  forget(): void {
    this.#tables.clear()
  }
}

/** A member and how to get its content. */
export interface MemberContent {
  readonly entry: Entry
  /** The blocks of a file in order; to be asked for once. Nothing for what is no file. */
  readonly blocks: () => AsyncIterable<Uint8Array>
}

/** Goes through members in order, some read ahead; what shares an extent is read and opened once for all its neighbours. */
export async function* readMembers(reader: BlockReader, entries: Iterable<Entry>, options: ReadOptions = {}): AsyncGenerator<MemberContent> {
  yield* flatten(
    inOrder(memberBatches(entries), () => reader.batchesAtOnce, async (batch): Promise<MemberContent[]> => {
      const blocks = await reader.readBatch(batch, options)
      if (!blocks) return batch.map((entry) => contentOf(reader, entry, options))
      return batch.map((entry, i) => ({ entry, blocks: () => one(blocks[i] as Uint8Array) }))
    }),
  )
}

/** A member and how to get its content, by itself. */
export function contentOf(reader: BlockReader, entry: Entry, options: ReadOptions = {}): MemberContent {
  return { entry, blocks: () => blocksOf(reader, entry, options) }
}

/** Batches of neighbours that share an extent, of a few blocks' plaintext; all else comes alone. */
export function* memberBatches(entries: Iterable<Entry>): Generator<Entry[]> {
  let batch: Entry[] = []
  let bytes = 0
  for (const entry of entries) {
    const [head] = batch
    const extent = head && singleBlock(head)?.extent
    const size = entry.type === 'file' ? entry.size : 0
    if (head && (extent === undefined || extent !== singleBlock(entry)?.extent || bytes + size > BATCH_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(entry)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

function placeOf({ block, plainBytes }: { readonly block: Block; readonly plainBytes: number }): BlockPlace {
  return { frameOffset: block.frameOffset, storedBytes: block.storedBytes, plainBytes }
}

function singleBlock(entry: Entry): Block | undefined {
  if (entry.type !== 'file' || entry.content.kind !== 'inline' || entry.content.blocks.length !== 1) return undefined
  return entry.content.blocks[0]
}

function blocksOf(reader: BlockReader, entry: Entry, options: ReadOptions): AsyncIterable<Uint8Array> {
  return entry.type === 'file' ? reader.readBlocks(entry, 0, blockCountOf(entry), options) : none()
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* none(): AsyncGenerator<Uint8Array> {
  // What is no file has no blocks.
}

async function* flatten<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch
}

/** All of a file in one piece of memory. */
export async function readAll(reader: BlockReader, file: FileEntry, start: number, end: number, options: ReadOptions, onPiece?: (bytes: number) => void): Promise<Uint8Array> {
  if (blockCountOf(file) === 1) {
    const pieces: Uint8Array[] = []
    for await (const piece of reader.readRange(file, start, end, options)) pieces.push(piece)
    onPiece?.(end - start)
    return concat(pieces)
  }
  let out: Uint8Array | undefined
  let offset = 0
  for await (const piece of reader.readRange(file, start, end, options)) {
    // Not before the first block is there: so far the length is only what the index says.
    out ??= allocateWhole(end - start)
    out.set(piece, offset)
    offset += piece.length
    onPiece?.(piece.length)
  }
  return out ?? new Uint8Array(0)
}

function allocateWhole(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CofferError('ERR_COFFER_LIMIT', `${bytes} bytes do not fit into one piece of memory here: read the member in parts, or as a stream.`, error)
  }
}

function* range(start: number, end: number): Generator<number> {
  for (let i = start; i < end; i++) yield i
}
