import type { Commit } from '../log/commit.js'
import { isCofferError } from '../errors.js'
import type { Log } from '../log/log.js'

/** One commit that is still in the file. */
export interface CommitInfo {
  readonly generation: number
  /** Where its record stands. */
  readonly offset: number
  /** Bytes that it added to the file. */
  readonly bytes: number
  readonly members: number
  readonly relaxed: boolean
}

/** How a coffer's file is laid out. */
export interface LogLayout {
  readonly fileBytes: number
  /** Bytes that current members account for, with their headers. */
  readonly liveBytes: number
  /** Bytes that a compaction gives back. */
  readonly deadBytes: number
  /** Bytes behind the last commit, which do not count. */
  readonly tailBytes: number
  /** The newest first; those that a compaction left behind are not there. */
  readonly commits: readonly CommitInfo[]
}

/** What the log of an open coffer says of its file, following its commits back up to `most` of them, or to one that does not verify. */
export async function inspectLog(log: Log, most: number): Promise<LogLayout> {
  const { file, last } = log
  const fileBytes = await file.file.size()
  const commits: CommitInfo[] = []
  let at: { commit: Commit; offset: number; length: number } | undefined = last && { commit: last.commit, ...last.ref }
  while (at && commits.length < most) {
    const { commit, offset, length } = at
    const { generation, relaxed, memberCount: members, start, previous } = commit
    commits.push({ generation, offset, bytes: offset + length - start, members, relaxed })
    // Each record pins the one before, which stands before it: this ends.
    if (previous.length === 0 || previous.offset >= offset) break
    at = await readBefore(log, previous)
  }
  return { fileBytes, liveBytes: log.catalog.liveBytes, deadBytes: log.deadBytes, tailBytes: fileBytes - (last?.end ?? 0), commits }
}

async function readBefore({ file }: Log, ref: Commit['previous']): Promise<{ commit: Commit; offset: number; length: number } | undefined> {
  try {
    return { commit: await file.readCommit(ref), offset: ref.offset, length: ref.length }
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_AUTH') || isCofferError(error, 'ERR_COFFER_DAMAGED')) return undefined
    throw error
  }
}
