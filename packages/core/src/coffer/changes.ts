import { CofferError } from '../errors.js'
import type { Catalog } from '../log/catalog.js'
import { copyEntry, storedBlocks } from '../log/compaction.js'
import { blockCountOf, type Entry } from '../log/entry.js'
import type { SourceBlock } from '../log/log-writer.js'
import { checkText } from '../tar/names.js'
import type { DeleteOptions, MetaOptions, WriteOptions } from './coffer.js'
import { existsError, notEmptyError, notFoundError } from './member-errors.js'
import { checkMode, checkTime, toMember, type Member } from './member.js'
import { checkMemberName } from './new-entry.js'
import type { TaskOptions } from './options.js'
import type { Session } from './session.js'
import { checkBefore, rechunk, sizeOf, withBlocks, type WriteData } from './sources.js'

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
/** Bytes, or UTF-16 units, of what takes no longer than a commit does. */
const BRIEF_LENGTH = 65_536

/** What a coffer is opened with that concerns its changes. */
export interface ChangeSettings {
  readonly blockBytes: number
  readonly portable: boolean
}

/** Every change of an open coffer's members: each is alone while it runs, and all of it or nothing. */
export class Changes {
  readonly #session: Session
  readonly #settings: ChangeSettings

  constructor(session: Session, settings: ChangeSettings) {
    this.#session = session
    this.#settings = settings
  }

  /** @throws CofferError `ERR_COFFER_NAME`. */
  checkName(name: string): void {
    checkMemberName(name, this.#settings)
  }

  /** Makes or replaces a file. */
  async write(name: string, data: WriteData, options: WriteOptions): Promise<Member> {
    const meta = checkBefore(data, () => {
      this.#assertMayPut(name)
      return fileMeta(options)
    })
    return withBlocks(data, this.#settings.blockBytes, [options.signal, this.#session.givenUp], (blocks) => this.#put(name, blocks, meta, { ...options, isBrief: isBrief(data) }, sizeOf(data)))
  }

  /** {@link write} of what is there already, `total` bytes in all. */
  async writePieces(name: string, pieces: AsyncIterable<Uint8Array>, total: number, options: WriteOptions): Promise<Member> {
    return this.#put(name, rechunk(pieces, this.#settings.blockBytes), fileMeta(options), options, total)
  }

  /** Adds to the end of a file; makes it where there is none. */
  async append(name: string, data: WriteData, options: WriteOptions): Promise<Member> {
    checkBefore(data, () => this.#assertMayPut(name))
    const base = this.#session.log.catalog.standing.get(name)
    const put = { ...options, isBrief: isBrief(data) && (base?.type !== 'file' || base.size <= BRIEF_LENGTH) }
    return withBlocks(data, this.#settings.blockBytes, [options.signal, this.#session.givenUp], (blocks) => this.appendPieces(name, plainOf(blocks), put))
  }

  /** Copies what the file holds, then adds to it; its last block is filled up. */
  async appendPieces(name: string, pieces: AsyncIterable<Uint8Array>, options: PutOptions): Promise<Member> {
    return this.#session.mutate(
      async (log) => {
        const { catalog, writer } = log
        const before = catalog.get(name)
        if (before?.type !== 'file') catalog.checkPlace(name, 'file')
        const base = before?.type === 'file' ? before : undefined
        const blockBytes = base?.blockBytes ?? this.#settings.blockBytes
        const put = { name, blockBytes, mode: checkMode(options.mode, base?.mode ?? FILE_MODE), mtimeMs: checkTime(options.mtime) }
        // A single block is coded anew: it may be in memory only, and stay there.
        const whole = base && blockCountOf(base) > 1 ? Math.floor(base.size / blockBytes) : 0
        const rest = base ? log.reader.readRange(base, whole * blockBytes, base.size, { signal: options.signal }) : chain<Uint8Array>()
        const added = rechunk(chain(rest, pieces), blockBytes)
        const source = base && whole > 0 ? chain(storedBlocks(log, base, whole, options), added) : added
        const entry = await writer.putFile(put, source, { signal: options.signal, onBlock: progressOf('append', undefined, options) })
        catalog.put(entry)
        return toMember(entry)
      },
      { signal: options.signal, mayPack: true, isBrief: options.isBrief },
    )
  }

  async makeDirectory(name: string, options: MetaOptions): Promise<Member> {
    this.checkName(name)
    return this.#session.mutate(
      async (log) => {
        const existing = log.catalog.get(name)
        if (existing?.type === 'directory' && options.mode === undefined && options.mtime === undefined) return toMember(existing)
        log.catalog.checkPlace(name, 'directory')
        const entry = await log.writer.putDirectory({ name, mode: checkMode(options.mode, DIRECTORY_MODE), mtimeMs: checkTime(options.mtime) })
        log.catalog.put(entry)
        return toMember(entry)
      },
      { mayPack: true, isBrief: true },
    )
  }

  async link(name: string, target: string, options: MetaOptions): Promise<Member> {
    this.checkName(name)
    if (typeof target !== 'string' || target === '' || target.includes('\0') || target.length > 4096) {
      throw new TypeError('The target of a symlink is a path of 1 to 4096 characters.')
    }
    return this.#session.mutate(
      async (log) => {
        log.catalog.checkPlace(name, 'symlink')
        const entry = await log.writer.putSymlink({ name, mode: checkMode(options.mode, 0o777), mtimeMs: checkTime(options.mtime), target })
        log.catalog.put(entry)
        return toMember(entry)
      },
      { mayPack: true, isBrief: true },
    )
  }

  async delete(name: string, options: DeleteOptions): Promise<void> {
    this.#session.assertWritable()
    checkText(name)
    const isBrief = !options.recursive && !options.purge
    await this.#session.mutate(async (log) => {
      const { catalog, writer } = log
      const below = catalog.hasBelow(name)
      if (!catalog.get(name) && !(below && options.recursive)) throw below ? notEmptyError(name) : notFoundError(name)
      if (below && !options.recursive) throw notEmptyError(name)
      const doomed = entriesAt(catalog, name)
      for (const entry of doomed) {
        options.signal?.throwIfAborted()
        if (entry.type === 'file') await writer.putTombstone(entry.name)
        catalog.remove(entry.name)
      }
    }, { signal: options.signal, mayPack: isBrief, isBrief, compaction: options.purge ? options : undefined })
  }

  async move(from: string, to: string, options: TaskOptions): Promise<void> {
    this.#session.assertWritable()
    checkText(from)
    this.checkName(to)
    await this.#session.mutate(async (log) => {
      const { catalog, writer } = log
      if (!catalog.get(from) && !catalog.hasBelow(from)) throw notFoundError(from)
      if (from === to) return
      if (isWithin(to, from)) throw new CofferError('ERR_COFFER_CONFLICT', `"${from}" cannot be moved into itself.`)
      if (catalog.get(to) || catalog.hasBelow(to)) throw existsError(to)
      const moved = entriesAt(catalog, from)
      const total = moved.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0)
      const onBlock = progressOf('move', total, options)
      for (const entry of moved) {
        const name = to + entry.name.slice(from.length)
        this.checkName(name)
        catalog.checkPlace(name, entry.type)
        const copy = await copyEntry(log, entry, name, { signal: options.signal, onBlock })
        if (entry.type === 'file') await writer.putTombstone(entry.name)
        catalog.remove(entry.name)
        catalog.put(copy)
      }
    }, options)
  }

  #assertMayPut(name: string): void {
    this.#session.assertWritable()
    this.checkName(name)
  }

  async #put(name: string, blocks: AsyncIterable<SourceBlock>, meta: GivenMeta, options: PutOptions, total: number | undefined): Promise<Member> {
    return this.#session.mutate(
      async ({ catalog, writer, file }) => {
        file.codecs.coder.expect?.(total ?? 0, 'encode')
        const before = catalog.get(name)
        if (before && options.replace === false) throw existsError(name)
        catalog.checkPlace(name, 'file')
        const mode = meta.mode ?? (before?.type === 'file' ? before.mode : FILE_MODE)
        const put = { name, mode, mtimeMs: meta.mtimeMs, blockBytes: this.#settings.blockBytes }
        const entry = await writer.putFile(put, blocks, { signal: options.signal, onBlock: progressOf('write', total, options) })
        catalog.put(entry)
        return toMember(entry)
      },
      { signal: options.signal, mayPack: true, isBrief: options.isBrief },
    )
  }
}

interface PutOptions extends WriteOptions {
  readonly isBrief?: boolean
}

/** Whether it is written in no time, so that others may wait for its commit to be theirs too. */
function isBrief(data: WriteData): boolean {
  return (typeof data === 'string' || data instanceof Uint8Array) && data.length <= BRIEF_LENGTH
}

/** What is asked for of a file's header; without a mode it keeps the one that it has. */
interface GivenMeta {
  readonly mode: number | undefined
  readonly mtimeMs: number
}

function fileMeta({ mode, mtime }: MetaOptions): GivenMeta {
  return { mode: mode === undefined ? undefined : checkMode(mode, FILE_MODE), mtimeMs: checkTime(mtime) }
}

function progressOf(phase: string, total: number | undefined, { onProgress }: TaskOptions): (bytes: number) => void {
  let done = 0
  return (bytes) => {
    done += bytes
    onProgress?.({ phase, done, total })
  }
}

/** A member and all below it. Only where something is below are all members looked at. */
function entriesAt(catalog: Catalog, name: string): Entry[] {
  if (catalog.hasBelow(name)) return [...catalog.entries()].filter((entry) => isWithin(entry.name, name))
  const entry = catalog.get(name)
  return entry ? [entry] : []
}

function isWithin(name: string, directory: string): boolean {
  return name === directory || name.startsWith(`${directory}/`)
}

async function* plainOf(blocks: AsyncIterable<SourceBlock>): AsyncGenerator<Uint8Array> {
  for await (const { input } of blocks) if ('plain' in input) yield input.plain
}

async function* chain<T>(...sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  for (const source of sources) yield* source
}
