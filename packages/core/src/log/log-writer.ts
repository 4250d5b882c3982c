import { inputBytes, type BlockInput } from '../engine/engine.js'
import { encodeHeader, paddingBytes } from '../tar/header.js'
import { encodeRawFrame, encodeSparseFrame } from '../zstd/frame.js'
import type { Appender, PlaceBlocks } from './appender.js'
import {
  INLINE_BLOCKS,
  TABLE_BLOCKS,
  tarTypeOf,
  type Block,
  type DirectoryEntry,
  type FileEntry,
  type SymlinkEntry,
  type TableRef,
} from './entry.js'
import { encodeTable } from './index-record.js'
import type { LogFile } from './log-file.js'
import { recordTypes } from './record.js'
import { emptyFile, isStoredAsGiven, placeholder, tarBetween, tarMeta, withMarker, type PackItem } from './tar-items.js'

/** Blocks of up to this many bytes share an extent with others, where a container cipher makes that worth while. */
const PACK_BLOCK_BYTES = 32_768
/** A pack is sealed once it holds this many bytes. */
const PACK_BYTES = 65_536

/** A block to be written, at whatever stage it is had, with the length of its plaintext. */
export interface SourceBlock {
  readonly input: BlockInput
  readonly plainBytes: number
  /** The bytes are nobody else's and may be taken over. */
  readonly owned?: boolean
}

export type FileMeta = Pick<FileEntry, 'name' | 'mode' | 'mtimeMs' | 'blockBytes'>

export interface PutOptions {
  readonly signal?: AbortSignal | undefined
  /** Told the plaintext bytes of each block once it is on its way. */
  readonly onBlock?: ((plainBytes: number) => void) | undefined
  /** What is full is sealed while others come in; it counts when {@link LogWriter.settle} has resolved. */
  readonly inBackground?: boolean | undefined
}

/** A file whose source is taken in. Its entry is there when all of it is written. */
export interface StartedFile {
  readonly entry: Promise<FileEntry>
}

/** A file of several blocks while it is written. */
interface GrowingMember {
  /** Stored bytes placed so far. */
  memberOffset: number
  size: number
  /** Bytes of the file that are its own: of its blocks, and of their tables. */
  weight: number
  isMarked: boolean
  readonly tables: TableRef[]
}

interface WrittenBlock {
  readonly block: Block
  readonly plainBytes: number
}

/** A state of the writer to go back to; it moves on by itself when what was in memory then is written. */
export interface Savepoint {
  tail: number
  packed: number
}

/**
 * Appends entries to a file's uncommitted end. It does one thing at a time: whoever calls it holds the coffer's
 * writer lock.
 */
export class LogWriter {
  readonly log: LogFile
  readonly #end: Appender
  #pack: PackItem[] = []
  #packBytes = 0
  #savepoint: Savepoint | undefined
  /** Packs that are on their way into the file. */
  #background: Promise<void>[] = []
  /** Of what was begun by others, so that whoever takes in a long source needs not come to its end. */
  #failure: { readonly error: unknown } | undefined

  constructor(log: LogFile, end: Appender) {
    this.log = log
    this.#end = end
  }

  /** Begins something that may have to be taken back with {@link rollback}. */
  begin(): Savepoint {
    this.#savepoint = { tail: this.#end.tail, packed: this.#pack.length }
    this.#failure = undefined
    return this.#savepoint
  }

  /** Takes back everything since `savepoint`. */
  async rollback(savepoint: Savepoint): Promise<void> {
    await this.settle().catch(() => undefined)
    this.#dropPacked(savepoint.packed)
    await this.#end.cut(savepoint.tail)
  }

  #dropPacked(count: number): void {
    this.#pack.length = Math.min(this.#pack.length, count)
    this.#packBytes = this.#pack.reduce((sum, { input }) => sum + (input ? inputBytes(input) : 0), 0)
  }

  putDirectory(meta: Pick<DirectoryEntry, 'name' | 'mode' | 'mtimeMs'>, options: PutOptions = {}): Promise<DirectoryEntry> {
    return this.#putHeader({ ...meta, type: 'directory', weight: 0 }, options)
  }

  putSymlink(meta: Pick<SymlinkEntry, 'name' | 'mode' | 'mtimeMs' | 'target'>, options: PutOptions = {}): Promise<SymlinkEntry> {
    return this.#putHeader({ ...meta, type: 'symlink', weight: 0 }, options)
  }

  /** An empty file in the place of a deleted one, for PyCoffer, which knows no other way. */
  async putTombstone(name: string): Promise<void> {
    await this.#pushPack({ entry: emptyFile(name), input: placeholder() }, 0)
  }

  /** Appends a file. A small one may stay in memory until {@link sealPack}; all else is written when this resolves. */
  async putFile(meta: FileMeta, source: AsyncIterable<SourceBlock>, options: PutOptions = {}): Promise<FileEntry> {
    return (await this.startFile(meta, source, options)).entry
  }

  /**
   * Appends a file; resolves when all of `source` is taken in, which is before all is written. The next file may be started then, and
   * is compressed while this one is finished.
   */
  async startFile(meta: FileMeta, source: AsyncIterable<SourceBlock>, options: PutOptions = {}): Promise<StartedFile> {
    const iterator = source[Symbol.asyncIterator]()
    try {
      const first = await iterator.next()
      const firstBlock: SourceBlock = first.done ? { input: { plain: new Uint8Array(0) }, plainBytes: 0 } : first.value
      const second: IteratorResult<SourceBlock> = first.done ? first : await iterator.next()
      options.signal?.throwIfAborted()
      if (second.done && !('span' in firstBlock.input)) return { entry: Promise.resolve(await this.#putSingle(meta, firstBlock, options)) }
      const blocks = second.done ? [firstBlock] : [firstBlock, second.value]
      return await this.#startMany(meta, chain(blocks, iterator), options)
    } finally {
      await iterator.return?.()
    }
  }

  /** Waits for what is sealed in the background; rejects where any of it failed. */
  async settle(): Promise<void> {
    const sealing = this.#background
    this.#background = []
    await allDone(sealing)
  }

  /** Writes the entries that are in memory. When it fails they stay there. */
  async sealPack(): Promise<void> {
    await this.settle()
    if (this.#pack.length === 0) return
    const items = this.#pack
    const start = this.#end.tail
    try {
      await this.#sealItems(items)
    } catch (error) {
      this.#end.rewind(start)
      throw error
    }
    this.#pack = []
    this.#packBytes = 0
    if (this.#savepoint?.packed === items.length) {
      this.#savepoint.tail = this.#end.tail
      this.#savepoint.packed = 0
    }
  }

  async #putHeader<T extends DirectoryEntry | SymlinkEntry>(entry: T, { inBackground }: PutOptions): Promise<T> {
    // A link that PyCoffer could not unpack stands in the tar stream as an empty file.
    await this.#pushPack(tarTypeOf(entry) === 'file' ? { entry, input: placeholder() } : { entry }, 0, inBackground)
    return entry
  }

  async #putSingle(meta: FileMeta, { input, plainBytes, owned }: SourceBlock, options: PutOptions): Promise<FileEntry> {
    const plain = 'plain' in input ? input.plain : new Uint8Array(0)
    const entry: FileEntry = { ...emptyFile(meta.name), ...meta, size: plainBytes, content: { kind: 'pending', plain } }
    await this.#pushPack({ entry, input: withMarker(input) }, inputBytes(input), options.inBackground, owned)
    options.onBlock?.(plainBytes)
    return entry
  }

  async #pushPack(item: PackItem, bytes: number, inBackground = false, mayTake = false): Promise<void> {
    const shares = this.log.codecs.layout.sealed && bytes <= PACK_BLOCK_BYTES
    if (!shares || this.#packBytes + bytes > PACK_BYTES || this.#pack.length >= 1024) await this.#makeRoom(inBackground)
    this.#pack.push(item)
    this.#packBytes += bytes
    if (shares) return
    try {
      await this.#makeRoom(inBackground, mayTake)
    } catch (error) {
      this.#dropPacked(0)
      throw error
    }
  }

  /** Seals what is in memory, or begins to; then the bytes may be taken over with `mayTake`, since nobody reads a change that is not done. */
  async #makeRoom(inBackground: boolean, mayTake = false): Promise<void> {
    if (!inBackground) return this.sealPack()
    if (this.#pack.length === 0) return
    const sealing = this.#sealItems(this.#pack, mayTake)
    this.#watch(sealing)
    this.#pack = []
    this.#packBytes = 0
    this.#background.push(sealing)
    while (this.#background.length >= this.log.codecs.coder.concurrency) await this.#background.shift()
  }

  async #sealItems(items: readonly PackItem[], mayTake = false): Promise<void> {
    const { layout } = this.log.codecs
    const inputs = items.flatMap(({ input }) => (input ? [input] : []))
    // Asked now: the bytes may be taken over.
    const given = inputs.map(inputBytes)
    let offset = 0
    let total = 0
    let weights: number[] = []
    const place: PlaceBlocks = (lengths, fileOffset) => {
      const stored = lengths.map((length, i) =>
        isStoredAsGiven(inputs[i] as BlockInput, layout.compression) ? (given[i] as number) : layout.storedBytes(0, length),
      )
      const { between, itemBytes } = tarBetween(items, stored, lengths, (bytes, length) => layout.frameBytes(bytes, length))
      weights = itemBytes
      offset = fileOffset
      total = itemBytes.reduce((sum, bytes) => sum + bytes, 0)
      return { memberOffset: 0, between, frameBytes: total }
    }
    const sealed = await this.#end.encode(inputs, place, { transfer: mayTake })
    const extent = { offset, length: sealed.length, digest: sealed.digest }
    let block = 0
    for (const [i, { entry, input }] of items.entries()) {
      entry.weight = Math.ceil(((weights[i] as number) * extent.length) / total)
      const found = input && sealed.blocks[block++]
      if (found && entry.type === 'file') entry.content = { kind: 'inline', blocks: [{ extent, ...found }] }
    }
  }

  /** A file of several blocks: its header's place is kept free, and filled once the length is known. */
  async #startMany(meta: FileMeta, source: AsyncIterable<SourceBlock>, options: PutOptions): Promise<StartedFile> {
    await this.#makeRoom(options.inBackground ?? false)
    const { coder } = this.log.codecs
    const member: GrowingMember = { memberOffset: 0, size: 0, weight: 0, isMarked: false, tables: [] }
    let batch: Promise<WrittenBlock>[] = []
    const underWay: Promise<unknown>[] = []
    const track = <T>(promise: Promise<T>): Promise<T> => {
      promise.catch(() => undefined)
      underWay.push(promise)
      return promise
    }
    const header = track(this.#keepFrameFree(() => this.#headerFrame(meta, 0)))
    try {
      for await (const block of source) {
        options.signal?.throwIfAborted()
        if (this.#failure) throw this.#failure.error
        batch.push(track(this.#encodeBlock(block, member, options)))
        if (batch.length === TABLE_BLOCKS) {
          const full = batch
          batch = []
          void track(this.#end.inTurn(async () => this.#appendTable(member, await collect(member, full))))
        }
        while (underWay.length >= coder.concurrency) await underWay.shift()
      }
    } catch (error) {
      await Promise.allSettled(underWay)
      throw error
    }
    // All blocks have their places when this turn comes; whoever is next gets his while they are sealed and written.
    const padding = track(this.#keepFrameFree(() => paddingBehind(member.memberOffset)))
    const finish = async (): Promise<FileEntry> => {
      // None may be missing, of those either that went into a table.
      await allDone(underWay)
      const { start, bytes: headerBytes } = await header
      const end = await padding
      const blocks = await collect(member, batch)
      const { memberOffset, size, tables } = member
      const needsTable = blocks.length > 0 && tables.length * TABLE_BLOCKS + blocks.length > INLINE_BLOCKS
      if (needsTable) await this.#end.inTurn(() => this.#appendTable(member, blocks))
      if (end.bytes > 0) await this.#end.fill(end.start, paddingBehind(memberOffset))
      await this.#end.fill(start, this.#headerFrame(meta, memberOffset))
      const content: FileEntry['content'] = tables.length > 0 ? { kind: 'tables', tables } : { kind: 'inline', blocks }
      return { ...emptyFile(meta.name), ...meta, size, content, weight: headerBytes + member.weight + end.bytes }
    }
    const entry = finish()
    this.#watch(entry)
    return { entry }
  }

  #watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => (this.#failure ??= { error }))
  }

  /** Keeps a place free for a frame that is as long as this one, for `fill`; none for an empty one. */
  #keepFrameFree(frameOf: () => Uint8Array): Promise<{ readonly start: number; readonly bytes: number }> {
    return this.#end.inTurn(async () => {
      const frame = frameOf()
      const bytes = frame.length === 0 ? 0 : this.log.codecs.layout.fileBytes(this.#end.tail, frame.length)
      return { start: this.#end.keepFree(bytes), bytes }
    })
  }

  #headerFrame(meta: FileMeta, size: number): Uint8Array {
    return encodeRawFrame(encodeHeader({ ...tarMeta({ ...emptyFile(meta.name), ...meta }), size }))
  }

  async #encodeBlock({ input, plainBytes, owned }: SourceBlock, member: GrowingMember, { signal, onBlock }: PutOptions): Promise<WrittenBlock> {
    const { layout } = this.log.codecs
    const marked = member.isMarked ? input : withMarker(input)
    member.isMarked = true
    // Asked now: the bytes may be taken over.
    const givenBytes = inputBytes(input)
    const isKnown = isStoredAsGiven(input, layout.compression)
    let offset = 0
    const sealed = await this.#end.encode(
      [marked],
      ([length], fileOffset) => {
        const { memberOffset } = member
        const bytes = isKnown ? givenBytes : layout.storedBytes(memberOffset, length as number)
        member.memberOffset += bytes
        offset = fileOffset
        return { memberOffset, between: [], frameBytes: layout.frameBytes(bytes, length as number) }
      },
      { signal, transfer: owned },
    )
    const [place] = sealed.blocks
    if (!place) throw new Error('an extent came back without its block')
    signal?.throwIfAborted()
    onBlock?.(plainBytes)
    return { block: { extent: { offset, length: sealed.length, digest: sealed.digest }, ...place }, plainBytes }
  }

  /** In turn. */
  async #appendTable(member: GrowingMember, blocks: readonly Block[]): Promise<void> {
    const ref = await this.#end.writeRecord(recordTypes.table, encodeTable(blocks))
    member.tables.push({ ...ref, blockCount: blocks.length })
    member.weight += ref.length
  }
}

/** What fills up a member's last tar block, as a frame; nothing where that is full. */
function paddingBehind(memberBytes: number): Uint8Array {
  const padding = paddingBytes(memberBytes)
  return padding > 0 ? encodeSparseFrame(new Uint8Array(padding)) : new Uint8Array(0)
}

/** Waits for all of them, also when one fails: until then they may be at work on files. */
async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** The blocks of a batch, once they are written. */
async function collect(member: GrowingMember, batch: readonly Promise<WrittenBlock>[]): Promise<Block[]> {
  const blocks: Block[] = []
  for (const { block, plainBytes } of await allDone(batch)) {
    member.size += plainBytes
    member.weight += block.extent.length
    blocks.push(block)
  }
  return blocks
}

async function* chain(first: readonly SourceBlock[], rest: AsyncIterator<SourceBlock>): AsyncGenerator<SourceBlock> {
  yield* first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}
