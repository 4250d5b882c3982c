import { lstat, open, readdir, readlink, realpath, stat, type FileHandle } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { CofferError, isCofferError } from '@coffer/core'
import picomatch from 'picomatch'
import { systemCode, withStorageErrors } from '@coffer/core/internal'
import { assertFromHere } from './coffer-path.js'
import { byText, decodeName, foundOf, SOURCE_FLAGS, type Child, type ChildName, type Found } from '@coffer/worker/internal'
import { runningThreads } from './threads.js'

/** What to do with symlinks in a source: keep them as they are, take what they point to inside the source, or leave them out. */
export type SymlinkPolicy = 'store' | 'follow' | 'skip'

export interface WalkOptions {
  readonly symlinks?: SymlinkPolicy | undefined
  /**
   * Globs of what is left out, a directory with all that is in it. One without a slash stands for a name anywhere, such as `*.log` or
   * `node_modules`; one with a slash for a path from the source on, such as `docs/*.md`, `/build` or `**\/cache/tmp`. `!` takes nothing back: it is a
   * letter like any other.
   */
  readonly exclude?: readonly string[] | undefined
  /** Told what is left out because it cannot be stored: sockets, devices, links that lead out of the source. */
  readonly onSkip?: ((path: string, reason: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** One thing in a source. */
export interface SourceEntry {
  readonly path: string
  /** Relative to the source, components separated by `/`; empty for the source itself. */
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly size: number
  readonly mode: number
  readonly mtimeMs: number
  readonly target?: string
}

const READ_BYTES = 524_288
/** Directories that are listed before their turn, in each that is walked. */
const LISTED_AHEAD = 2
/** Why what was there a moment ago is left out. */
export const GONE = 'it was removed meanwhile'
/** What is said to be empty is read in smaller pieces: most of it is. */
const PROBE_BYTES = 4096
/** The latest time that a member can have, and a file of another program's making may pass. */
const MAX_TIME_MS = 253_402_300_799_000

/**
 * All of a source, directories before what is in them, in the order of their names. Nothing outside it is looked at, unless somebody
 * swaps a directory for a link in the very moment. `leaveOut` is asked about real paths; `onLeftOut` is told the names of what is there
 * and is not given, but for links.
 */
export async function* walkTree(
  source: string,
  options: WalkOptions = {},
  leaveOut?: (path: string) => boolean,
  onLeftOut?: (name: string) => void,
): AsyncGenerator<SourceEntry> {
  const { exclude = [], symlinks = 'store' } = options
  if (!Array.isArray(exclude)) throw new TypeError('`exclude` is an array of globs.')
  if (!['store', 'follow', 'skip'].includes(symlinks)) throw new TypeError('`symlinks` is "store", "follow" or "skip".')
  assertFromHere(source)
  const root = await withStorageErrors(`read ${source}`, () => realpath(source)).catch(async (error: unknown) => {
    // The shell's <(command), whose real path leads nowhere.
    if (await stat(source).then((stats) => stats.isFIFO() || stats.isSocket(), () => false)) throw new CofferError('ERR_COFFER_UNSUPPORTED', `${source} is a pipe or a socket, which cannot be stored.`)
    throw error
  })
  const walker = new Walker(root, symlinks, matcherOf(exclude), { ...options, leaveOut, onLeftOut })
  const stats = await withStorageErrors(`read ${source}`, () => stat(root, { bigint: true }))
  yield* walker.walk(root, '', foundOf(stats), [])
}

/** Whether a name from the source on is left out by `exclude`. */
export function matcherOf(globs: readonly string[]): (name: string) => boolean {
  const matchers = globs.map((glob) => {
    const bare = glob.replace(/^\.?\//, '').replace(/\/+$/, '')
    return picomatch(bare, { dot: true, nonegate: true, matchBase: bare === glob.replace(/\/+$/, '') && !bare.includes('/') })
  })
  return (name) => matchers.some((matches) => matches(name))
}

interface WalkerOptions extends WalkOptions {
  readonly leaveOut: ((path: string) => boolean) | undefined
  readonly onLeftOut: ((name: string) => void) | undefined
}

class Walker {
  readonly #root: string
  readonly #symlinks: SymlinkPolicy
  readonly #isExcluded: (name: string) => boolean
  readonly #options: WalkerOptions
  /** Directories that are being listed before their turn. */
  readonly #listed = new Map<string, Promise<Child[]>>()

  constructor(root: string, symlinks: SymlinkPolicy, isExcluded: (name: string) => boolean, options: WalkerOptions) {
    this.#root = root
    this.#symlinks = symlinks
    this.#isExcluded = isExcluded
    this.#options = options
  }

  async *walk(path: string, name: string, found: Found, above: readonly string[]): AsyncGenerator<SourceEntry> {
    this.#options.signal?.throwIfAborted()
    if (this.#options.leaveOut?.(path)) {
      if (name === '') throw new CofferError('ERR_COFFER_UNSUPPORTED', `${path} cannot be stored in itself.`)
      this.#options.onLeftOut?.(name)
      return
    }
    const { type, size, mode } = found
    const common = { path, name, mode, mtimeMs: Math.min(MAX_TIME_MS, Math.max(0, found.mtimeMs)) }
    if (type === 'file') {
      yield { ...common, type, size }
    } else if (type === 'symlink') {
      yield* this.#walkLink(common, above)
    } else if (type === 'directory') {
      const children = await (name === '' ? this.#take(path) : ifThere(this.#take(path)))
      if (children) {
        yield { ...common, type, size: 0 }
        yield* this.#walkChildren(path, name, children, [...above, String(found.id)])
      } else {
        this.#skip(path, name, GONE)
      }
    } else {
      this.#options.onLeftOut?.(name)
      this.#skip(path, name, 'it is neither a file nor a directory nor a link')
    }
  }

  async *#walkChildren(path: string, name: string, all: readonly Child[], above: readonly string[]): AsyncGenerator<SourceEntry> {
    const nameOf = ({ text }: ChildName): string => (name === '' ? text : `${name}/${text}`)
    const children = all.filter((child) => {
      const isExcluded = this.#isExcluded(nameOf(child))
      if (isExcluded) this.#options.onLeftOut?.(nameOf(child))
      return !isExcluded
    })
    const directories = children.filter(({ found }) => found?.type === 'directory')
    this.#ahead(path, directories.splice(0, LISTED_AHEAD))
    for (const child of children) {
      const childName = nameOf(child)
      if (!child.isText) {
        throw new CofferError('ERR_COFFER_NAME', `${path} holds a name that is not UTF-8 (${JSON.stringify(child.text)}): rename it, or exclude it.`)
      }
      const childPath = join(path, child.text)
      const found = child.found ?? (await foundAt(childPath))
      if (found?.type === 'directory') this.#ahead(path, directories.splice(0, 1))
      if (found) yield* this.walk(childPath, childName, found, above)
      else this.#skip(childPath, childName, GONE)
    }
  }

  async *#walkLink(common: { path: string; name: string; mode: number; mtimeMs: number }, above: readonly string[]): AsyncGenerator<SourceEntry> {
    const { path, name } = common
    if (this.#symlinks === 'skip') return
    if (this.#symlinks === 'store') {
      const target = await ifThere(withStorageErrors(`read ${path}`, () => readlink(path)))
      if (target === undefined) this.#skip(path, name, GONE)
      else yield { ...common, type: 'symlink', size: 0, target: target.split(sep).join('/') }
      return
    }
    const real = await realpath(path).catch(() => undefined)
    const inside = real === undefined ? '..' : relative(this.#root, real)
    if (real === undefined || inside === '..' || inside.startsWith(`..${sep}`) || resolve(inside) === inside) {
      this.#skip(path, name, 'it is a link that leads out of the source, or nowhere')
      return
    }
    const stats = await ifThere(withStorageErrors(`read ${path}`, () => stat(real, { bigint: true })))
    if (!stats) {
      this.#skip(path, name, GONE)
      return
    }
    const found = foundOf(stats)
    if (found.id !== undefined && above.includes(found.id)) {
      this.#skip(path, name, 'it is a link to a directory that it is in')
      return
    }
    yield* this.walk(real, name, found, above)
  }

  #skip(path: string, name: string, reason: string): void {
    if (name === '') throw new CofferError('ERR_COFFER_UNSUPPORTED', `${path} cannot be stored: ${reason}.`)
    this.#options.onSkip?.(path, reason)
  }

  /** Begins to list directories that are walked next, where a thread does it. */
  #ahead(path: string, directories: readonly ChildName[]): void {
    const threads = runningThreads()
    if (!threads) return
    for (const { text } of directories) {
      const listed = threads.list(join(path, text))
      listed.catch(() => undefined)
      this.#listed.set(join(path, text), listed)
    }
  }

  /** What is in a directory, in the order of the names. */
  async #take(path: string): Promise<Child[]> {
    const listed = this.#listed.get(path) ?? runningThreads()?.list(path)
    this.#listed.delete(path)
    // Threads may end; what is wrong with the directory shows here too.
    return (await listed?.catch(() => undefined)) ?? listDirectory(path)
  }
}

/** The same without a thread: each of them is looked at when its turn comes. */
async function listDirectory(path: string): Promise<Child[]> {
  return withStorageErrors(`read ${path}`, async () => {
    const names = (await readdir(path, { encoding: 'buffer' })).map(decodeName)
    return names.sort(byText).map(({ text, isText }) => ({ text, isText, found: undefined }))
  })
}

async function foundAt(path: string): Promise<Found | undefined> {
  const stats = await ifThere(withStorageErrors(`read ${path}`, () => lstat(path, { bigint: true })))
  return stats && foundOf(stats)
}

/** Nothing for what was removed meanwhile. */
async function ifThere<T>(looked: Promise<T>): Promise<T | undefined> {
  return looked.catch((error: unknown) => {
    if (isCofferError(error, 'ERR_COFFER_NOT_FOUND')) return undefined
    throw error
  })
}

/** A file of a source, open. */
export interface OpenSource {
  /** Bytes when it was opened. The system has files that say 0 and are not empty, as in /proc. */
  readonly size: number
  readonly descriptor: number
  /** The content in pieces of 512 KiB, each in fresh memory; what is written to it later than the opening is not waited for. */
  pieces(signal?: AbortSignal): AsyncGenerator<Uint8Array>
  close(): Promise<void>
}

/** What systems say of a link, a socket or a device where a file was. */
const NO_FILE: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK', 'ENXIO', 'ENODEV'])

/**
 * Opens a file of a source. A link or pipe that has taken its place meanwhile is not followed.
 * @throws CofferError `ERR_COFFER_NOT_FOUND` where there is no file at its place any more.
 */
export async function openSource({ path }: Pick<SourceEntry, 'path'>): Promise<OpenSource> {
  const gone = (): CofferError => new CofferError('ERR_COFFER_NOT_FOUND', `${path} was a file and is none any more.`)
  const handle = await withStorageErrors(`read ${path}`, () => open(path, SOURCE_FLAGS)).catch((error: unknown) => {
    throw isCofferError(error, 'ERR_COFFER_IO') && NO_FILE.has(systemCode(error.cause) ?? '') ? gone() : error
  })
  try {
    const stats = await withStorageErrors(`read ${path}`, () => handle.stat())
    if (!stats.isFile()) throw gone()
    const { size } = stats
    return {
      size,
      descriptor: handle.fd,
      pieces: (signal) => readPieces(path, handle, size, signal),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function* readPieces(path: string, handle: FileHandle, size: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const end = size === 0 ? Infinity : size
  for (let at = 0; at < end; ) {
    signal?.throwIfAborted()
    const piece = Buffer.allocUnsafeSlow(end === Infinity ? PROBE_BYTES : Math.min(READ_BYTES, end - at))
    const length = await withStorageErrors(`read ${path}`, () => readFull(handle, piece, at))
    if (length > 0) yield new Uint8Array(piece.buffer, 0, length)
    at += length
    if (length < piece.length) return
  }
}

/** The content of a file, which is open while it is read; see {@link openSource}. */
export async function* readSource(entry: SourceEntry, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const source = await openSource(entry)
  try {
    yield* source.pieces(signal)
  } finally {
    await source.close()
  }
}

async function readFull(handle: FileHandle, into: Buffer, at: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}
