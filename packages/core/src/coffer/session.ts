import type { Engine, Recipe } from '../engine/engine.js'
import { CofferError } from '../errors.js'
import { copyMembers } from '../log/compaction.js'
import { Log, type Durability } from '../log/log.js'
import type { LogFile } from '../log/log-file.js'
import type { Savepoint } from '../log/log-writer.js'
import { isFinal } from '../log/poison.js'
import type { CofferStorage, StorageLock, StorageReplacement } from '../storage/storage.js'
import { allHold } from '../async/all-hold.js'
import type { OpenMode, RecoveryReport, TaskOptions } from './options.js'
import { openLogFile } from './log-codecs.js'
import { Turns } from './turns.js'
import type { Variant } from './variants.js'

/** How long it is taken for granted that the lock is still ours, in milliseconds. */
const TRUST_LOCK_MS = 50
/** Dead bytes that a close leaves alone, however few live ones there are. */
const COMPACT_FROM_BYTES = 65_536

export interface SessionParts {
  readonly storage: CofferStorage
  readonly mode: OpenMode
  readonly variant: Variant
  readonly recipe: Recipe
  readonly engine: Engine
  readonly log: Log
  readonly lock: StorageLock | undefined
  /** The file is not at its place before the first commit. */
  readonly unpublished: StorageReplacement | undefined
  readonly recovered: RecoveryReport | undefined
  readonly autoFlush: boolean
  readonly durability: Durability
  readonly backup: string | undefined
}

export interface ChangeOptions {
  readonly signal?: AbortSignal | undefined
  /** It puts at most one entry, which may wait in memory together with those before it. */
  readonly mayPack?: boolean | undefined
  /** All that it takes is at hand: with auto flush it may share its commit with others that wait for their turn. */
  readonly isBrief?: boolean | undefined
  /** The coffer is written anew with it. */
  readonly compaction?: TaskOptions | undefined
}

/** Where a change began, to take it back. */
interface Start {
  readonly log: Log
  readonly mark: number
  readonly savepoint: Savepoint
}

/**
 * An open coffer below its methods: who may write when, what is taken back when a change fails, when the file is replaced.
 */
export class Session {
  readonly storage: CofferStorage
  readonly mode: OpenMode
  readonly variant: Variant
  readonly autoFlush: boolean
  readonly recovered: RecoveryReport | undefined
  readonly #durability: Durability
  readonly #givingUp = new AbortController()
  readonly #engine: Engine
  readonly #lock: StorageLock | undefined
  readonly #turns = new Turns<Start>({ commitSince: (start) => this.#commitSince(start), takeBack: (start, error) => this.#takeBack(start, error) })
  /** Told after each commit, once it is there for others too. */
  onCommit: (() => void) | undefined
  #recipe: Recipe
  #log: Log
  #unpublished: StorageReplacement | undefined
  #backup: string | undefined
  #poison: CofferError | undefined
  #isClosed = false
  #checkedAt = 0

  constructor(parts: SessionParts) {
    this.storage = parts.storage
    this.mode = parts.mode
    this.variant = parts.variant
    this.autoFlush = parts.autoFlush
    this.recovered = parts.recovered
    this.#durability = parts.durability
    this.#engine = parts.engine
    this.#lock = parts.lock
    this.#recipe = parts.recipe
    this.#log = parts.log
    this.#unpublished = parts.unpublished
    this.#backup = parts.backup
    this.#own(parts.log)
  }

  /** The current log. Whoever reads its file goes through {@link read}. */
  get log(): Log {
    return this.#log
  }

  get recipe(): Recipe {
    return this.#recipe
  }

  get writable(): boolean {
    return this.mode !== 'r'
  }

  get closed(): boolean {
    return this.#isClosed
  }

  get modified(): boolean {
    return !this.#isClosed && this.writable && this.#log.modified
  }

  /** @throws CofferError `ERR_COFFER_CLOSED`. */
  assertOpen(): void {
    if (this.#isClosed) throw closedError()
  }

  /** @throws CofferError `ERR_COFFER_CLOSED`, `ERR_COFFER_READ_ONLY`, or what broke an earlier write. */
  assertWritable(): void {
    this.assertOpen()
    if (!this.writable) {
      throw new CofferError('ERR_COFFER_READ_ONLY', 'The coffer was opened for reading: open it with mode "a" to change it.')
    }
    if (this.#poison) throw new CofferError(this.#poison.code, this.#poison.message, this.#poison)
  }

  /** Runs `action` on the log, whose file stays open until it is done, also if the coffer is compacted meanwhile. */
  read<T>(action: (log: Log) => Promise<T>): Promise<T> {
    this.assertOpen()
    const log = this.#log
    return log.use(() => action(log))
  }

  /**
   * Runs a change of the coffer, alone; with auto flush it is committed before this resolves. When it fails or is aborted,
   * nothing of it remains.
   */
  async mutate<T>(action: (log: Log) => Promise<T>, options: ChangeOptions = {}): Promise<T> {
    this.assertWritable()
    const { signal, compaction, mayPack, isBrief } = options
    if (this.autoFlush && isBrief) {
      return this.#turns.together(() => this.#begin(mayPack), ({ log }) => action(log), signal)
    }
    return this.#turns.alone(async () => {
      const start = await this.#begin(mayPack)
      try {
        const result = await action(start.log)
        signal?.throwIfAborted()
        if (compaction) await this.#replace(this.#recipe, compaction)
        else if (this.autoFlush) await this.#commit()
        return result
      } catch (error) {
        await this.#takeBack(start, error)
        throw error
      } finally {
        start.log.catalog.reveal()
      }
    }, signal)
  }

  async #begin(mayPack = false): Promise<Start> {
    this.assertWritable()
    await this.#assertLocked()
    await this.#keepBackup()
    const log = this.#log
    if (!mayPack) await this.#guard(() => log.writer.sealPack())
    return { log, mark: log.catalog.mark(), savepoint: log.writer.begin() }
  }

  async #takeBack({ log, mark, savepoint }: Start, error: unknown): Promise<void> {
    log.catalog.rollback(mark)
    log.reader.forget()
    if (isFinal(error)) this.#poison ??= error
    // What cannot be cut now does no harm: it is cut before the next commit.
    else await this.#guard(() => log.writer.rollback(savepoint)).catch(() => undefined)
  }

  /** Commits changes that were begun; takes all of them back where that fails. */
  async #commitSince(start: Start): Promise<void> {
    try {
      this.assertWritable()
      // Not `modified`, which a coffer is that nobody has put anything into yet: what failed makes none.
      if (start.log.catalog.changed.size > 0) await this.#commit()
    } catch (error) {
      await this.#takeBack(start, error)
      throw error
    } finally {
      start.log.catalog.reveal()
    }
  }

  /** Commits what changed; with `force`, also where nothing did. */
  flush(force: boolean): Promise<void> {
    this.assertWritable()
    return this.#turns.alone(async () => {
      this.assertWritable()
      if (!force && !this.#log.modified) return
      await this.#keepBackup()
      await this.#guard(() => this.#commit())
    })
  }

  /** Writes the coffer anew, without what is dead. */
  compact(options: TaskOptions = {}): Promise<void> {
    this.assertWritable()
    return this.#turns.alone(async () => {
      this.assertWritable()
      await this.#keepBackup()
      await this.#guard(() => this.#replace(this.#recipe, options))
    }, options.signal)
  }

  /** Writes the coffer anew under other keys of the same kinds. */
  rekey(recipe: Recipe, options: TaskOptions = {}): Promise<void> {
    this.assertWritable()
    return this.#turns.alone(async () => {
      this.assertWritable()
      await this.#keepBackup()
      await this.#guard(() => this.#replace(recipe, options, 'payload'))
    }, options.signal)
  }

  /** Commits what is left, compacts where that pays, lets go of file and lock. Where the commit fails the coffer stays open. */
  close(): Promise<void> {
    return this.#turns.alone(async () => {
      if (this.#isClosed) return
      const isBroken = this.#poison !== undefined
      const isLost = isBroken && this.#log.modified
      if (this.writable && !isBroken) await this.#guard(() => this.#tidy())
      await this.#release()
      if (isLost) throw new CofferError('ERR_COFFER_POISONED', 'The coffer was closed after its storage had failed: changes since the last commit are lost.', this.#poison)
    })
  }

  /** Aborted when the coffer is given up: what is under way then waits for no source any more. */
  get givenUp(): AbortSignal {
    return this.#givingUp.signal
  }

  /** Lets go of file and lock; what was not committed is given up. */
  discard(): Promise<void> {
    this.#givingUp.abort(closedError())
    return this.#turns.alone(async () => {
      // PyCoffer knows no commits: it would find what was given up. Where it cannot be cut, it is as after a crash.
      if (this.writable && !this.#isClosed && !this.#poison) await this.#log.giveUp().catch(() => undefined)
      await this.#release()
    })
  }

  async #tidy(): Promise<void> {
    const wasRelaxed = this.#log.last?.commit.relaxed === true
    if (this.#log.modified || wasRelaxed) {
      await this.#keepBackup()
      await this.#commit(wasRelaxed ? 'full' : this.#durability)
    }
    // What could not be cut when it was taken back; PyCoffer would find it.
    else await this.#log.giveUp().catch(() => undefined)
    const { deadBytes } = this.#log
    const liveBytes = this.#log.last?.commit.liveBytes ?? 0
    if (deadBytes <= COMPACT_FROM_BYTES || deadBytes <= liveBytes) return
    try {
      await this.#keepBackup()
      await this.#replace(this.#recipe)
    } catch (error) {
      // All is committed, and the next one who closes the coffer may have the space for it.
      if (isFinal(error)) throw error
    }
  }

  async #commit(durability: Durability = this.#durability): Promise<void> {
    if (this.#log.catalog.conflicted) {
      await this.#log.writer.sealPack()
      await this.#replace(this.#recipe)
      return
    }
    await this.#log.commit(durability, () => this.#publish())
    this.#tell()
  }

  /** Not within the change: what others do with it, or fail to, takes nothing back. */
  #tell(): void {
    Promise.resolve().then(this.onCommit).catch(() => undefined)
  }

  async #publish(): Promise<void> {
    const file = this.#unpublished
    if (!file) return
    try {
      await file.publish()
    } catch (error) {
      throw new CofferError('ERR_COFFER_POISONED', 'The new coffer could not be put at its place; what was there is untouched.', error)
    }
    this.#unpublished = undefined
  }

  /** Copies all members into a new file, which takes the place of the old one in one step. */
  async #replace(recipe: Recipe, options: TaskOptions = {}, stage: 'stored' | 'payload' = 'stored'): Promise<void> {
    const old = this.#log
    await old.writer.sealPack()
    await this.#assertLocked()
    const file = await this.storage.replace()
    let logFile: LogFile | undefined
    let log: Log
    try {
      logFile = await openLogFile(file, this.variant, recipe, this.#engine)
      log = await Log.create(logFile, old.head, old)
      let done = 0
      const onBlock = (bytes: number): void => {
        done += bytes
        options.onProgress?.({ phase: 'compact', done, total: undefined })
      }
      await copyMembers(old, log, { signal: options.signal, onBlock, stage })
      await log.commit('full')
      this.#checkedAt = 0
      await this.#assertLocked()
      await file.publish()
    } catch (error) {
      await logFile?.codecs.coder.close()
      await file.close()
      throw error
    }
    this.#log = log
    this.#recipe = recipe
    // Where it is the old one's file, that goes with it, once nobody reads it any more.
    this.#unpublished = undefined
    this.#own(log)
    this.#tell()
    await old.retire()
  }

  #own(log: Log): void {
    log.setOwnership(() => this.#isOurs(log))
  }

  /** Whether lock and file are still there. */
  #isOurs(log: Log): Promise<boolean> {
    return allHold([this.#lock?.isHeld() ?? true, this.#unpublished !== undefined || log.file.file.isCurrent()])
  }

  /** Before each change, so that whoever was stopped for long and lost the lock meanwhile writes nothing more. */
  async #assertLocked(): Promise<void> {
    const now = Date.now()
    if (Math.abs(now - this.#checkedAt) < TRUST_LOCK_MS) return
    this.#checkedAt = now
    await this.#guard(async () => {
      if (await this.#isOurs(this.#log)) return
      throw new CofferError('ERR_COFFER_LOCK_LOST', 'The coffer is no longer ours: its lock was broken or its file replaced. Nothing more is written; open it again.')
    })
  }

  /** Remembers an error after which nothing may be written any more. */
  async #guard<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      if (isFinal(error)) this.#poison ??= error
      throw error
    }
  }

  async #keepBackup(): Promise<void> {
    const extension = this.#backup
    if (extension === undefined) return
    await this.storage.backup(extension)
    this.#backup = undefined
  }

  async #release(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      await this.#log.retire()
    } finally {
      await this.#lock?.release()
    }
  }
}

function closedError(): CofferError {
  return new CofferError('ERR_COFFER_CLOSED', 'The coffer is closed: open it again to use it.')
}
