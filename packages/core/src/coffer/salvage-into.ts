import { isCofferError, type CofferErrorCode } from '../errors.js'
import { nameProblem } from '../tar/names.js'
import type { Coffer } from './coffer.js'
import type { TaskOptions } from './options.js'
import type { Salvage, SalvagedMember, SalvagedPiece } from './salvage.js'

/** What became of one file of a damaged coffer. */
export interface SalvagedFile {
  readonly name: string
  readonly origin: SalvagedMember['origin']
  readonly size: number
  /**
   * Under which name it was written: its own where it is whole, else one that ends in `.damaged`, with zeros where bytes are
   * missing; what
   * takes the place of a damaged one ends in `.older`. `undefined` where nothing is left of it, or something of that name is
   * there.
   */
  readonly writtenAs: string | undefined
  /**
   * Ranges that do not verify; `end` equal to `start` means that how much is missing behind is not known, or more than a coffer of this
   * length is believed to have lost: then it ends there.
   */
  readonly bad: readonly BadBytes[]
}

export interface BadBytes {
  readonly start: number
  readonly end: number
  readonly code: CofferErrorCode
}

/** What {@link salvageInto} brought out. */
export interface SalvageIntoReport {
  readonly files: readonly SalvagedFile[]
  readonly directories: number
  readonly symlinks: number
  /** Whether everything was brought out as the newest commit has it. */
  readonly ok: boolean
}

/** Where what is salvaged goes. */
export interface SalvageTarget {
  directory(member: SalvagedMember['member']): Promise<unknown>
  symlink(member: SalvagedMember['member']): Promise<unknown>
  /** Resolves to whether the file was written. */
  file(name: string, member: SalvagedMember['member'], bytes: AsyncIterable<Uint8Array>): Promise<boolean>
}

/**
 * Puts whatever verifies of a damaged coffer into another one, which the caller flushes or closes. A file that is not whole is
 * written as
 * `NAME.damaged`, and beside it, as `NAME.older`, the newest other version of it that is whole, where there is one.
 *
 * What the other coffer has already is not replaced.
 *
 * @throws CofferError as {@link Coffer.write}; a damaged coffer itself is no error.
 * @example
 * ```ts
 * await using left = await openSalvage(damaged, { keys })
 * await using rescued = await openCoffer(memoryStorage(), { mode: 'x', keys })
 * const { files } = await salvageInto(rescued, left)
 * console.log(files.filter(({ bad }) => bad.length > 0).map(({ name }) => name))
 * ```
 */
export async function salvageInto(coffer: Coffer, left: Salvage, options: TaskOptions = {}): Promise<SalvageIntoReport> {
  const { signal } = options
  const target: SalvageTarget = {
    directory: ({ name, mode, mtimeMs }) => ifItFits(() => coffer.makeDirectory(name, { mode, mtime: mtimeMs })),
    symlink: ({ name, mode, mtimeMs, target: to = '' }) => ifItFits(() => coffer.link(name, to, { mode, mtime: mtimeMs })),
    file: (name, { mode, mtimeMs: mtime }, bytes) => ifItFits(() => coffer.write(name, bytes, { mode, mtime, signal, replace: false })),
  }
  return salvageTo(left, target, options)
}

/** Resolves to whether there was a place: states that do not belong together may name a file and something below it. */
async function ifItFits(put: () => Promise<unknown>): Promise<boolean> {
  try {
    await put()
    return true
  } catch (error) {
    if (noPlace.some((code) => isCofferError(error, code))) return false
    throw error
  }
}

const noPlace = ['ERR_COFFER_CONFLICT', 'ERR_COFFER_EXISTS', 'ERR_COFFER_NAME'] as const

/** {@link salvageInto}, wherever it goes. */
export async function salvageTo(left: Salvage, target: SalvageTarget, options: TaskOptions = {}): Promise<SalvageIntoReport> {
  const { signal, onProgress } = options
  const names = new Set(left.members.map(({ member }) => member.name))
  const total = left.members.reduce((sum, { member }) => sum + member.size, 0)
  const files: SalvagedFile[] = []
  let [done, directories, symlinks] = [0, 0, 0]
  const room = { left: left.fileBytes * MOST_MISSING + FREE_MISSING_BYTES }
  const write = async (found: SalvagedMember, suffix: string, { bad, end, only }: Survey): Promise<void> => {
    const { member, origin } = found
    const writtenAs = suffix === '' ? member.name : freeName(names, member.name, suffix)
    const isThere = await target.file(writtenAs, member, only ? one(only) : withZeros(left.pieces(found, { signal }), end))
    files.push({ name: member.name, origin, size: member.size, writtenAs: isThere ? writtenAs : undefined, bad })
  }
  for (const found of left.members) {
    signal?.throwIfAborted()
    const { member, origin } = found
    if (member.type === 'directory') {
      await target.directory(member)
      directories += 1
    } else if (member.type === 'symlink') {
      await target.symlink(member)
      symlinks += 1
    } else {
      const surveyed = await survey(left, found, room, signal)
      const { bad, bytes } = surveyed
      if (bad.length === 0) await write(found, '', surveyed)
      else if (bytes > 0) await write(found, '.damaged', surveyed)
      else files.push({ name: member.name, origin, size: member.size, writtenAs: undefined, bad })
      if (bad.length > 0) {
        for (const other of await left.alternatives(found, { signal })) {
          // Only one of which nothing is missing is of use.
          const others = await survey(left, other, { left: 0 }, signal)
          if (others.bad.length > 0) continue
          await write(other, '.older', others)
          break
        }
      }
    }
    done += member.size
    onProgress?.({ phase: 'salvage', done, total })
  }
  const isSound = ({ bad, origin, writtenAs }: SalvagedFile): boolean => bad.length === 0 && origin === 'newest' && writtenAs !== undefined
  const ok = left.isWhole && !left.isBehind && files.every(isSound)
  return { files, directories, symlinks, ok }
}

/** What is missing may be this many times the file's length, and this many bytes more: a file of a few bytes can name others of any size. */
const MOST_MISSING = 1000
const FREE_MISSING_BYTES = 268_435_456
/** A missing block counts for no less: it takes as long to find that out. */
const LEAST_MISSING_BYTES = 4096

interface Survey {
  /** The ranges of a file that are missing, those next to each other in one. */
  readonly bad: readonly BadBytes[]
  /** How many are not. */
  readonly bytes: number
  /** Where it is cut, since more is missing than is believed. */
  readonly end: number
  /** All of a whole file that is a single piece, so that it is read once. */
  readonly only: Uint8Array | undefined
}

/** Looks at all of a file; takes what is missing from `room`, and ends where that is used up. */
async function survey(left: Salvage, found: SalvagedMember, room: { left: number }, signal: AbortSignal | undefined): Promise<Survey> {
  const bad: BadBytes[] = []
  let bytes = 0
  let only: Uint8Array | undefined
  for await (const piece of left.pieces(found, { signal })) {
    const { start, end, code } = piece
    only = bytes === 0 && bad.length === 0 ? piece.bytes : undefined
    bytes += piece.bytes?.length ?? 0
    if (code === undefined) continue
    room.left -= Math.max(LEAST_MISSING_BYTES, end - start)
    if (room.left < 0) return { bad: [...bad, { start, end: start, code }], bytes, end: start, only: undefined }
    const last = bad.at(-1)
    if (last?.end === start && last.code === code && end > start) bad[bad.length - 1] = { ...last, end }
    else bad.push({ start, end, code })
  }
  return { bad, bytes, end: Infinity, only }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* withZeros(pieces: AsyncIterable<SalvagedPiece>, until: number): AsyncGenerator<Uint8Array> {
  for await (const { start, end, bytes } of pieces) {
    if (start >= until) return
    yield bytes ?? new Uint8Array(end - start)
  }
}

/** A name that no member has; cut where it would be too long for one. */
function freeName(names: Set<string>, name: string, suffix: string): string {
  for (let number = 1; ; number++) {
    const end = `${suffix}${number === 1 ? '' : `-${number}`}`
    let free = name + end
    for (let kept = name.length - 1; kept > 0 && nameProblem(free) !== undefined; kept--) free = name.slice(0, kept) + end
    if (names.has(free)) continue
    names.add(free)
    return free
  }
}
