import { allHold } from '../async/all-hold.js'
import { bytesToHex, equalBytes } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import { Appender } from './appender.js'
import { BlockReader } from './block-reader.js'
import { Catalog } from './catalog.js'
import { encodeCommit, encodeHead, type Commit, type Head } from './commit.js'
import type { RecordRef } from './entry.js'
import { IndexChain } from './index-chain.js'
import type { LogFile } from './log-file.js'
import { LogWriter } from './log-writer.js'
import { isFinal, poisoned, syncFile } from './poison.js'
import { recordTypes } from './record.js'
import type { FoundCommit } from './recovery.js'

/** `full`: two syncs a commit. `relaxed`: one; after a crash the newest commit is verified by its content. */
export type Durability = 'full' | 'relaxed'

/** The last commit of a file and where it ends. */
interface Committed {
  readonly commit: Commit
  readonly ref: RecordRef
  readonly end: number
}

/** One coffer's log: its committed state, and what is appended to it. Calls that write come one at a time. */
export class Log {
  readonly file: LogFile
  readonly head: Head
  readonly catalog: Catalog
  readonly writer: LogWriter
  readonly reader: BlockReader
  readonly #end: Appender
  readonly #chain: IndexChain
  #last: Committed | undefined
  /** The commit before this file's first one, after a compaction. */
  readonly #origin: { readonly generation: number; readonly digest: Uint8Array } | undefined
  /** Asked whether the file is still ours; replaced once the coffer has its lock. */
  #isOurs: () => Promise<boolean> = () => Promise.resolve(true)
  /** When that was last seen. */
  #oursAt = 0
  #users = 0
  #retired = false

  private constructor(parts: LogParts) {
    this.file = parts.file
    this.head = parts.head
    this.catalog = parts.catalog
    this.#chain = parts.chain
    this.#last = parts.last
    this.#origin = parts.origin
    this.reader = new BlockReader(parts.file)
    this.#end = new Appender(parts.file, parts.tail, parts.last?.ref.offset ?? 0, (trustMs) => this.#assertOurs(trustMs))
    this.writer = new LogWriter(parts.file, this.#end)
  }

  /** The state that a commit of `file` describes. */
  static async load(file: LogFile, head: Head, found: FoundCommit): Promise<Log> {
    const catalog = new Catalog()
    const chain = await IndexChain.load(file, found.commit.index, catalog)
    const { commit, ref, end } = found
    return new Log({ file, head, catalog, chain, last: { commit, ref, end }, origin: undefined, tail: end })
  }

  /** Begins a new log in an empty file. `origin`: the commit that it goes on from, if it replaces another. */
  static async create(file: LogFile, head: Head, origin?: Log): Promise<Log> {
    const { bytes } = await file.sealRecord(recordTypes.head, encodeHead(head), 0)
    await file.file.write(0, bytes)
    file.codecs.records.setId(head.id)
    const log = new Log({
      file,
      head,
      catalog: new Catalog(),
      chain: new IndexChain(),
      last: undefined,
      origin: origin && { generation: origin.generation, digest: origin.#lastDigest() },
      tail: bytes.length,
    })
    // PyCoffer does not open an archive without any entry.
    await log.writer.putDirectory({ name: '.', mode: 0o700, mtimeMs: 0 })
    return log
  }

  /** 0 before the first commit. */
  get generation(): number {
    return this.#last?.commit.generation ?? this.#origin?.generation ?? 0
  }

  /** Hex of 32 bytes that pin this commit and, through it, all before. */
  get fingerprint(): string {
    return bytesToHex(this.#lastDigest())
  }

  get id(): string {
    return bytesToHex(this.head.id)
  }

  get last(): Committed | undefined {
    return this.#last
  }

  get deadBytes(): number {
    return this.#last?.commit.deadBytes ?? 0
  }

  /** Whether there is anything that a commit would add. */
  get modified(): boolean {
    return !this.#last || this.catalog.changed.size > 0
  }

  setOwnership(isOurs: () => Promise<boolean>): void {
    this.#isOurs = isOurs
  }

  /**
   * Makes all changes count; `publish` is what it takes beside the commit in the file. When it fails before the commit record was written,
   * the changes are still there and it may be tried again; when that is not known, it is `ERR_COFFER_POISONED`.
   */
  async commit(durability: Durability, publish?: () => Promise<void>): Promise<void> {
    const { writer, catalog } = this
    const end = this.#end
    await end.trim()
    await writer.sealPack()
    const start = this.#last?.end ?? 0
    const mark = end.tail
    let settle: () => void
    let commit: Commit
    let ref: RecordRef
    try {
      const index = await this.#chain.write(catalog, (plain) => end.inTurn(() => end.writeRecord(recordTypes.index, plain)))
      settle = index.settle
      if (durability === 'full') await syncFile(this.file.file)
      await this.#assertOurs(0)
      const { liveBytes } = catalog
      commit = {
        generation: this.generation + 1,
        relaxed: durability === 'relaxed',
        index: index.last,
        previous: this.#last?.ref ?? { offset: 0, length: 0, digest: this.#lastDigest() },
        start,
        liveBytes,
        deadBytes: Math.max(0, end.tail - liveBytes - index.bytes),
        memberCount: catalog.size,
      }
      ref = await end.inTurn(() => end.writeFixed(recordTypes.commit, encodeCommit(commit)))
    } catch (error) {
      if (!isFinal(error)) {
        await end.cut(mark).catch((cause: unknown) => {
          throw poisoned(cause)
        })
      }
      throw error
    }
    await syncFile(this.file.file)
    await publish?.()
    settle()
    catalog.settle()
    this.#last = { commit, ref, end: end.tail }
    end.committed(ref.offset)
  }

  /** Cuts what was appended since the last commit. Nothing may be appended or committed any more. */
  async giveUp(): Promise<void> {
    if (!this.#last) return
    await this.writer.settle().catch(() => undefined)
    await this.#end.cut(this.#last.end)
  }

  /** Closes the file, now or when the last reader has left it. */
  async retire(): Promise<void> {
    this.#retired = true
    if (this.#users === 0) await this.#close()
  }

  /** Runs `action` with the file kept open. */
  async use<T>(action: () => Promise<T>): Promise<T> {
    this.acquire()
    try {
      return await action()
    } finally {
      await this.release()
    }
  }

  acquire(): void {
    this.#users += 1
  }

  async release(): Promise<void> {
    this.#users -= 1
    if (this.#retired && this.#users === 0) await this.#close()
  }

  async #close(): Promise<void> {
    await this.file.codecs.coder.close()
    await this.file.file.close()
  }

  async #assertOurs(trustMs: number): Promise<void> {
    const now = Date.now()
    if (Math.abs(now - this.#oursAt) < trustMs) return
    if (!(await allHold([this.#isOurs(), !this.#last || this.#isThere(this.#last)]))) {
      throw new CofferError(
        'ERR_COFFER_LOCK_LOST',
        'The coffer is no longer ours: its lock was broken or its file replaced. Nothing more is written; open it again.',
      )
    }
    this.#oursAt = now
  }

  /** Whether a commit stands at its place. */
  async #isThere({ ref }: Committed): Promise<boolean> {
    try {
      const body = await this.file.openBody(await this.file.file.read(ref.offset, ref.length), ref.length)
      return equalBytes(this.file.codecs.records.digest(body), ref.digest)
    } catch (error) {
      if (error instanceof CofferError && error.code !== 'ERR_COFFER_IO') return false
      throw error
    }
  }

  #lastDigest(): Uint8Array {
    return this.#last?.ref.digest ?? this.#origin?.digest ?? new Uint8Array(32)
  }
}

interface LogParts {
  readonly file: LogFile
  readonly head: Head
  readonly catalog: Catalog
  readonly chain: IndexChain
  readonly last: Committed | undefined
  readonly origin: { readonly generation: number; readonly digest: Uint8Array } | undefined
  readonly tail: number
}
