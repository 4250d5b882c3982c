import { CofferError } from '../errors.js'
import { decodeCommit, decodeCrumb, type Commit } from './commit.js'
import type { RecordRef } from './entry.js'
import type { LogFile } from './log-file.js'
import { recordTypes } from './record.js'
import { beginsCommit, isCommitBehindChange, isCommitDamaged, looksLikeCommit } from './tail.js'

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

/**
 * Finds the newest commit of a file of `size` bytes: normally its very end. Otherwise it searches backwards, and
 * says of the bytes that are skipped whether a crash explains them.
 * @throws CofferError `ERR_COFFER_DAMAGED` where no commit verifies.
 */
export async function findLastCommit(log: LogFile, size: number): Promise<FoundCommit> {
  const last = size - log.commitBytes
  const atEnd = last < 0 ? undefined : await commitAt(log, last)
  if (atEnd) return { ...atEnd, end: size, tail: 'none' }

  const isChanged = last >= 0 && (await isCommitBehindChange(log, last))
  let suspect: number | undefined
  const tailBehind = async (start: number): Promise<Tail> =>
    isChanged || (suspect !== undefined && (await isCommitDamaged(log, start, suspect))) ? 'damaged' : 'torn'
  for await (const offset of candidates(log, size)) {
    const bytes = await log.file.read(offset, log.commitBytes)
    const end = offset + log.commitBytes
    const found = await openCommit(log, bytes, offset)
    if (found) return { ...found, end, tail: await tailBehind(end) }
    const crumb = await log.openFixed(recordTypes.crumb, bytes, offset)
    const behind = crumb && (await commitAt(log, decodeCrumb(crumb.plain)))
    if (behind) return { ...behind, end: behind.ref.offset + log.commitBytes, tail: await tailBehind(end) }
    if (!crumb && suspect === undefined && (await looksLikeCommit(log, bytes, offset))) suspect = offset
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
      if (window[at] === pattern[0] && beginsCommit(log, window, at)) yield start + at
    }
    end = start
  }
}
