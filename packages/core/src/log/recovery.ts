import { isZero } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import { decodeCommit, decodeCrumb, type Commit } from './commit.js'
import type { RecordRef } from './entry.js'
import type { LogFile } from './log-file.js'
import { recordTypes } from './record.js'

/** The newest commit that verifies, and what stands behind it. */
export interface FoundCommit {
  readonly commit: Commit
  readonly ref: RecordRef
  /** Where the committed bytes end. */
  readonly end: number
  readonly tail: Tail
}

/** What follows the last commit: nothing, what a crash left of an unfinished write, or a commit that was damaged. */
export type Tail = 'none' | 'torn' | 'damaged'

const WINDOW_BYTES = 1_048_576
/** Disks write whole sectors of this many bytes, or leave them as they were. */
const SECTOR_BYTES = 512
/** Bytes behind a chunk's header that are random, or text. */
const SEAL_BYTES = 16

/**
 * Finds the newest commit of a file of `size` bytes: normally its very end. Otherwise it searches backwards, and
 * says of the bytes that are skipped whether a crash explains them.
 * @throws CofferError `ERR_COFFER_DAMAGED` where no commit verifies.
 */
export async function findLastCommit(log: LogFile, size: number): Promise<FoundCommit> {
  const last = size - log.commitBytes
  const atEnd = last < 0 ? undefined : await commitAt(log, last)
  if (atEnd) return { ...atEnd, end: size, tail: 'none' }

  let damaged = last >= 0 && (await wasCommit(log, await log.file.read(last, log.commitBytes), last))
  for await (const offset of candidates(log, size)) {
    const bytes = await log.file.read(offset, log.commitBytes)
    const found = await openCommit(log, bytes, offset)
    if (found) return { ...found, end: offset + log.commitBytes, tail: damaged ? 'damaged' : 'torn' }
    const crumb = await log.openFixed(recordTypes.crumb, bytes, offset)
    const behind = crumb && (await commitAt(log, decodeCrumb(crumb.plain)))
    if (behind) return { ...behind, end: behind.ref.offset + log.commitBytes, tail: damaged ? 'damaged' : 'torn' }
    if (!crumb) damaged ||= await wasCommit(log, bytes, offset)
  }
  throw new CofferError(
    'ERR_COFFER_DAMAGED',
    'No commit of this coffer verifies: the file is cut or damaged beyond its log. Restore a copy, or salvage what is left.',
  )
}

async function commitAt(log: LogFile, offset: number): Promise<{ commit: Commit; ref: RecordRef } | undefined> {
  return openCommit(log, await log.file.read(offset, log.commitBytes), offset)
}

async function openCommit(log: LogFile, bytes: Uint8Array, offset: number): Promise<{ commit: Commit; ref: RecordRef } | undefined> {
  const opened = bytes.length === log.commitBytes ? await log.openFixed(recordTypes.commit, bytes, offset) : undefined
  return opened && { commit: decodeCommit(opened.plain), ref: opened.ref }
}

/** Offsets where a commit's first bytes stand, from the end of the file to its beginning. */
async function* candidates(log: LogFile, size: number): AsyncGenerator<number> {
  const pattern = log.commitPattern
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - WINDOW_BYTES)
    // Read a little more than the window, for what begins in it and ends behind it.
    const window = await log.file.read(start, end - start + pattern.length - 1)
    for (let at = end - start - 1; at >= 0; at--) {
      if (window[at] === pattern[0] && matches(window, at, pattern)) yield start + at
    }
    end = start
  }
}

function matches(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  if (at + pattern.length > bytes.length) return false
  for (let i = 0; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false
  return true
}

/**
 * Whether `bytes` were a whole commit once: they begin as one, but for a changed byte, no sector of them is missing, and they are not
 * something else that is as it should be.
 */
async function wasCommit(log: LogFile, bytes: Uint8Array, offset: number): Promise<boolean> {
  const pattern = log.commitPattern
  let different = 0
  for (let i = 0; i < pattern.length; i++) if (bytes[i] !== pattern[i]) different++
  if (different > 1 || !isWhole(bytes, offset, log.commitBytes)) return false
  return !(log.codecs.container && isMostlyZero(bytes.subarray(pattern.length, pattern.length + SEAL_BYTES))) && !(await isSomethingElse(log, bytes, offset))
}

/** Whether this is more likely a place that was kept free than a seal: a chunk's beginning is mostly zeros too, but not what follows. */
function isMostlyZero(bytes: Uint8Array): boolean {
  let zeros = 0
  for (const byte of bytes) if (byte === 0) zeros++
  return zeros * 2 > bytes.length
}

/** Whether an intact chunk or record of an unfinished write stands there, which only begins as a commit does. */
async function isSomethingElse(log: LogFile, start: Uint8Array, offset: number): Promise<boolean> {
  const length = log.unitBytes(start)
  if (length > WINDOW_BYTES) return false
  const bytes = await log.file.read(offset, length)
  if (bytes.length < length) return false
  for (const type of [recordTypes.index, recordTypes.table]) if (await log.openFixed(type, bytes, offset)) return true
  return log.isForeign(bytes)
}

/**
 * Whether every sector that a record touches was written. A crash leaves out whole sectors, which read as zeros;
 * a record of which every sector is there and that does not verify was changed afterwards.
 */
function isWhole(bytes: Uint8Array, offset: number, length: number): boolean {
  if (bytes.length < length) return false
  for (let at = 0; at < length; ) {
    const end = Math.min(length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES))
    if (isZero(bytes, at, end)) return false
    at = end
  }
  return true
}
