import type { FileHandle } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { CofferError, type Coffer, type CofferStorage, type OpenOptions, type TaskOptions } from '@coffer/core'
import {
  checkName,
  contentOf,
  ENTRIES_AT_ONCE,
  inOrder,
  memberBatches,
  OpenCoffer,
  openSession,
  settingsOf,
  toMember,
  type CofferSettings,
  type Entry,
  type FileEntry,
  type Log,
  type MemberContent,
  type Session,
} from '@coffer/core/internal'
import { realTarget } from './coffer-path.js'
import { belongsToCoffer, fileStorage, pathOf, type FileStorageOptions } from './file-storage.js'
import { ofCoffer } from './same-file.js'
import { syncPlugin } from './sync.js'
import { DECODED_ENTRY_COST_BYTES, threadsWhenWorthIt } from './threads.js'
import { changeTree, keepParts, type NamedSource } from './tree-change.js'
import { GONE, walkTree, type SourceEntry, type WalkOptions } from './tree-walk.js'
import { TreeWriter, writePieces, type ExtractProblem, type IsOfCoffer, type TreeWriterOptions } from './tree-writer.js'

export interface NodeOpenOptions extends OpenOptions, FileStorageOptions {}

export interface AddOptions extends TaskOptions, WalkOptions {
  /** With `false`, `ERR_COFFER_EXISTS` where a file to be added is there already. */
  readonly replace?: boolean | undefined
}

export interface AddReport {
  readonly files: number
  readonly directories: number
  readonly symlinks: number
  /** Plaintext bytes. */
  readonly bytes: number
}

export interface ExtractOptions extends TaskOptions, TreeWriterOptions {}

export interface ExtractReport {
  readonly files: number
  readonly bytes: number
  /** Members that this system could not hold, or that would have left the target; all others were written. */
  readonly problems: readonly ExtractProblem[]
}

/** A coffer in a file, which also takes in and gives out directory trees. */
export interface NodeCoffer extends Coffer {
  /** The file, its real path; the name of a storage that is no file. */
  readonly path: string
  /**
   * Adds a file, or a directory with all below it, under `name` or its own name. All or nothing: when it fails or is aborted, nothing
   * of it remains. Memory does not grow with what is added. The coffer itself, its locks and its keyring are left out.
   */
  add(source: string, name?: string, options?: AddOptions): Promise<AddReport>
  /** Writes a member, or all below a directory, with its full name below `directory`, which is made. Nothing is written outside it. */
  extract(name: string, directory: string, options?: ExtractOptions): Promise<ExtractReport>
  /** The same for all members. */
  extractAll(directory: string, options?: ExtractOptions): Promise<ExtractReport>
}

/**
 * Opens the coffer at a path or a `file:` address, or makes one; or one in a storage of another kind, such as {@link @coffer/core!httpStorage}, which takes
 * in and gives out directory trees all the same. See {@link @coffer/core!openCoffer}.
 */
export async function openCoffer(place: string | URL | CofferStorage, options: NodeOpenOptions): Promise<NodeCoffer> {
  if (typeof options !== 'object' || options === null) throw new TypeError('The options of openCoffer are an object, such as { keys }.')
  const isPlace = typeof place === 'string' || place instanceof URL
  if (isPlace && /^https?:\/\//i.test(String(place))) {
    throw new TypeError('A coffer on a web server is opened by openCoffer(httpStorage(address), options).')
  }
  const { plugins = [] } = options
  const storage = isPlace ? fileStorage(place, options) : place
  const { session, opening } = await openSession(storage, {
    ...options,
    engine: options.engine ?? threadsWhenWorthIt,
    plugins: plugins.some(({ name }) => name === syncPlugin.name) ? plugins : [...plugins, syncPlugin],
  })
  const path = pathOf(storage)
  return new FileCoffer(session, settingsOf(opening), path === undefined ? storage.name : await realTarget(path))
}

class FileCoffer extends OpenCoffer implements NodeCoffer {
  readonly #session: Session
  readonly #settings: CofferSettings
  readonly path: string

  constructor(session: Session, settings: CofferSettings, path: string) {
    super(session, settings)
    this.path = path
    this.#session = session
    this.#settings = settings
    keepParts(this, { session, settings })
  }

  async add(source: string, name: string = basename(resolve(source)), options: AddOptions = {}): Promise<AddReport> {
    this.#session.assertWritable()
    checkName(name)
    const { signal, onProgress } = options
    const leaveOut = (path: string): boolean => belongsToCoffer(path, this.path)
    const total = onProgress && (await totalBytes(source, options, leaveOut))
    const report = { files: 0, directories: 0, symlinks: 0, bytes: 0 }
    await changeTree(
      { session: this.#session, settings: this.#settings },
      {
        sources: underName(walkTree(source, options, leaveOut), name),
        replace: options.replace,
        signal,
        onBlock: (bytes) => {
          report.bytes += bytes
          onProgress?.({ phase: 'add', done: report.bytes, total })
        },
        onGone: ({ path }) => options.onSkip?.(path, GONE),
        onEntry: ({ type }) => {
          report[({ file: 'files', directory: 'directories', symlink: 'symlinks' } as const)[type]] += 1
        },
      },
    )
    return report
  }

  async extract(name: string, directory: string, options: ExtractOptions = {}): Promise<ExtractReport> {
    return this.#session.read(async (log) => {
      const entries = [...log.catalog.standing.entries()].filter((entry) => entry.name === name || entry.name.startsWith(`${name}/`))
      if (entries.length === 0) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${JSON.stringify(name)} in this coffer.`)
      return extractEntries(log, entries, directory, options, ofCoffer(this.path))
    })
  }

  async extractAll(directory: string, options: ExtractOptions = {}): Promise<ExtractReport> {
    return this.#session.read((log) =>
      extractEntries(log, [...log.catalog.standing.entries()], directory, options, ofCoffer(this.path)),
    )
  }
}

async function* underName(entries: AsyncIterable<SourceEntry>, name: string): AsyncGenerator<NamedSource> {
  for await (const entry of entries) yield { entry, name: entry.name === '' ? name : `${name}/${entry.name}` }
}

async function totalBytes(source: string, options: AddOptions, leaveOut: (path: string) => boolean): Promise<number> {
  let total = 0
  for await (const entry of walkTree(source, { ...options, onSkip: undefined }, leaveOut)) total += entry.size
  return total
}

async function extractEntries(
  log: Log,
  entries: readonly Entry[],
  directory: string,
  options: ExtractOptions,
  isOfCoffer: IsOfCoffer,
): Promise<ExtractReport> {
  const { signal, onProgress } = options
  const tree = await TreeWriter.create(directory, options, isOfCoffer)
  const total = entries.reduce((sum, entry) => sum + toMember(entry).size, 0)
  log.file.codecs.coder.expect?.(total + entries.length * DECODED_ENTRY_COST_BYTES, 'decode')
  let files = 0
  let bytes = 0
  const count = (more: number): void => {
    bytes += more
    onProgress?.({ phase: 'extract', done: bytes, total })
  }
  const { reader } = log
  const extractOne = async (entry: Entry): Promise<number> => {
    const { name, mode, mtimeMs } = entry
    const meta = { mode, mtimeMs }
    if (entry.type === 'directory') await tree.directory(name, meta)
    else if (entry.type === 'symlink') await tree.symlink(name, entry.target, meta)
    else {
      const content = contentOf(reader, entry, { signal })
      const size = await tree.file(name, meta, (handle, path) => fillFile(log, content, handle, path, signal, count))
      return size === undefined ? 0 : 1
    }
    return 0
  }
  const written = inOrder(memberBatches(entries), ENTRIES_AT_ONCE, async (batch) => {
    signal?.throwIfAborted()
    if (!reader.canCreate(batch)) {
      let made = 0
      for (const entry of batch) made += await extractOne(entry)
      return made
    }
    const members: readonly FileEntry[] = batch
    const stands = await tree.files(
      members.map(({ name, mode, mtimeMs }) => ({ name, meta: { mode, mtimeMs } })),
      (made, of) => reader.createFiles(of.map((i) => members[i] as FileEntry), made, { signal }),
    )
    const done = members.filter((_, i) => stands[i])
    for (const { size } of done) count(size)
    return done.length
  })
  for await (const made of written) files += made
  await tree.finish()
  return { files, bytes, problems: tree.problems }
}

/** Writes a member's content; a large one straight from the threads that decode it, where they can. */
async function fillFile(
  log: Log,
  { entry, blocks }: MemberContent,
  handle: FileHandle,
  path: string,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<number> {
  if (entry.type === 'file' && entry.size > entry.blockBytes && log.reader.canCopy(entry)) {
    await log.reader.copyInto(entry, { descriptor: handle.fd, name: path }, { signal }, onBytes)
    return entry.size
  }
  return writePieces(handle, counted(blocks(), signal, onBytes))
}

async function* counted(blocks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const block of blocks) {
    signal?.throwIfAborted()
    yield block
    onBytes(block.length)
  }
}
