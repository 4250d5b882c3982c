import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, type BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { storageError } from '@coffer/core/internal'

/** A file system's name as text; not quite that where it is not UTF-8. */
export interface ChildName {
  readonly text: string
  readonly isText: boolean
}

/** What stands at a path, by lstat. */
export interface Found {
  readonly type: 'file' | 'directory' | 'symlink' | 'other'
  readonly size: number
  /** Permission bits. */
  readonly mode: number
  readonly mtimeMs: number
  /** What tells a directory from all others. */
  readonly id: string | undefined
}

export interface Child extends ChildName {
  /** Nothing where it is gone, or cannot be looked at. */
  readonly found: Found | undefined
}

/** The contents of several files, each of them the receiver's; `undefined` for what could not be had whole in this way. */
export type SmallFiles = readonly (Uint8Array | undefined)[]

/** Trees of files on a thread where nobody else waits: each call looks at many files at once, without a message for each. */
export interface TreeAccess {
  /** What is in a directory, in the order of the names. @throws CofferError */
  list(path: string): Child[]
  /** Opens and reads files, none of which may be larger than `mostBytes`. Links and pipes are not followed. */
  readSmall(paths: readonly string[], mostBytes: number): SmallFiles
}

export const nodeTrees: TreeAccess = {
  list(path) {
    try {
      // The types know only encodings of text.
      const names = readdirSync(path, { encoding: 'buffer' as BufferEncoding }).map(decodeName)
      return names.sort(byText).map(({ text, isText }) => ({ text, isText, found: look(join(path, text)) }))
    } catch (error) {
      throw storageError(error, `read ${path}`)
    }
  },
  readSmall: (paths, mostBytes) => paths.map((path) => readSmallFile(path, mostBytes)),
}

export function byText(a: ChildName, b: ChildName): number {
  return a.text < b.text ? -1 : 1
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const tolerantDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function decodeName(name: string | Uint8Array): ChildName {
  if (typeof name === 'string') return { text: name, isText: true }
  try {
    return { text: decoder.decode(name), isText: true }
  } catch {
    return { text: tolerantDecoder.decode(name), isText: false }
  }
}

const STICKY = 0o1000n

export function foundOf(stats: BigIntStats): Found {
  const type = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'symlink' : 'other'
  const id = type === 'directory' ? `${stats.dev}:${stats.ino}` : undefined
  // In such a directory only its owner deletes what is another's: without that bit, which is not kept, nobody else is to write there.
  const mode = type === 'directory' && (stats.mode & STICKY) !== 0n ? stats.mode & 0o755n : stats.mode & 0o777n
  return { type, size: Number(stats.size), mode: Number(mode), mtimeMs: Number(stats.mtimeNs) / 1e6, id }
}

function look(path: string): Found | undefined {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return stats && foundOf(stats)
  } catch {
    return undefined
  }
}

/** How a source is opened: what has become a link or a pipe is not followed, nor waited for. */
export const SOURCE_FLAGS: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Nothing for whatever is not an ordinary small file: whoever looks at it by itself will say what is wrong with it. */
function readSmallFile(path: string, mostBytes: number): Uint8Array | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, SOURCE_FLAGS)
    const stats = fstatSync(descriptor)
    // The system has files that say 0 and are not empty, as in /proc.
    if (!stats.isFile() || stats.size === 0 || stats.size > mostBytes) return undefined
    const bytes = Buffer.allocUnsafe(stats.size)
    let done = 0
    while (done < bytes.length) {
      const read = readSync(descriptor, bytes, done, bytes.length - done, done)
      if (read === 0) break
      done += read
    }
    return new Uint8Array(bytes.buffer, bytes.byteOffset, done)
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
