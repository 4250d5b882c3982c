import type { Recipe } from '../engine/engine.js'
import { inlineEngine } from '../engine/inline.js'
import { CofferError } from '../errors.js'
import { readAll } from '../log/block-reader.js'
import { copyEntry, storedBlocks } from '../log/compaction.js'
import { blockCountOf, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES, type Entry, type FileEntry } from '../log/entry.js'
import type { Log } from '../log/log.js'
import type { SourceBlock } from '../log/log-writer.js'
import type { LooseCoding, PluginInfo, PluginSource } from '../plugins/plugin.js'
import { createPlugin, listPlugins } from '../plugins/registry.js'
import { checkName, portabilityProblem } from '../tar/names.js'
import type { Coffer, DeleteOptions, MetaOptions, ReadOptions, ReadTextOptions, WriteOptions } from './coffer.js'
import { checkOffset, createReadHandle, createWriteHandle, type CofferFile, type FileOptions } from './file-handle.js'
import { checkMode, checkTime, toMember, type Member } from './member.js'
import type { OpenMode, RecoveryReport, TaskOptions } from './options.js'
import type { Session } from './session.js'
import { isLive, prefetch, rechunk, sizeOf, toBlocks, type WriteData } from './sources.js'
import { Spool } from './spool.js'
import { decodeText, joinLines, splitLines } from './text.js'
import { jsonCodec, type ValueCodec } from './values.js'
import { makeRecipe, type CofferKeys, type Variant } from './variants.js'
import { verifyLog, type VerifyReport } from './verify.js'

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
/** Blocks of a stream that are taken in before other changes are held back. */
const PREFETCH_BLOCKS = 16

export interface CofferSettings {
  readonly blockBytes: number
  readonly portable: boolean
  readonly plugins: readonly PluginSource[]
}

/** @throws RangeError for a block size that is not taken. */
export function checkBlockBytes(blockBytes: number = MAX_BLOCK_BYTES): number {
  if (Number.isInteger(blockBytes) && blockBytes >= MIN_BLOCK_BYTES && blockBytes <= MAX_BLOCK_BYTES) return blockBytes
  throw new RangeError(`\`blockBytes\` is a whole number from ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}.`)
}

/** The methods of a coffer over an open session. */
export class OpenCoffer implements Coffer {
  readonly #session: Session
  readonly #settings: CofferSettings
  /** Write handles that are open: closing the coffer closes them. */
  readonly #handles = new Set<CofferFile>()
  readonly #plugins = new Map<string, Promise<unknown>>()

  constructor(session: Session, settings: CofferSettings) {
    this.#session = session
    this.#settings = settings
  }

  get variant(): Variant {
    return this.#session.variant
  }

  get mode(): OpenMode {
    return this.#session.mode
  }

  get writable(): boolean {
    return this.#session.writable
  }

  get modified(): boolean {
    return this.#session.modified
  }

  get closed(): boolean {
    return this.#session.closed
  }

  get id(): string {
    return this.#session.log.id
  }

  get generation(): number {
    return this.#session.log.generation
  }

  get fingerprint(): string {
    return this.#session.log.fingerprint
  }

  get recovered(): RecoveryReport | undefined {
    return this.#session.recovered
  }

  async write(name: string, data: WriteData, options: WriteOptions = {}): Promise<Member> {
    this.#session.assertWritable()
    this.#checkName(name)
    const { blockBytes } = this.#settings
    const meta = this.#fileMeta(name, options)
    const blocks = toBlocks(data, blockBytes)
    if (!isLive(data)) return this.#put(name, blocks, meta, options, sizeOf(data))
    const taken = await prefetch(blocks, PREFETCH_BLOCKS, options.signal)
    try {
      return await this.#put(name, taken, meta, options, undefined)
    } finally {
      await taken.close()
    }
  }

  async read(name: string, options: ReadOptions = {}): Promise<Uint8Array> {
    return this.#session.read(async (log) => {
      const file = this.#fileEntry(log, name)
      const { start, end } = rangeOf(options, file.size)
      log.file.codecs.coder.expect?.(end - start, 'decode')
      let done = 0
      return readAll(log.reader, file, start, end, { signal: options.signal }, (bytes) => {
        done += bytes
        options.onProgress?.({ phase: 'read', done, total: end - start })
      })
    })
  }

  async readText(name: string, { encoding, ...options }: ReadTextOptions = {}): Promise<string> {
    const bytes = await this.read(name, options)
    return new TextDecoder(encoding ?? 'utf-8', { fatal: true }).decode(bytes)
  }

  async readLines(name: string, options: ReadTextOptions = {}): Promise<string[]> {
    const lines: string[] = []
    for await (const line of this.lines(name, options)) lines.push(line)
    return lines
  }

  async *lines(name: string, options: ReadTextOptions = {}): AsyncGenerator<string> {
    const file = await this.file(name, 'r', { signal: options.signal })
    try {
      yield* splitLines(decodeText(this.#pieces(file), options.encoding))
    } finally {
      await file.close()
    }
  }

  async writeLines(name: string, lines: Iterable<string> | AsyncIterable<string>, options: WriteOptions = {}): Promise<Member> {
    return this.write(name, joinLines(lines), options)
  }

  async append(name: string, data: WriteData, options: WriteOptions = {}): Promise<Member> {
    this.#session.assertWritable()
    this.#checkName(name)
    const source = toBlocks(data, this.#settings.blockBytes)
    if (!isLive(data)) return this.#append(name, plainOf(source), options)
    const taken = await prefetch(source, PREFETCH_BLOCKS, options.signal)
    try {
      return await this.#append(name, plainOf(taken), options)
    } finally {
      await taken.close()
    }
  }

  async file(name: string, mode: OpenMode = 'r', options: FileOptions = {}): Promise<CofferFile> {
    if (mode === 'r') return this.#openRead(name, options)
    if (!['w', 'a', 'x'].includes(mode)) throw new TypeError('`mode` is "r", "w", "a" or "x".')
    this.#session.assertWritable()
    this.#checkName(name)
    const { catalog } = this.#session.log
    const existing = catalog.standing.get(name)
    if (mode === 'x' && existing) throw existsError(name)
    if (!existing) catalog.checkPlace(name, 'file')
    const spool = new Spool(this.#session.storage)
    const baseBytes = mode === 'a' && existing?.type === 'file' ? existing.size : 0
    const handle: CofferFile = createWriteHandle(
      name,
      {
        mode,
        spool,
        baseBytes,
        commit: async () => {
          if (mode === 'a') await this.#append(name, spool.read(), options)
          else {
            const blocks = rechunk(spool.read(), this.#settings.blockBytes)
            await this.#put(name, blocks, this.#fileMeta(name, {}), { ...options, replace: mode !== 'x' }, spool.size)
          }
        },
        onEnd: () => this.#handles.delete(handle),
      },
      options,
    )
    this.#handles.add(handle)
    return handle
  }

  async makeDirectory(name: string, options: MetaOptions = {}): Promise<Member> {
    this.#checkName(name)
    return this.#session.mutate(
      async (log) => {
        const existing = log.catalog.get(name)
        if (existing?.type === 'directory' && options.mode === undefined && options.mtime === undefined) return toMember(existing)
        log.catalog.checkPlace(name, 'directory')
        const entry = await log.writer.putDirectory({ name, mode: checkMode(options.mode, DIRECTORY_MODE), mtimeMs: checkTime(options.mtime) })
        log.catalog.put(entry)
        return toMember(entry)
      },
      { mayPack: true },
    )
  }

  async link(name: string, target: string, options: MetaOptions = {}): Promise<Member> {
    this.#checkName(name)
    if (typeof target !== 'string' || target === '' || target.includes('\0') || target.length > 4096) {
      throw new TypeError('The target of a symlink is a path of 1 to 4096 characters.')
    }
    return this.#session.mutate(
      async (log) => {
        log.catalog.checkPlace(name, 'symlink')
        const meta = { name, mode: checkMode(options.mode, 0o777), mtimeMs: checkTime(options.mtime) }
        const entry = await log.writer.putSymlink({ ...meta, target })
        log.catalog.put(entry)
        return toMember(entry)
      },
      { mayPack: true },
    )
  }

  async stat(name: string): Promise<Member | undefined> {
    this.#session.assertOpen()
    const entry = this.#session.log.catalog.standing.get(name)
    return entry && toMember(entry)
  }

  async has(name: string): Promise<boolean> {
    this.#session.assertOpen()
    return this.#session.log.catalog.standing.get(name) !== undefined
  }

  async *members(prefix = ''): AsyncGenerator<Member> {
    this.#session.assertOpen()
    for (const entry of Array.from(this.#session.log.catalog.standing.entries())) if (entry.name.startsWith(prefix)) yield toMember(entry)
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    this.#session.assertWritable()
    await this.#session.mutate(async (log) => {
      const { catalog, writer } = log
      const below = catalog.hasBelow(name)
      if (!catalog.get(name) && !(below && options.recursive)) throw below ? notEmptyError(name) : notFoundError(name)
      if (below && !options.recursive) throw notEmptyError(name)
      const doomed = below ? [...catalog.entries()].filter((entry) => isWithin(entry.name, name)) : [catalog.get(name) as Entry]
      for (const entry of doomed) {
        options.signal?.throwIfAborted()
        if (entry.type === 'file') await writer.putTombstone(entry.name)
        catalog.remove(entry.name)
      }
    }, options)
    if (options.purge) await this.compact(options)
  }

  async move(from: string, to: string, options: TaskOptions = {}): Promise<void> {
    this.#session.assertWritable()
    this.#checkName(to)
    await this.#session.mutate(async (log) => {
      const { catalog, writer } = log
      if (!catalog.get(from) && !catalog.hasBelow(from)) throw notFoundError(from)
      if (from === to) return
      if (isWithin(to, from)) throw new CofferError('ERR_COFFER_CONFLICT', `"${from}" cannot be moved into itself.`)
      if (catalog.get(to) || catalog.hasBelow(to)) throw existsError(to)
      const moved = [...catalog.entries()].filter((entry) => isWithin(entry.name, from))
      const total = moved.reduce((sum, entry) => sum + sizeOfEntry(entry), 0)
      const onBlock = progressOf('move', total, options)
      for (const entry of moved) {
        const name = to + entry.name.slice(from.length)
        this.#checkName(name)
        catalog.checkPlace(name, entry.type)
        const copy = await copyEntry(log, entry, name, { signal: options.signal, onBlock })
        if (entry.type === 'file') await writer.putTombstone(entry.name)
        catalog.remove(entry.name)
        catalog.put(copy)
      }
    }, options)
  }

  async dump(name: string, value: unknown, { codec = jsonCodec, ...options }: WriteOptions & { readonly codec?: ValueCodec } = {}): Promise<Member> {
    return this.write(name, codec.encode(value), options)
  }

  async load(name: string, { codec = jsonCodec }: { readonly codec?: ValueCodec } = {}): Promise<unknown> {
    return codec.decode(await this.read(name))
  }

  async flush({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    await this.#session.flush(force)
  }

  async compact(options: TaskOptions = {}): Promise<void> {
    await this.#session.compact(options)
  }

  async rekey(keys: CofferKeys, options: TaskOptions = {}): Promise<void> {
    this.#session.assertWritable()
    const { level, chunkBytes, dictionary } = this.#session.recipe
    await this.#session.rekey(makeRecipe(this.variant, keys, { level, chunkBytes, dictionary }), options)
  }

  async verify(options: TaskOptions = {}): Promise<VerifyReport> {
    return this.#session.read((log) => verifyLog(log, options))
  }

  get plugins(): readonly PluginInfo[] {
    return listPlugins(this.#settings.plugins)
  }

  async plugin<T = unknown>(name: string): Promise<T> {
    this.#session.assertOpen()
    let plugin = this.#plugins.get(name)
    if (!plugin) {
      plugin = createPlugin(name, this.#settings.plugins, { coffer: this, loose: this.#looseCoding() })
      this.#plugins.set(name, plugin)
      plugin.catch(() => this.#plugins.delete(name))
    }
    return plugin as Promise<T>
  }

  async close(): Promise<void> {
    for (const handle of Array.from(this.#handles)) await handle.close()
    await this.#session.close()
  }

  async discard(): Promise<void> {
    for (const handle of Array.from(this.#handles)) await handle.abort()
    await this.#session.discard()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close()
    } catch (error) {
      // Nobody can come back to a coffer whose scope has ended: give the lock back at least.
      await this.discard()
      throw error
    }
  }

  #checkName(name: string): void {
    checkName(name)
    const problem = this.#settings.portable ? portabilityProblem(name) : undefined
    if (problem !== undefined) throw new CofferError('ERR_COFFER_NAME', `${JSON.stringify(name)} is not portable: ${problem}.`)
  }

  #fileMeta(name: string, options: MetaOptions): { mode: number | undefined; mtimeMs: number } {
    void name
    return { mode: options.mode === undefined ? undefined : checkMode(options.mode, FILE_MODE), mtimeMs: checkTime(options.mtime) }
  }

  async #put(
    name: string,
    blocks: AsyncIterable<SourceBlock>,
    meta: { readonly mode: number | undefined; readonly mtimeMs: number },
    options: WriteOptions,
    total: number | undefined,
  ): Promise<Member> {
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
      { signal: options.signal, mayPack: true },
    )
  }

  /** Copies what the file holds, then adds to it; its last block is filled up. */
  async #append(name: string, pieces: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Member> {
    return this.#session.mutate(
      async (log) => {
        const { catalog, writer } = log
        const before = catalog.get(name)
        if (before && before.type !== 'file') catalog.checkPlace(name, 'file')
        if (!before) catalog.checkPlace(name, 'file')
        const base = before?.type === 'file' ? before : undefined
        const blockBytes = base?.blockBytes ?? this.#settings.blockBytes
        const put = { name, blockBytes, mode: checkMode(options.mode, base?.mode ?? FILE_MODE), mtimeMs: checkTime(options.mtime) }
        // A single block is coded anew: it may be in memory only, and stay there.
        const whole = base && blockCountOf(base) > 1 ? Math.floor(base.size / blockBytes) : 0
        const rest = base ? log.reader.readRange(base, whole * blockBytes, base.size, { signal: options.signal }) : noBytes()
        const source = base && whole > 0 ? chain(storedBlocks(log, base, whole, options), rechunk(chain(rest, pieces), blockBytes)) : rechunk(chain(rest, pieces), blockBytes)
        const entry = await writer.putFile(put, source, { signal: options.signal, onBlock: progressOf('append', undefined, options) })
        catalog.put(entry)
        return toMember(entry)
      },
      { signal: options.signal, mayPack: true },
    )
  }

  async #openRead(name: string, options: FileOptions): Promise<CofferFile> {
    this.#session.assertOpen()
    const { log } = this.#session
    const file = this.#fileEntry(log, name)
    log.acquire()
    const assertOpen = (): void => this.#session.assertOpen()
    const { signal } = options
    const handle = createReadHandle(
      name,
      {
        size: file.size,
        async *pieces(start, end) {
          for await (const piece of log.reader.readRange(file, start, end, { signal })) {
            assertOpen()
            yield piece
          }
        },
        async read(start, end) {
          assertOpen()
          return log.use(() => readAll(log.reader, file, start, end, { signal }))
        },
        release: () => log.release(),
      },
      options,
    )
    return handle
  }

  async *#pieces(file: CofferFile): AsyncGenerator<Uint8Array> {
    const { blockBytes } = this.#settings
    for (let at = 0; at < file.size; at += blockBytes) yield await file.read(at, at + blockBytes)
  }

  #fileEntry(log: Log, name: string): FileEntry {
    const { standing } = log.catalog
    const entry = standing.get(name)
    if (entry?.type === 'file') return entry
    if (entry || standing.hasBelow(name)) {
      throw new CofferError('ERR_COFFER_CONFLICT', `"${name}" is a ${entry?.type ?? 'directory'} in this coffer, not a file.`)
    }
    throw notFoundError(name)
  }

  #looseCoding(): LooseCoding {
    const { recipe } = this.#session
    const cipher = recipe.member ?? recipe.container
    const loose: Recipe = { ...recipe, compression: cipher ? 'member' : 'none', member: cipher, container: undefined }
    return {
      isSealed: cipher !== undefined,
      createCoder: () => inlineEngine().createCoder(loose),
      createCipher: async () => cipher?.kind.create(cipher.key),
    }
  }
}

function rangeOf({ start = 0, end }: ReadOptions, size: number): { start: number; end: number } {
  const from = Math.min(checkOffset(start), size)
  return { start: from, end: Math.max(from, Math.min(end === undefined ? size : checkOffset(end), size)) }
}

function progressOf(phase: string, total: number | undefined, { onProgress }: TaskOptions): (bytes: number) => void {
  let done = 0
  return (bytes) => {
    done += bytes
    onProgress?.({ phase, done, total })
  }
}

function sizeOfEntry(entry: Entry): number {
  return entry.type === 'file' ? entry.size : 0
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

async function* noBytes(): AsyncGenerator<Uint8Array> {
  // Nothing stands before what is added to a new file.
}

function notFoundError(name: string): CofferError {
  return new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${JSON.stringify(name)} in this coffer.`)
}

function existsError(name: string): CofferError {
  return new CofferError('ERR_COFFER_EXISTS', `There is a ${JSON.stringify(name)} in this coffer already.`)
}

function notEmptyError(name: string): CofferError {
  return new CofferError('ERR_COFFER_NOT_EMPTY', `${JSON.stringify(name)} is a directory with members: delete it with { recursive: true }.`)
}

