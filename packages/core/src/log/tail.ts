import { isZero } from '../bytes/bytes.js'
import { ScanInput } from './chunk-scan.js'
import type { LogFile } from './log-file.js'
import { FRAME_HEADER_BYTES, recordTypes } from './record.js'
import { chunkEnd, frameEnd, SECTOR_BYTES } from './unit-end.js'

/** Bytes behind a chunk's header that are random, or text. */
const SEAL_BYTES = 16
/** No longer chunk or record is opened only to see that it is none of the commits. */
const LONGEST_OPENED = 1_048_576

/** Whether the clear bytes that begin every commit stand at `at`. */
export function beginsCommit({ commitPattern: pattern }: LogFile, bytes: Uint8Array, at = 0): boolean {
  if (at + pattern.length > bytes.length) return false
  for (let i = 0; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false
  return true
}

/** Whether a commit stands at `offset` that verifies but for one byte of those in the clear that begin it. */
export async function isCommitBehindChange(log: LogFile, offset: number): Promise<boolean> {
  const { commitPattern: pattern, commitBytes } = log
  const bytes = await log.file.read(offset, commitBytes)
  let different = 0
  for (let i = 0; i < pattern.length; i++) if (bytes[i] !== pattern[i]) different++
  // Where the sector with the first bytes is missing, a crash explains it.
  if (different !== 1 || !isWhole(bytes, offset, commitBytes)) return false
  const mended = bytes.slice()
  mended.set(pattern)
  return (await log.openFixed(recordTypes.commit, mended, offset)) !== undefined
}

/**
 * Whether `bytes`, which begin as a commit, may have been a whole one, as far as they tell by themselves: no sector of them is missing, and
 * they are not something else that is as it should be.
 */
export async function looksLikeCommit(log: LogFile, bytes: Uint8Array, offset: number): Promise<boolean> {
  if (!isWhole(bytes, offset, log.commitBytes)) return false
  const seal = bytes.subarray(log.commitPattern.length, log.commitPattern.length + SEAL_BYTES)
  return !(log.codecs.container && isMostlyZero(seal)) && !(await isSomethingElse(log, bytes, offset))
}

/**
 * Whether a commit was damaged behind `start`, where the last one that verifies ends, or a crumb behind it. `suspect` is the last place
 * where something {@link looksLikeCommit}.
 *
 * What a crash leaves can look so where no commit ever stood: the last byte of a chunk with the zeros of a missing sector behind it, or
 * content that is a coffer itself. But commits stand where chunks, or frames, lead by their lengths, each beginning where the one before
 * ends. They lead to all that counted, which had everything before it on the disk; where a sector is missing they lead no further.
 */
export async function isCommitDamaged(log: LogFile, start: number, suspect: number): Promise<boolean> {
  if (await isUnmistakable(log, suspect)) return true
  const input = await ScanInput.of(log.file)
  const unitEnd = log.codecs.container ? chunkEnd : frameEnd
  let wasSplit = false
  for (let at = start; at < suspect; ) {
    const bytes = await input.read(at, log.commitBytes)
    if (beginsCommit(log, bytes) && (await looksLikeCommit(log, bytes, at))) return true
    const { end, lostAt, isSplit } = await unitEnd(input, at)
    // What was found is inside of this one.
    if ((end ?? lostAt) > suspect) return false
    if (end === undefined) {
      // An entry whose bytes had not come to their place yet may be shorter than a sector.
      const isEmpty = !log.codecs.container && lostAt === at && isZero(await input.read(at, FRAME_HEADER_BYTES))
      const isMissing = isEmpty || isZero(await input.read(lostAt, SECTOR_BYTES - (lostAt % SECTOR_BYTES)))
      // Where no crash explains what stands here either, the file was changed, and more than once.
      return !isMissing && !isSplit && !wasSplit
    }
    wasSplit = isSplit
    at = end
  }
  return suspect >= start
}

/** Whether a commit's clear bytes stand there and no missing sector can have made them: none ends in their zeros, or behind them. */
async function isUnmistakable(log: LogFile, offset: number): Promise<boolean> {
  // Without a container cipher, content may hold anything.
  if (!log.codecs.container) return false
  const bytes = await log.file.read(offset, log.commitPattern.length + SECTOR_BYTES)
  if (!beginsCommit(log, bytes)) return false
  const zeros = log.commitPattern.indexOf(0)
  const next = bytes.findIndex((byte, i) => i > zeros && byte !== 0)
  return Math.floor((offset + zeros) / SECTOR_BYTES) === Math.floor((offset + next) / SECTOR_BYTES)
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
  if (length > LONGEST_OPENED) return false
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
