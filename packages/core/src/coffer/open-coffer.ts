import { unshared } from '../bytes/bytes.js'
import type { Recipe } from '../engine/engine.js'
import { inlineEngine } from '../engine/inline.js'
import { CofferError } from '../errors.js'
import { readAll } from '../log/block-reader.js'
import { checkPlace } from '../log/catalog-view.js'
import { MAX_BLOCK_BYTES, MIN_BLOCK_BYTES, type Entry, type FileEntry } from '../log/entry.js'
import type { Log } from '../log/log.js'
import type { LooseCoding, PluginInfo, PluginSource } from '../plugins/plugin.js'
import { createPlugin, listPlugins } from '../plugins/registry.js'
import { checkText, quoteName } from '../tar/names.js'
import { Changes, type ChangeSettings } from './changes.js'
import type { Coffer, DeleteOptions, MetaOptions, ReadOptions, ReadTextOptions, WriteOptions } from './coffer.js'
import { asyncDispose } from './dispose.js'
import { checkOffset, closedHandleError, createReadHandle, createWriteHandle, type CofferFile, type FileOptions } from './file-handle.js'
import { existsError, notFoundError } from './member-errors.js'
import { toMember, type Member } from './member.js'
import type { OpenMode, RecoveryReport, TaskOptions } from './options.js'
import type { Session } from './session.js'
import type { WriteData } from './sources.js'
import { Spool } from './spool.js'
import { decodeText, joinLines, splitLines } from './text.js'
import { jsonCodec, type ValueCodec } from './values.js'
import { makeRecipe, type CofferKeys, type Variant } from './variants.js'
import { verifyLog, type VerifyReport } from './verify.js'

export interface CofferSettings extends ChangeSettings {
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
  readonly #changes: Changes
  /** Write handles that are open: closing the coffer closes them. */
  readonly #handles = new Set<CofferFile>()
  /** Those that read; each keeps the file open that it was opened on. */
  readonly #readers = new Set<CofferFile>()
  readonly #plugins = new Map<string, Promise<unknown>>()
  /** Why the first of the write handles could not be closed with the coffer: told once that is closed. */
  #unwritten: { readonly error: unknown } | undefined
  declare readonly [Symbol.asyncDispose]: () => Promise<void>

  constructor(session: Session, settings: CofferSettings) {
    this.#session = session
    this.#settings = settings
    this.#changes = new Changes(session, settings)
    this[asyncDispose] = () => this.#dispose()
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
    return this.#changes.write(name, data, options)
  }

  async read(name: string, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#session.read(async (log) => {
      const file = this.#fileEntry(log, name)
      const { start, end } = rangeOf(options, file.size)
      log.file.codecs.coder.expect?.(end - start, 'decode')
      let done = 0
      const bytes = await readAll(log.reader, file, start, end, { signal: options.signal }, (more) => {
        done += more
        options.onProgress?.({ phase: 'read', done, total: end - start })
      })
      return unshared(bytes)
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
      yield* splitLines(decodeText(this.#pieces(file, options), options.encoding))
    } finally {
      await file.close()
    }
  }

  async writeLines(name: string, lines: Iterable<string> | AsyncIterable<string>, options: WriteOptions = {}): Promise<Member> {
    return this.#changes.write(name, joinLines(lines), options)
  }

  async append(name: string, data: WriteData, options: WriteOptions = {}): Promise<Member> {
    return this.#changes.append(name, data, options)
  }

  file(name: string, mode?: OpenMode, options?: FileOptions & { readonly encoding?: undefined }): Promise<CofferFile<Uint8Array<ArrayBuffer>>>
  file(name: string, mode: OpenMode | undefined, options: FileOptions & { readonly encoding: string }): Promise<CofferFile<string>>
  file(name: string, mode?: OpenMode, options?: FileOptions): Promise<CofferFile>
  async file(name: string, mode: OpenMode = 'r', options: FileOptions = {}): Promise<CofferFile> {
    if (mode === 'r') return this.#openRead(name, options)
    if (!['w', 'a', 'x'].includes(mode)) throw new TypeError('`mode` is "r", "w", "a" or "x".')
    this.#session.assertWritable()
    this.#changes.checkName(name)
    // Not what is under way, which may be taken back.
    const { standing } = this.#session.log.catalog
    const existing = standing.get(name)
    if (mode === 'x' && existing) throw existsError(name)
    checkPlace(standing, name, 'file')
    const spool = new Spool(this.#session.storage)
    const baseBytes = mode === 'a' && existing?.type === 'file' ? existing.size : 0
    const handle: CofferFile = createWriteHandle(
      name,
      {
        mode,
        spool,
        baseBytes,
        commit: async () => {
          if (mode === 'a') await this.#changes.appendPieces(name, spool.read(), options)
          else await this.#changes.writePieces(name, spool.read(), spool.size, { ...options, replace: mode !== 'x' })
        },
        onEnd: () => this.#handles.delete(handle),
      },
      options,
    )
    this.#handles.add(handle)
    return handle
  }

  async makeDirectory(name: string, options: MetaOptions = {}): Promise<Member> {
    return this.#changes.makeDirectory(name, options)
  }

  async link(name: string, target: string, options: MetaOptions = {}): Promise<Member> {
    return this.#changes.link(name, target, options)
  }

  async stat(name: string): Promise<Member | undefined> {
    const entry = this.#standing(name)
    return entry && toMember(entry)
  }

  async has(name: string): Promise<boolean> {
    return this.#standing(name) !== undefined
  }

  #standing(name: string): Entry | undefined {
    this.#session.assertOpen()
    checkText(name)
    return this.#session.log.catalog.standing.get(name)
  }

  members(prefix = ''): AsyncGenerator<Member> {
    return this.#membersOf(Array.from(this.#session.log.catalog.standing.entries()), prefix)
  }

  async *#membersOf(entries: readonly Entry[], prefix: string): AsyncGenerator<Member> {
    this.#session.assertOpen()
    checkText(prefix)
    for (const entry of entries) if (entry.name.startsWith(prefix)) yield toMember(entry)
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    await this.#changes.delete(name, options)
  }

  async move(from: string, to: string, options: TaskOptions = {}): Promise<void> {
    await this.#changes.move(from, to, options)
  }

  async dump(name: string, value: unknown, { codec = jsonCodec, ...options }: WriteOptions & { readonly codec?: ValueCodec | undefined } = {}): Promise<Member> {
    return this.write(name, codec.encode(value), options)
  }

  async load(name: string, { codec = jsonCodec }: { readonly codec?: ValueCodec | undefined } = {}): Promise<unknown> {
    return codec.decode(await this.read(name))
  }

  async flush({ force = false }: { readonly force?: boolean | undefined } = {}): Promise<void> {
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
    for (const handle of this.#handles) {
      try {
        await handle.close()
      } catch (error) {
        this.#unwritten ??= { error }
      }
    }
    await this.#session.close()
    await this.#closeReaders()
    const unwritten = this.#unwritten
    this.#unwritten = undefined
    if (unwritten) throw unwritten.error
  }

  async discard(): Promise<void> {
    for (const handle of Array.from(this.#handles)) await handle.abort()
    await this.#session.discard()
    await this.#closeReaders()
  }

  /** They are of no use any more, and would keep the file open until somebody closed them. */
  async #closeReaders(): Promise<void> {
    for (const handle of Array.from(this.#readers)) await handle.close()
  }

  async #dispose(): Promise<void> {
    try {
      await this.close()
    } catch (error) {
      // Nobody can come back to a coffer whose scope has ended: give the lock back at least.
      await this.discard()
      throw error
    }
  }

  async #openRead(name: string, options: FileOptions): Promise<CofferFile> {
    this.#session.assertOpen()
    const { log } = this.#session
    const file = this.#fileEntry(log, name)
    log.acquire()
    const assertOpen = (): void => {
      this.#session.assertOpen()
      if (!this.#readers.has(handle)) throw closedHandleError(name)
    }
    const { signal } = options
    const handle: CofferFile = createReadHandle(
      name,
      {
        size: file.size,
        async *pieces(start, end) {
          const pieces = log.reader.readRange(file, start, end, { signal })
          try {
            for (;;) {
              assertOpen()
              const next = await log.use(() => pieces.next())
              if (next.done) return
              assertOpen()
              yield next.value
            }
          } finally {
            await pieces.return(undefined)
          }
        },
        async read(start, end) {
          assertOpen()
          return log.use(() => readAll(log.reader, file, start, end, { signal }))
        },
        release: () => {
          this.#readers.delete(handle)
          return log.release()
        },
      },
      options,
    )
    this.#readers.add(handle)
    return handle
  }

  async *#pieces(file: CofferFile, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const { blockBytes } = this.#settings
    const { start, end } = rangeOf(options, file.size)
    for (let at = start, next; at < end; at = next) {
      // No further than to where a block ends, so that none is decoded twice.
      next = Math.min(end, at - (at % blockBytes) + blockBytes)
      const piece = await file.read(at, next)
      options.onProgress?.({ phase: 'read', done: next - start, total: end - start })
      yield piece
    }
  }

  #fileEntry(log: Log, name: string): FileEntry {
    checkText(name)
    const { standing } = log.catalog
    const entry = standing.get(name)
    if (entry?.type === 'file') return entry
    if (entry || standing.hasBelow(name)) {
      throw new CofferError('ERR_COFFER_CONFLICT', `${quoteName(name)} is a ${entry?.type ?? 'directory'} in this coffer, not a file.`)
    }
    throw notFoundError(name)
  }

  #looseCoding(): LooseCoding {
    // Each time anew: the keys may have been changed, and a coffer that is closed has none to lend.
    const current = (): Recipe => {
      this.#session.assertOpen()
      const { recipe } = this.#session
      const member = recipe.member ?? recipe.container
      return { ...recipe, compression: member ? 'member' : 'none', member, container: undefined }
    }
    return {
      get isSealed() {
        return current().member !== undefined
      },
      createCoder: async () => inlineEngine().createCoder(current()),
      async createCipher() {
        const { member } = current()
        return member?.kind.create(member.key)
      },
    }
  }
}

function rangeOf({ start = 0, end }: ReadOptions, size: number): { start: number; end: number } {
  const from = Math.min(checkOffset(start), size)
  return { start: from, end: Math.max(from, Math.min(end === undefined ? size : checkOffset(end), size)) }
}
