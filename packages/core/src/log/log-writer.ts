import { inputBytes, type BlockInput, type EncodedExtent, type EncodeOptions } from '../engine/engine.js'
import { encodeHeader, paddingBytes } from '../tar/header.js'
import { encodeRawFrame, encodeSparseFrame, rawFrameBytes } from '../zstd/frame.js'
import { encodeCrumb } from './commit.js'
import {
  INLINE_BLOCKS,
  TABLE_BLOCKS,
  tarTypeOf,
  type Block,
  type DirectoryEntry,
  type FileEntry,
  type RecordRef,
  type SymlinkEntry,
  type TableRef,
} from './entry.js'
import { encodeTable } from './index-record.js'
import type { LogFile } from './log-file.js'
import { recordTypes, type RecordType } from './record.js'
import { emptyFile, isStoredAsGiven, placeholder, tarBetween, tarMeta, withMarker, type PackItem } from './tar-items.js'

/** Blocks of up to this many bytes share an extent with others, where a container cipher makes that worth while. */
const PACK_BLOCK_BYTES = 32_768
/** A pack is sealed once it holds this many bytes. */
const PACK_BYTES = 65_536
/** Uncommitted bytes after which a crumb tells where the last commit is. */
const CRUMB_EVERY_BYTES = 67_108_864
/** After so much the disk is told to begin. */
const SYNC_BEHIND_BYTES = 16_777_216

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
  /** Checks that the file is still ours, before bytes that make others count are written. */
  readonly #assertOwner: () => Promise<void>
  #tail: number
  #highest: number
  #lastLandmark: number
  #lastCommitOffset: number
  #pack: PackItem[] = []
  #packBytes = 0
  #savepoint: Savepoint | undefined
  #placing: Promise<unknown> = Promise.resolve()
  #unsynced = 0
  /** Packs that are on their way into the file. */
  #background: Promise<void>[] = []

  constructor(log: LogFile, tail: number, lastCommitOffset: number, assertOwner: () => Promise<void>) {
    this.log = log
    this.#tail = tail
    this.#highest = tail
    this.#lastLandmark = tail
    this.#lastCommitOffset = lastCommitOffset
    this.#assertOwner = assertOwner
  }

  /** Where the next byte goes. */
  get tail(): number {
    return this.#tail
  }

  /** A committed file ends here. */
  committed(commitOffset: number): void {
    this.#lastCommitOffset = commitOffset
    this.#lastLandmark = this.#tail
  }

  /** Begins something that may have to be taken back with {@link rollback}. */
  begin(): Savepoint {
    this.#savepoint = { tail: this.#tail, packed: this.#pack.length }
    return this.#savepoint
  }

  /** Takes back everything since `savepoint`. */
  async rollback(savepoint: Savepoint): Promise<void> {
    await this.settle().catch(() => undefined)
    this.#dropPacked(savepoint.packed)
    await this.cut(savepoint.tail)
  }

  #dropPacked(count: number): void {
    this.#pack.length = Math.min(this.#pack.length, count)
    this.#packBytes = this.#pack.reduce((sum, { input }) => sum + (input ? inputBytes(input) : 0), 0)
  }

  /** Takes back what was appended behind `tail`. */
  async cut(tail: number): Promise<void> {
    this.#tail = tail
    this.#lastLandmark = Math.min(this.#lastLandmark, tail)
    await this.trim()
  }

  /** Cuts what stands behind the tail, so that a commit can be the file's end. */
  async trim(): Promise<void> {
    if (this.#highest <= this.#tail) return
    await this.#assertOwner()
    await this.log.file.truncate(this.#tail)
    // Without this, a crash could leave the old bytes in the place of what comes there next.
    await this.log.file.sync()
    this.#highest = this.#tail
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
    const start = this.#tail
    try {
      await this.#sealItems(items)
    } catch (error) {
      this.#tail = start
      throw error
    }
    this.#pack = []
    this.#packBytes = 0
    if (this.#savepoint?.packed === items.length) {
      this.#savepoint.tail = this.#tail
      this.#savepoint.packed = 0
    }
  }

  /** Appends a record. */
  appendRecord(type: RecordType, plain: Uint8Array): Promise<RecordRef> {
    return this.#place(() => this.#writeRecord(type, plain))
  }

  async #writeRecord(type: RecordType, plain: Uint8Array): Promise<RecordRef> {
    const { bytes, ref } = await this.log.sealRecord(type, plain, this.#tail)
    await this.#write(this.#tail, bytes)
    this.#tail += bytes.length
    return ref
  }

  /** Appends a record of a commit's length. */
  appendFixed(type: RecordType, plain: Uint8Array): Promise<RecordRef> {
    return this.#place(() => this.#writeFixed(type, plain))
  }

  async #writeFixed(type: RecordType, plain: Uint8Array): Promise<RecordRef> {
    const { bytes, ref } = await this.log.sealFixed(type, plain, this.#tail)
    await this.#write(this.#tail, bytes)
    this.#tail += bytes.length
    return ref
  }

  async #putHeader<T extends DirectoryEntry | SymlinkEntry>(entry: T, { inBackground }: PutOptions): Promise<T> {
    // A link that PyCoffer could not unpack stands in the tar stream as an empty file.
    await this.#pushPack(tarTypeOf(entry) === 'file' ? { entry, input: placeholder() } : { entry }, 0, inBackground)
    return entry
  }

  async #putSingle(meta: FileMeta, { input, plainBytes }: SourceBlock, options: PutOptions): Promise<FileEntry> {
    const plain = 'plain' in input ? input.plain : new Uint8Array(0)
    const entry: FileEntry = { ...emptyFile(meta.name), ...meta, size: plainBytes, content: { kind: 'pending', plain } }
    await this.#pushPack({ entry, input: withMarker(input) }, inputBytes(input), options.inBackground)
    options.onBlock?.(plainBytes)
    return entry
  }

  async #pushPack(item: PackItem, bytes: number, inBackground = false): Promise<void> {
    const shares = this.log.codecs.layout.sealed && bytes <= PACK_BLOCK_BYTES
    if (!shares || this.#packBytes + bytes > PACK_BYTES || this.#pack.length >= 1024) await this.#makeRoom(inBackground)
    this.#pack.push(item)
    this.#packBytes += bytes
    if (shares) return
    try {
      await this.#makeRoom(inBackground)
    } catch (error) {
      this.#dropPacked(0)
      throw error
    }
  }

  /** Seals what is in memory, or begins to. */
  async #makeRoom(inBackground: boolean): Promise<void> {
    if (!inBackground || this.#pack.length === 0) return this.sealPack()
    const sealing = this.#sealItems(this.#pack)
    sealing.catch(() => undefined)
    this.#pack = []
    this.#packBytes = 0
    this.#background.push(sealing)
    while (this.#background.length >= this.log.codecs.coder.concurrency) await this.#background.shift()
  }

  async #sealItems(items: readonly PackItem[]): Promise<void> {
    const { layout } = this.log.codecs
    const inputs = items.flatMap(({ input }) => (input ? [input] : []))
    let offset = 0
    let total = 0
    let weights: number[] = []
    const sealed = await this.#encode(inputs, (lengths, fileOffset) => {
      const stored = lengths.map((length, i) => {
        const input = inputs[i] as BlockInput
        return isStoredAsGiven(input, layout.compression) ? inputBytes(input) : layout.storedBytes(0, length)
      })
      const { between, itemBytes } = tarBetween(items, stored, lengths, (bytes, length) => layout.frameBytes(bytes, length))
      weights = itemBytes
      offset = fileOffset
      total = itemBytes.reduce((sum, bytes) => sum + bytes, 0)
      return { memberOffset: 0, between, frameBytes: total }
    })
    const extent = { offset, length: sealed.length, digest: sealed.digest }
    let block = 0
    for (const [i, { entry, input }] of items.entries()) {
      entry.weight = Math.ceil(((weights[i] as number) * extent.length) / total)
      const place = input && sealed.blocks[block++]
      if (place && entry.type === 'file') entry.content = { kind: 'inline', blocks: [{ extent, ...place }] }
    }
  }

  /** A file of several blocks: its header's place is kept free, and filled once the length is known. */
  async #startMany(meta: FileMeta, source: AsyncIterable<SourceBlock>, options: PutOptions): Promise<StartedFile> {
    await this.#makeRoom(options.inBackground ?? false)
    const { layout, coder } = this.log.codecs
    const header = (size: number): Uint8Array => encodeHeader({ ...tarMeta({ ...emptyFile(meta.name), ...meta }), size })
    const begun = this.#place(async () => {
      const start = this.#tail
      this.#tail += layout.fileBytes(start, rawFrameBytes(header(0).length))
      return start
    })
    const member: GrowingMember = { memberOffset: 0, size: 0, isMarked: false, tables: [] }
    let batch: Promise<WrittenBlock>[] = []
    const underWay: Promise<unknown>[] = []
    const track = <T>(promise: Promise<T>): Promise<T> => {
      promise.catch(() => undefined)
      underWay.push(promise)
      return promise
    }
    void track(begun)
    try {
      for await (const block of source) {
        options.signal?.throwIfAborted()
        batch.push(track(this.#encodeBlock(block, member, options)))
        if (batch.length === TABLE_BLOCKS) {
          const full = batch
          batch = []
          void track(this.#place(async () => this.#appendTable(member, await collect(member, full))))
        }
        while (underWay.length >= coder.concurrency) await underWay.shift()
      }
    } catch (error) {
      await Promise.allSettled(underWay)
      throw error
    }
    const entry = this.#place(async () => {
      // None may be missing, of those either that went into a table.
      await allDone(underWay)
      const start = await begun
      const blocks = await collect(member, batch)
      if (blocks.length > 0 && member.tables.length * TABLE_BLOCKS + blocks.length > INLINE_BLOCKS) await this.#appendTable(member, blocks)
      const { memberOffset, size, tables } = member
      const padding = paddingBytes(memberOffset)
      if (padding > 0) await this.#appendFrames(encodeSparseFrame(new Uint8Array(padding)))
      await this.#assertOwner()
      await this.#write(start, await this.log.sealFrames(encodeRawFrame(header(memberOffset)), start))
      const content: FileEntry['content'] = tables.length > 0 ? { kind: 'tables', tables } : { kind: 'inline', blocks }
      return { ...emptyFile(meta.name), ...meta, size, content, weight: this.#tail - start }
    })
    entry.catch(() => undefined)
    return { entry }
  }

  async #encodeBlock({ input, plainBytes, owned }: SourceBlock, member: GrowingMember, { signal, onBlock }: PutOptions): Promise<WrittenBlock> {
    const { layout } = this.log.codecs
    const marked = member.isMarked ? input : withMarker(input)
    member.isMarked = true
    // Asked now: the bytes may be taken over.
    const givenBytes = inputBytes(input)
    const isKnown = isStoredAsGiven(input, layout.compression)
    let offset = 0
    const sealed = await this.#encode(
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

  async #appendTable(member: GrowingMember, blocks: readonly Block[]): Promise<void> {
    member.tables.push({ ...(await this.#writeRecord(recordTypes.table, encodeTable(blocks))), blockCount: blocks.length })
  }

  /** Codes blocks and writes them at the tail, in the order of the calls. */
  async #encode(
    inputs: readonly BlockInput[],
    place: (lengths: readonly number[], fileOffset: number) => { memberOffset: number; between: Uint8Array[]; frameBytes: number },
    options?: EncodeOptions,
  ): Promise<EncodedExtent> {
    const { coder, layout } = this.log.codecs
    const into = coder.usesFiles ? this.log.file.direct : undefined
    const turn = this.#turn()
    let fileOffset = 0
    try {
      const sealed = await coder.encode(
        inputs,
        async (lengths) => {
          await turn.come
          await this.#dropCrumb()
          fileOffset = this.#tail
          const { memberOffset, between, frameBytes } = place(lengths, fileOffset)
          this.#tail += layout.fileBytes(fileOffset, frameBytes)
          this.#highest = Math.max(this.#highest, this.#tail)
          turn.done()
          return { fileOffset, memberOffset, between }
        },
        { ...options, into },
      )
      if (sealed.bytes) await this.#write(fileOffset, sealed.bytes)
      this.#unsynced += sealed.length
      if (this.#unsynced >= SYNC_BEHIND_BYTES) {
        this.#unsynced = 0
        this.log.file.syncBehind?.()
      }
      return sealed
    } finally {
      turn.done()
    }
  }

  /** Takes a place in the queue for the tail, now. */
  #turn(): { come: Promise<unknown>; done: () => void } {
    const come = this.#placing
    let done = (): void => undefined
    // Whoever gives his turn up before it has come lets nobody pass those before him.
    this.#placing = new Promise<void>((resolve) => {
      done = () => void come.then(() => resolve())
    })
    return { come, done }
  }

  async #place<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn()
    await turn.come
    try {
      return await action()
    } finally {
      turn.done()
    }
  }

  async #appendFrames(frames: Uint8Array): Promise<void> {
    const bytes = await this.log.sealFrames(frames, this.#tail)
    await this.#write(this.#tail, bytes)
    this.#tail += bytes.length
  }

  async #dropCrumb(): Promise<void> {
    if (this.#tail - this.#lastLandmark < CRUMB_EVERY_BYTES || this.#lastCommitOffset === 0) return
    await this.#writeFixed(recordTypes.crumb, encodeCrumb(this.#lastCommitOffset))
    this.#lastLandmark = this.#tail
  }

  async #write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#highest = Math.max(this.#highest, offset + bytes.length)
    await this.log.file.write(offset, bytes)
  }
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
    blocks.push(block)
  }
  return blocks
}

async function* chain(first: readonly SourceBlock[], rest: AsyncIterator<SourceBlock>): AsyncGenerator<SourceBlock> {
  yield* first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}
