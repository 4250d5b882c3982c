import { constants, type BigIntStats } from 'node:fs'
import { lstat, open, opendir, readlink, realpath, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { CofferError } from '@coffer/core'
import picomatch from 'picomatch'
import { withStorageErrors } from './fs-errors.js'

/** What to do with symlinks in a source: keep them as they are, take what they point to inside the source, or leave them out. */
export type SymlinkPolicy = 'store' | 'follow' | 'skip'

export interface WalkOptions {
  readonly symlinks?: SymlinkPolicy | undefined
  /** Globs such as `**\/*.log` or `node_modules`, matched against names in the source; a directory that matches is left out whole. */
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
const NAME_ENCODING = 'buffer'

/** All of a source, directories before what is in them, in the order of their names. Nothing outside it is ever looked at. */
export async function* walkTree(source: string, options: WalkOptions = {}): AsyncGenerator<SourceEntry> {
  const { exclude = [], symlinks = 'store' } = options
  const isExcluded = exclude.length === 0 ? () => false : picomatch([...exclude], { dot: true, matchBase: true })
  const root = await withStorageErrors(`read ${source}`, () => realpath(source))
  const walker = new Walker(root, symlinks, isExcluded, options)
  const stats = await withStorageErrors(`read ${source}`, () => stat(root, { bigint: true }))
  yield* walker.walk(root, '', stats, [])
}

class Walker {
  readonly #root: string
  readonly #symlinks: SymlinkPolicy
  readonly #isExcluded: (name: string) => boolean
  readonly #options: WalkOptions

  constructor(root: string, symlinks: SymlinkPolicy, isExcluded: (name: string) => boolean, options: WalkOptions) {
    this.#root = root
    this.#symlinks = symlinks
    this.#isExcluded = isExcluded
    this.#options = options
  }

  async *walk(path: string, name: string, stats: BigIntStats, above: readonly string[]): AsyncGenerator<SourceEntry> {
    this.#options.signal?.throwIfAborted()
    const common = { path, name, mode: Number(stats.mode & 0o777n), mtimeMs: Math.max(0, Number(stats.mtimeNs) / 1e6) }
    if (stats.isFile()) {
      yield { ...common, type: 'file', size: Number(stats.size) }
    } else if (stats.isSymbolicLink()) {
      yield* this.#walkLink(common, above)
    } else if (stats.isDirectory()) {
      yield { ...common, type: 'directory', size: 0 }
      const here = [...above, `${stats.dev}:${stats.ino}`]
      for (const child of await this.#children(path)) {
        const childName = name === '' ? child : `${name}/${child}`
        if (this.#isExcluded(childName)) continue
        const childPath = join(path, child)
        const childStats = await withStorageErrors(`read ${childPath}`, () => lstat(childPath, { bigint: true }))
        yield* this.walk(childPath, childName, childStats, here)
      }
    } else {
      this.#options.onSkip?.(path, 'it is neither a file nor a directory nor a link')
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
      this.#options.onSkip?.(path, 'it is a link that leads out of the source, or nowhere')
      return
    }
    const stats = await withStorageErrors(`read ${path}`, () => stat(real, { bigint: true }))
    if (stats.isDirectory() && above.includes(`${stats.dev}:${stats.ino}`)) {
      this.#options.onSkip?.(path, 'it is a link to a directory that it is in')
      return
    }
    yield* this.walk(real, name, stats, above)
  }

  /** The names in a directory, in order. */
  async #children(path: string): Promise<string[]> {
    return withStorageErrors(`read ${path}`, async () => {
      const names: string[] = []
      // The type of the option knows only encodings of text.
      for await (const entry of await opendir(path, { encoding: NAME_ENCODING as BufferEncoding, bufferSize: 256 })) {
        names.push(decodeName(entry.name as unknown as Buffer, path))
      }
      return names.sort((a, b) => (a < b ? -1 : 1))
    })
  }
}

/** A file system's name as text. @throws CofferError `ERR_COFFER_NAME` for one that is not UTF-8. */
function decodeName(bytes: Buffer | string, directory: string): string {
  if (typeof bytes === 'string') return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new CofferError('ERR_COFFER_NAME', `${directory} holds a name that is not UTF-8 (${bytes.toString('latin1')}): rename it, or exclude it.`, error)
  }
}

/** The content of a file in pieces of 512 KiB, each in fresh memory. A link that has taken its place meanwhile is not followed. */
export async function* readSource(entry: SourceEntry, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { path } = entry
  const handle = await withStorageErrors(`read ${path}`, () => open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)))
  try {
    const stats = await withStorageErrors(`read ${path}`, () => handle.stat())
    if (!stats.isFile()) throw new CofferError('ERR_COFFER_IO', `${path} was a file and is none any more.`)
    for (let at = 0; ; ) {
      signal?.throwIfAborted()
      const piece = Buffer.allocUnsafeSlow(Math.max(1, Math.min(READ_BYTES, Math.max(entry.size, stats.size) - at)))
      const length = await withStorageErrors(`read ${path}`, () => readFull(handle, piece, at))
      if (length > 0) yield new Uint8Array(piece.buffer, 0, length)
      at += length
      if (length < piece.length) return
    }
  } finally {
    await handle.close()
  }
}

async function readFull(handle: { read: (buffer: Buffer, offset: number, length: number, position: number) => Promise<{ bytesRead: number }> }, into: Buffer, at: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}
