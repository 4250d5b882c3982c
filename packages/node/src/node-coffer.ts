import { basename, resolve } from 'node:path'
import { CofferError, type Coffer, type Engine, type OpenOptions, type TaskOptions } from '@coffer/core'
import { adaptiveEngine, checkName, inOrder, OpenCoffer, openSession, portabilityProblem, readMembers, rechunk, settingsOf, toMember, type Entry, type Log, type Session } from '@coffer/core/internal'
import { realTarget } from './coffer-path.js'
import { belongsToCoffer, fileStorage, type FileStorageOptions } from './file-storage.js'
import { readSource, walkTree, type SourceEntry, type WalkOptions } from './tree-walk.js'
import { TreeWriter, type ExtractProblem, type TreeWriterOptions } from './tree-writer.js'

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
  /**
   * Adds a file, or a directory with all below it, under `name` or its own name. All or nothing: when it fails or is aborted, nothing
   * of it remains. Memory does not grow with what is added. The coffer itself and the files beside it are left out.
   */
  add(source: string, name?: string, options?: AddOptions): Promise<AddReport>
  /** Writes a member, or all below a directory, with its full name below `directory`, which is made. Nothing is written outside it. */
  extract(name: string, directory: string, options?: ExtractOptions): Promise<ExtractReport>
  /** The same for all members. */
  extractAll(directory: string, options?: ExtractOptions): Promise<ExtractReport>
}

/** Files that are read or written at once; each takes a descriptor. */
const FILES_AT_ONCE = 8
/** Larger files are read while they are written, not before. */
const READ_AHEAD_BYTES = 524_288

/** One for all coffers of the process, whose threads come when there is much to code. */
const threadsWhenWorthIt = adaptiveEngine(sharedThreads)
let threads: Promise<Engine> | undefined

function sharedThreads(): Promise<Engine> {
  threads ??= import('@coffer/worker').then(({ createSharedEngine }) => createSharedEngine())
  return threads
}

/** Opens the coffer at `path`, or makes one; see {@link @coffer/core!openCoffer}. */
export async function openCoffer(path: string, options: NodeOpenOptions): Promise<NodeCoffer> {
  const { session, opening } = await openSession(fileStorage(path, options), { ...options, engine: options.engine ?? threadsWhenWorthIt })
  return new FileCoffer(session, settingsOf(opening), await realTarget(path))
}

class FileCoffer extends OpenCoffer implements NodeCoffer {
  readonly #session: Session
  readonly #settings: ConstructorParameters<typeof OpenCoffer>[1]
  readonly #path: string

  constructor(session: Session, settings: ConstructorParameters<typeof OpenCoffer>[1], path: string) {
    super(session, settings)
    this.#path = path
    this.#session = session
    this.#settings = settings
  }

  async add(source: string, name: string = basename(resolve(source)), options: AddOptions = {}): Promise<AddReport> {
    this.#session.assertWritable()
    checkName(name)
    const { signal, onProgress } = options
    const leaveOut = (path: string): boolean => belongsToCoffer(path, this.#path)
    const total = onProgress && (await totalBytes(source, options, leaveOut))
    const report = { files: 0, directories: 0, symlinks: 0, bytes: 0 }
    const onBlock = (bytes: number): void => {
      report.bytes += bytes
      onProgress?.({ phase: 'add', done: report.bytes, total })
    }
    await this.#session.mutate(async (log) => {
      const loaded = inOrder(walkTree(source, options, leaveOut), FILES_AT_ONCE, (entry) => loadSmall(entry, signal))
      for await (const { entry, pieces } of loaded) {
        signal?.throwIfAborted()
        await this.#put(log, entry, entry.name === '' ? name : `${name}/${entry.name}`, pieces, options, onBlock)
        if (entry.type === 'file') report.files += 1
        else if (entry.type === 'directory') report.directories += 1
        else report.symlinks += 1
      }
    }, options)
    return report
  }

  async extract(name: string, directory: string, options: ExtractOptions = {}): Promise<ExtractReport> {
    return this.#session.read(async (log) => {
      const entries = [...log.catalog.entries()].filter((entry) => entry.name === name || entry.name.startsWith(`${name}/`))
      if (entries.length === 0) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${JSON.stringify(name)} in this coffer.`)
      return extractEntries(log, entries, directory, options)
    })
  }

  async extractAll(directory: string, options: ExtractOptions = {}): Promise<ExtractReport> {
    return this.#session.read((log) => extractEntries(log, [...log.catalog.entries()], directory, options))
  }

  async #put(
    log: Log,
    entry: SourceEntry,
    name: string,
    pieces: AsyncIterable<Uint8Array>,
    { replace, signal }: AddOptions,
    onBlock: (bytes: number) => void,
  ): Promise<void> {
    const { catalog, writer } = log
    checkName(name)
    const problem = this.#settings.portable ? portabilityProblem(name) : undefined
    if (problem !== undefined) throw new CofferError('ERR_COFFER_NAME', `${JSON.stringify(name)} is not portable: ${problem}.`)
    if (replace === false && entry.type !== 'directory' && catalog.get(name)) {
      throw new CofferError('ERR_COFFER_EXISTS', `There is a ${JSON.stringify(name)} in this coffer already.`)
    }
    catalog.checkPlace(name, entry.type)
    const meta = { name, mode: entry.mode, mtimeMs: entry.mtimeMs }
    if (entry.type === 'directory') catalog.put(await writer.putDirectory(meta))
    else if (entry.type === 'symlink') catalog.put(await writer.putSymlink({ ...meta, target: entry.target ?? '' }))
    else {
      const { blockBytes } = this.#settings
      catalog.put(await writer.putFile({ ...meta, blockBytes }, rechunk(pieces, blockBytes, true), { signal, onBlock }))
    }
  }
}

async function totalBytes(source: string, options: AddOptions, leaveOut: (path: string) => boolean): Promise<number> {
  let total = 0
  for await (const entry of walkTree(source, { ...options, onSkip: undefined }, leaveOut)) total += entry.size
  return total
}

/** Reads a small file at once, so that several can be read at a time; a large one when its turn comes. */
async function loadSmall(entry: SourceEntry, signal: AbortSignal | undefined): Promise<{ entry: SourceEntry; pieces: AsyncIterable<Uint8Array> }> {
  if (entry.type !== 'file' || entry.size > READ_AHEAD_BYTES) return { entry, pieces: readSource(entry, signal) }
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of readSource(entry, signal)) {
    pieces.push(piece)
    bytes += piece.length
    // It has grown.
    if (bytes > READ_AHEAD_BYTES) return { entry, pieces: readSource(entry, signal) }
  }
  return { entry, pieces: given(pieces) }
}

async function* given(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

async function extractEntries(log: Log, entries: readonly Entry[], directory: string, options: ExtractOptions): Promise<ExtractReport> {
  const { signal, onProgress } = options
  const tree = await TreeWriter.create(directory, options)
  const total = entries.reduce((sum, entry) => sum + toMember(entry).size, 0)
  let files = 0
  let bytes = 0
  const counted = async function* (blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const block of blocks) {
      signal?.throwIfAborted()
      yield block
      bytes += block.length
      onProgress?.({ phase: 'extract', done: bytes, total })
    }
  }
  const written = inOrder(readMembers(log.reader, entries, { signal }), FILES_AT_ONCE, async (content) => {
    const { entry } = content
    const { name, mode, mtimeMs } = entry
    if (entry.type === 'directory') await tree.directory(name, { mode, mtimeMs })
    else if (entry.type === 'symlink') await tree.symlink(name, entry.target, { mode, mtimeMs })
    else return tree.file(name, { mode, mtimeMs }, counted(content.blocks()))
    return undefined
  })
  for await (const size of written) if (size !== undefined) files += 1
  await tree.finish()
  return { files, bytes, problems: tree.problems }
}

