import { CofferError, type Coffer, type CofferStorage, type Engine, type OpenOptions, type TaskOptions } from '@coffer/core'
import {
  adaptiveEngine,
  checkName,
  checkNewEntry,
  ENTRIES_AT_ONCE,
  inOrder,
  OpenCoffer,
  openSession,
  ownedBlocks,
  putEntries,
  quoteName,
  readMembers,
  settingsOf,
  toBlocks,
  type Entry,
  type Log,
  type MemberContent,
  type PutOptions,
  type PutSettings,
  type Session,
  type SourceBlock,
  type StartedEntry,
} from '@coffer/core/internal'
import { archiveOf, type ArchiveFormat } from './archive.js'
import { toBlob, toStream } from './blob-writer.js'
import type { ExtractProblem } from './directory-writer.js'
import { exportFile, type CofferExport } from './export-file.js'
import { announce } from './notices.js'
import { readable, readablePieces } from './source-error.js'
import { storageFunctions, type StorageKind } from './storages.js'
import { tapped, totalBytes } from './tapped.js'
import { treeSource, type AddSource, type SourceEntry } from './tree-source.js'

export interface BrowserOpenOptions extends OpenOptions {
  /** Where the coffer is kept; `'indexeddb'` where nothing is said. */
  readonly storage?: StorageKind | undefined
}

export interface AddOptions extends TaskOptions {
  /** With `false`, `ERR_COFFER_EXISTS` where a file to be added is there already. */
  readonly replace?: boolean | undefined
  /** Leaves out what it says `true` to, with all below; it is given the name in the coffer. */
  readonly exclude?: ((name: string) => boolean) | undefined
}

export interface AddReport {
  readonly files: number
  readonly directories: number
  /** Plaintext bytes. */
  readonly bytes: number
}

export interface ExtractOptions extends TaskOptions {
  /** With `false`, a file that is there is left and reported. */
  readonly overwrite?: boolean | undefined
  /** What a directory becomes that is extracted to a blob; `'tar'` where nothing is said. */
  readonly format?: ArchiveFormat | undefined
}

export interface ExtractReport {
  readonly files: number
  readonly bytes: number
  /** Members that the directory could not take; all others were written. */
  readonly problems: readonly ExtractProblem[]
}

/** A coffer in a browser, which also takes in and gives out files and directory trees. */
export interface BrowserCoffer extends Coffer {
  /** Where the browser keeps it; `undefined` where it was opened in a storage that was given. */
  readonly storage: StorageKind | undefined
  /**
   * Adds a file, or a tree, under `name` or its own name. A list or a drop has a name for each file; they go below `name` where one is
   * given. All or nothing: when it fails or is aborted, nothing of it remains. Memory does not grow with what is added. Of a drop, call
   * it within its event.
   */
  add(source: AddSource, name?: string, options?: AddOptions): Promise<AddReport>
  /** A file as a blob, a directory as an archive of all below it. The blob is in the clear, and browsers may put it on the disk. */
  extract(name: string, target?: undefined, options?: ExtractOptions): Promise<Blob>
  /** Writes a member, or all below a directory, with its full name below `target`. */
  extract(name: string, target: FileSystemDirectoryHandle, options?: ExtractOptions): Promise<ExtractReport>
  /** The same for all members. */
  extractAll(target: FileSystemDirectoryHandle, options?: ExtractOptions): Promise<ExtractReport>
  /** A member and all below it, or with `''` all members, as an archive that is made while it is read. */
  archive(name: string, format: ArchiveFormat, options?: TaskOptions): ReadableStream<Uint8Array<ArrayBuffer>>
  /**
   * The coffer's file as its last commit has it, as encrypted as it is: the same bytes as a file on a disk, for Node and PyCoffer. What was
   * not flushed is flushed first. Changes may go on while it is read, and are not in it.
   */
  export(options?: TaskOptions): Promise<CofferExport>
  /** Closes this one, and opens what is there now with the same options: for a reader whose coffer another tab has changed. */
  reopen(): Promise<BrowserCoffer>
}

/** Larger files are read while they are written, not before. */
const READ_AHEAD_BYTES = 524_288
/** One for all coffers of the page, whose workers come when there is much to code. */
// A page that codes more than a little itself stands still.
const workersWhenWorthIt = adaptiveEngine(sharedWorkers, { expectedBytes: 4_194_304, largeBytes: 1_048_576 })
let workers: Promise<Engine> | undefined

function sharedWorkers(): Promise<Engine> {
  workers ??= import('@coffer/worker').then(({ createSharedEngine }) => createSharedEngine())
  return workers
}

/**
 * Opens the coffer of that name in this browser, or makes one; or one in a storage of another kind, such as
 * {@link @coffer/core!httpStorage} or {@link blobStorage}. See {@link @coffer/core!openCoffer}.
 *
 * @throws CofferError as there; `ERR_COFFER_UNSUPPORTED` where the browser keeps no data or has no Web Locks.
 * @example
 * ```ts
 * const keys = await generateKeys('bank')
 * await using coffer = await openCoffer('vault', { mode: 'x', keys })
 * await coffer.add(input.files)
 * ```
 */
export async function openCoffer(place: string | CofferStorage, options: BrowserOpenOptions): Promise<BrowserCoffer> {
  const { storage: kind = 'indexeddb' } = options
  const isKept = typeof place === 'string'
  const storage = isKept ? storageFunctions(kind).open(place) : place
  const { session, opening } = await openSession(storage, { ...options, engine: options.engine ?? workersWhenWorthIt })
  return new BrowserFileCoffer(session, settingsOf(opening), { place, kind: isKept ? kind : undefined, options })
}

/** What a coffer was opened by. */
interface Opened {
  readonly place: string | CofferStorage
  readonly kind: StorageKind | undefined
  readonly options: BrowserOpenOptions
}

class BrowserFileCoffer extends OpenCoffer implements BrowserCoffer {
  readonly storage: StorageKind | undefined
  readonly #session: Session
  readonly #settings: ConstructorParameters<typeof OpenCoffer>[1]
  readonly #opened: Opened

  constructor(session: Session, settings: ConstructorParameters<typeof OpenCoffer>[1], opened: Opened) {
    super(session, settings)
    this.storage = opened.kind
    this.#session = session
    this.#settings = settings
    this.#opened = opened
    const { kind, place } = opened
    if (!kind || typeof place !== 'string') return
    session.onCommit = () => announce(kind, place, { kind: 'committed', generation: this.generation, fingerprint: this.fingerprint })
  }

  async reopen(): Promise<BrowserCoffer> {
    await this.close()
    const { place, options } = this.#opened
    return openCoffer(place, { ...options, mode: this.mode === 'r' ? 'r' : 'a' })
  }

  async add(source: AddSource, name?: string, options: AddOptions = {}): Promise<AddReport> {
    // Before anything is waited for: a drop's content is gone after its event.
    const tree = treeSource(source, name !== undefined)
    this.#session.assertWritable()
    const prefix = name ?? tree.name ?? ''
    if (name !== undefined || tree.name !== undefined) checkName(prefix)
    const { signal, onProgress, exclude } = options
    const report = { files: 0, directories: 0, bytes: 0 }
    const onBlock = (bytes: number): void => {
      report.bytes += bytes
      onProgress?.({ phase: 'add', done: report.bytes, total: tree.total })
    }
    const excluded: string[] = []
    const files = new Set<string>()
    async function* wanted(): AsyncGenerator<NamedEntry> {
      for await (const entry of tree.entries) {
        signal?.throwIfAborted()
        const memberName = joinNames(prefix, entry.name)
        if (excluded.some((directory) => memberName.startsWith(directory))) continue
        if (exclude?.(memberName)) {
          excluded.push(`${memberName}/`)
          continue
        }
        if (entry.type === 'file') {
          if (files.has(memberName)) throw new CofferError('ERR_COFFER_EXISTS', `Two of the files to be added are called ${quoteName(memberName)}: add each under a name of its own.`)
          files.add(memberName)
        }
        yield { entry, name: memberName }
      }
    }
    const settings: PutSettings = { portable: this.#settings.portable, replace: options.replace }
    const { givenUp } = this.#session
    await this.#session.mutate(async (log) => {
      const { coder } = log.file.codecs
      const { blockBytes } = this.#settings
      if (tree.total !== undefined) coder.expect?.(tree.total, 'encode')
      async function* started(): AsyncGenerator<StartedEntry> {
        for await (const { entry, name: memberName, blocks } of inOrder(wanted(), ENTRIES_AT_ONCE, (named) => load(named, blockBytes, [signal, givenUp]))) {
          signal?.throwIfAborted()
          if (tree.total === undefined) coder.expect?.(entry.size, 'encode')
          checkNewEntry(log, { name: memberName, type: entry.type }, settings)
          yield await start(log, entry, { name: memberName, blockBytes }, blocks, { signal, onBlock, inBackground: true })
          if (entry.type === 'file') report.files += 1
          else report.directories += 1
        }
      }
      await putEntries(log, started(), (entry) => checkNewEntry(log, entry, settings))
    }, options)
    return report
  }

  extract(name: string, target?: undefined, options?: ExtractOptions): Promise<Blob>
  extract(name: string, target: FileSystemDirectoryHandle, options?: ExtractOptions): Promise<ExtractReport>
  async extract(name: string, target?: FileSystemDirectoryHandle, options: ExtractOptions = {}): Promise<Blob | ExtractReport> {
    if (target) return this.#extractInto(name, target, options)
    return this.#session.read(async (log) => {
      const entries = this.#entriesAt(log, name)
      const [first] = entries
      const total = totalBytes(entries)
      log.file.codecs.coder.expect?.(total, 'decode')
      if (entries.length === 1 && first?.type === 'file') return toBlob(counted(contents(log, entries, options), total, options))
      const { format = 'tar' } = options
      const archive = archiveOf(readMembers(log.reader, entries, { signal: options.signal }), format)
      return toBlob(counted(archive, total, options), format === 'tar' ? 'application/x-tar' : 'application/zip')
    })
  }

  async extractAll(target: FileSystemDirectoryHandle, options: ExtractOptions = {}): Promise<ExtractReport> {
    return this.#extractInto('', target, options)
  }

  /** What writes files is loaded when it is asked for: most pages never do. */
  async #extractInto(name: string, target: FileSystemDirectoryHandle, options: ExtractOptions): Promise<ExtractReport> {
    if (typeof target?.getFileHandle !== 'function') throw new TypeError('What is extracted goes into a directory, by a FileSystemDirectoryHandle.')
    return this.#session.read(async (log) => {
      const entries = this.#entriesAt(log, name)
      const { extractEntries } = await import('./extract-entries.js')
      return extractEntries(log, entries, target, options)
    })
  }

  archive(name: string, format: ArchiveFormat, options: TaskOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#session.assertOpen()
    const { log } = this.#session
    const entries = this.#entriesAt(log, name)
    const archive = archiveOf(readMembers(log.reader, entries, { signal: options.signal }), format)
    return toStream(heldOpen(log, counted(archive, totalBytes(entries), options)))
  }

  async export(options: TaskOptions = {}): Promise<CofferExport> {
    this.#session.assertOpen()
    if (this.writable) await this.flush({ force: this.generation === 0 })
    return exportFile(this.#session.log, options)
  }

  /** A member and all below it; all members for `''`. @throws CofferError `ERR_COFFER_NOT_FOUND`. */
  #entriesAt(log: Log, name: string): Entry[] {
    const entries = [...log.catalog.standing.entries()].filter((entry) => name === '' || entry.name === name || entry.name.startsWith(`${name}/`))
    if (entries.length === 0 && name !== '') throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${quoteName(name)} in this coffer.`)
    return entries
  }

}

interface NamedEntry {
  readonly entry: SourceEntry
  readonly name: string
}

/** Opens a file, and reads it where it is small, so that several are read at a time. */
async function load(
  named: NamedEntry,
  blockBytes: number,
  signals: readonly (AbortSignal | undefined)[],
): Promise<NamedEntry & { readonly blocks: AsyncIterable<SourceBlock> | undefined }> {
  const { entry, name } = named
  if (entry.type === 'directory') return { ...named, blocks: undefined }
  const content = await entry.open()
  if (!(content instanceof Blob)) return { ...named, blocks: toBlocks(content, blockBytes, signals) }
  if (content.size > READ_AHEAD_BYTES) return { ...named, blocks: readablePieces(name, toBlocks(content, blockBytes, signals)) }
  return { ...named, blocks: ownedBlocks([new Uint8Array(await readable(name, () => content.arrayBuffer()))], blockBytes) }
}

async function start(
  { writer }: Log,
  { type, mtimeMs = Date.now() }: SourceEntry,
  meta: { readonly name: string; readonly blockBytes: number },
  blocks: AsyncIterable<SourceBlock> | undefined,
  options: PutOptions,
): Promise<StartedEntry> {
  if (type === 'file' && blocks) return writer.startFile({ ...meta, mtimeMs, mode: 0o644 }, blocks, options)
  return { entry: Promise.resolve(await writer.putDirectory({ name: meta.name, mtimeMs, mode: 0o755 }, options)) }
}

async function* contents(log: Log, entries: readonly Entry[], { signal }: ExtractOptions): AsyncGenerator<Uint8Array> {
  const members: AsyncIterable<MemberContent> = readMembers(log.reader, entries, { signal })
  for await (const { blocks } of members) yield* blocks()
}

/** The log's file stays open while somebody reads, also if the coffer is compacted or closed meanwhile. */
async function* heldOpen(log: Log, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let end: () => void = () => undefined
  const using = log.use(() => new Promise<void>((resolve) => (end = resolve)))
  try {
    yield* pieces
  } finally {
    end()
    await using
  }
}

function counted(pieces: AsyncIterable<Uint8Array>, total: number, { signal, onProgress }: TaskOptions): AsyncIterable<Uint8Array> {
  let done = 0
  return tapped(pieces, signal, (bytes) => {
    done += bytes
    onProgress?.({ phase: 'extract', done: Math.min(done, total), total })
  })
}

function joinNames(prefix: string, name: string): string {
  if (name === '') return prefix
  return prefix === '' ? name : `${prefix}/${name}`
}
