import type { Entry } from '../log/entry.js'

/** A file, directory or symlink in a coffer, as it is at the time of asking. */
export interface Member {
  /** Path inside the coffer, components separated by `/`. */
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink'
  /** Plaintext bytes; 0 for what is no file. */
  readonly size: number
  /** Bytes of the coffer's file that it takes; 0 while it was not written there yet. */
  readonly storedSize: number
  /** Permission bits, 0 to 0o777. */
  readonly mode: number
  /** Time of the last change, in milliseconds since 1970, with fractions. */
  readonly mtimeMs: number
  /** The same as a date, without the fractions. */
  readonly mtime: Date
  /** Where a symlink points. */
  readonly target?: string
}

export function toMember(entry: Entry): Member {
  const { name, type, mode, mtimeMs, weight } = entry
  const size = entry.type === 'file' ? entry.size : 0
  const common = { name, type, size, storedSize: weight, mode, mtimeMs, mtime: new Date(mtimeMs) }
  return entry.type === 'symlink' ? { ...common, target: entry.target } : common
}

/** The latest time that tar tools agree on, the end of the year 9999. */
export const MOST_SECONDS = 253_402_300_799

/** @throws RangeError for a time that cannot be kept. */
export function checkTime(mtime: Date | number | undefined): number {
  const mtimeMs = mtime === undefined ? Date.now() : Number(mtime)
  if (Number.isFinite(mtimeMs) && mtimeMs >= 0 && mtimeMs <= MOST_SECONDS * 1000) return mtimeMs
  throw new RangeError('`mtime` is a Date, or milliseconds since 1970, from the year 1970 to 9999.')
}

/** @throws RangeError for anything but permission bits. */
export function checkMode(mode: number | undefined, otherwise: number): number {
  if (mode === undefined) return otherwise
  if (Number.isInteger(mode) && mode >= 0 && mode <= 0o777) return mode
  throw new RangeError('`mode` is a whole number from 0 to 0o777.')
}
