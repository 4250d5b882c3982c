import { constants, type BigIntStats } from 'node:fs'
import { lstat, open, opendir, readlink, realpath, stat, type FileHandle } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { CofferError } from '@coffer/core'
import picomatch from 'picomatch'
import { systemCode, withStorageErrors } from '@coffer/core/internal'

/** What to do with symlinks in a source: keep them as they are, take what they point to inside the source, or leave them out. */
export type SymlinkPolicy = 'store' | 'follow' | 'skip'

export interface WalkOptions {
  readonly symlinks?: SymlinkPolicy | undefined
  /**
   * Globs of what is left out, a directory with all that is in it. One without a slash stands for a name anywhere, such as `*.log` or
   * `node_modules`; one with a slash for a path from the source on, such as `docs/*.md`, `/build` or `**\/cache/tmp`.
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
/** What is said to be empty is read in smaller pieces: most of it is. */
const PROBE_BYTES = 4096
/** The latest time that a member can have, and a file of another program's making may pass. */
const MAX_TIME_MS = 253_402_300_799_000

/**
 * All of a source, directories before what is in them, in the order of their names. Nothing outside it is looked at, unless somebody
 * swaps a directory for a link in the very moment. `leaveOut` is asked about real paths.
 */
export async function* walkTree(source: string, options: WalkOptions = {}, leaveOut?: (path: string) => boolean): AsyncGenerator<SourceEntry> {
  const { exclude = [], symlinks = 'store' } = options
  if (!Array.isArray(exclude)) throw new TypeError('`exclude` is an array of globs.')
  if (!['store', 'follow', 'skip'].includes(symlinks)) throw new TypeError('`symlinks` is "store", "follow" or "skip".')
  const root = await withStorageErrors(`read ${source}`, () => realpath(source))
  const walker = new Walker(root, symlinks, matcherOf(exclude), { ...options, leaveOut })
  const stats = await withStorageErrors(`read ${source}`, () => stat(root, { bigint: true }))
  yield* walker.walk(root, '', stats, [])
}

/** Whether a name from the source on is left out by `exclude`. */
export function matcherOf(globs: readonly string[]): (name: string) => boolean {
  const matchers = globs.map((glob) => {
    const bare = glob.replace(/^\.?\//, '').replace(/\/+$/, '')
    return picomatch(bare, { dot: true, matchBase: bare === glob.replace(/\/+$/, '') && !bare.includes('/') })
  })
  return (name) => matchers.some((matches) => matches(name))
}

interface WalkerOptions extends WalkOptions {
  readonly leaveOut: ((path: string) => boolean) | undefined
}

class Walker {
  readonly #root: string
  readonly #symlinks: SymlinkPolicy
  readonly #isExcluded: (name: string) => boolean
  readonly #options: WalkerOptions

  constructor(root: string, symlinks: SymlinkPolicy, isExcluded: (name: string) => boolean, options: WalkerOptions) {
    this.#root = root
    this.#symlinks = symlinks
    this.#isExcluded = isExcluded
    this.#options = options
  }

  async *walk(path: string, name: string, stats: BigIntStats, above: readonly string[]): AsyncGenerator<SourceEntry> {
    this.#options.signal?.throwIfAborted()
    if (this.#options.leaveOut?.(path)) {
      if (name === '') throw new CofferError('ERR_COFFER_UNSUPPORTED', `${path} cannot be stored in itself.`)
      return
    }
    const mtimeMs = Math.min(MAX_TIME_MS, Math.max(0, Number(stats.mtimeNs) / 1e6))
    const common = { path, name, mode: Number(stats.mode & 0o777n), mtimeMs }
    if (stats.isFile()) {
      yield { ...common, type: 'file', size: Number(stats.size) }
    } else if (stats.isSymbolicLink()) {
      yield* this.#walkLink(common, above)
    } else if (stats.isDirectory()) {
      yield { ...common, type: 'directory', size: 0 }
      const here = [...above, `${stats.dev}:${stats.ino}`]
      for (const child of await this.#children(path)) {
        const childName = name === '' ? child.text : `${name}/${child.text}`
        if (this.#isExcluded(childName)) continue
        if (!child.isText) {
          throw new CofferError('ERR_COFFER_NAME', `${path} holds a name that is not UTF-8 (${JSON.stringify(child.text)}): rename it, or exclude it.`)
        }
        const childPath = join(path, child.text)
        const childStats = await withStorageErrors(`read ${childPath}`, () => lstatOrUndefined(childPath))
        if (childStats) yield* this.walk(childPath, childName, childStats, here)
        else this.#skip(childPath, childName, 'it was removed meanwhile')
      }
    } else {
      this.#skip(path, name, 'it is neither a file nor a directory nor a link')
    }
  }

  async *#walkLink(common: { path: string; name: string; mode: number; mtimeMs: number }, above: readonly string[]): AsyncGenerator<SourceEntry> {
    const { path, name } = common
    if (this.#symlinks === 'skip') return
    if (this.#symlinks === 'store') {
      const target = await withStorageErrors(`read ${path}`, () => readlink(path))
      yield { ...common, type: 'symlink', size: 0, target: target.split(sep).join('/') }
      return
    }
    const real = await realpath(path).catch(() => undefined)
    const inside = real === undefined ? '..' : relative(this.#root, real)
    if (real === undefined || inside === '..' || inside.startsWith(`..${sep}`) || resolve(inside) === inside) {
      this.#skip(path, name, 'it is a link that leads out of the source, or nowhere')
      return
    }
    const stats = await withStorageErrors(`read ${path}`, () => stat(real, { bigint: true }))
    if (stats.isDirectory() && above.includes(`${stats.dev}:${stats.ino}`)) {
      this.#skip(path, name, 'it is a link to a directory that it is in')
      return
    }
    yield* this.walk(real, name, stats, above)
  }

  #skip(path: string, name: string, reason: string): void {
    if (name === '') throw new CofferError('ERR_COFFER_UNSUPPORTED', `${path} cannot be stored: ${reason}.`)
    this.#options.onSkip?.(path, reason)
  }

  /** The names in a directory, in order. */
  async #children(path: string): Promise<ChildName[]> {
    return withStorageErrors(`read ${path}`, async () => {
      const names: ChildName[] = []
      // The types know only encodings of text.
      for await (const { name } of await opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 })) names.push(decodeName(name))
      return names.sort((a, b) => (a.text < b.text ? -1 : 1))
    })
  }
}

/** A file system's name as text; not quite that where it is not UTF-8. */
interface ChildName {
  readonly text: string
  readonly isText: boolean
}

function decodeName(name: string | Uint8Array): ChildName {
  if (typeof name === 'string') return { text: name, isText: true }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name), isText: true }
  } catch {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(name), isText: false }
  }
}

async function lstatOrUndefined(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
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

/** Opens a file of a source. A link or pipe that has taken its place meanwhile is not followed. */
export async function openSource({ path }: SourceEntry): Promise<OpenSource> {
  const handle = await withStorageErrors(`read ${path}`, () => open(path, OPEN_FLAGS))
  try {
    const stats = await withStorageErrors(`read ${path}`, () => handle.stat())
    if (!stats.isFile()) throw new CofferError('ERR_COFFER_IO', `${path} was a file and is none any more.`)
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

const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

async function readFull(handle: FileHandle, into: Buffer, at: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}
