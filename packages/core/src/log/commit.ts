import { ByteReader, ByteWriter } from '../bytes/cursor.js'
import { CofferError } from '../errors.js'
import type { RecordRef } from './entry.js'
import { ID_BYTES } from './record.js'

/** The first record of a file (docs/FORMAT.md, Head). */
export interface Head {
  readonly id: Uint8Array
  readonly descriptor: string
  /** BLAKE2b-256 of the zstd dictionary; empty where there is none. */
  readonly dictionaryDigest: Uint8Array
}

export function encodeHead(head: Head): Uint8Array {
  return new ByteWriter().raw(head.id).text(head.descriptor).blob(head.dictionaryDigest).finish()
}

export function decodeHead(bytes: Uint8Array): Head {
  const reader = new ByteReader(bytes)
  const head: Head = { id: reader.raw(ID_BYTES).slice(), descriptor: reader.text(), dictionaryDigest: reader.blob().slice() }
  reader.end()
  return head
}

/** The last record of a committed file (docs/FORMAT.md, Commit). */
export interface Commit {
  /** 1 for the first commit of a coffer, one more for each. */
  readonly generation: number
  /** Written without a sync between data and commit; verified anew where no clean commit follows. */
  readonly relaxed: boolean
  /** The newest index record. */
  readonly index: RecordRef
  /** The commit before; offset and length are 0 where it is not in this file, the digest stays. */
  readonly previous: RecordRef
  /** Where the bytes that this commit added begin. */
  readonly start: number
  readonly liveBytes: number
  readonly deadBytes: number
  readonly memberCount: number
}

const REF_BYTES = 8 + 8 + 32
/** Bytes of every commit's plaintext. */
export const COMMIT_BYTES: number = 8 + 1 + REF_BYTES * 2 + 8 * 4

export function encodeCommit(commit: Commit): Uint8Array {
  const writer = new ByteWriter().u64(commit.generation).u8(commit.relaxed ? 1 : 0)
  for (const ref of [commit.index, commit.previous]) writer.u64(ref.offset).u64(ref.length).raw(ref.digest)
  return writer.u64(commit.start).u64(commit.liveBytes).u64(commit.deadBytes).u64(commit.memberCount).finish()
}

export function decodeCommit(bytes: Uint8Array): Commit {
  const reader = new ByteReader(bytes)
  const readRef = (): RecordRef => ({ offset: reader.u64(), length: reader.u64(), digest: reader.raw(32).slice() })
  const generation = reader.u64()
  const flags = reader.u8()
  if (flags > 1) throw new CofferError('ERR_COFFER_UNSUPPORTED', 'The coffer was written by a newer version: a commit has unknown flags.')
  const commit: Commit = {
    generation,
    relaxed: flags === 1,
    index: readRef(),
    previous: readRef(),
    start: reader.u64(),
    liveBytes: reader.u64(),
    deadBytes: reader.u64(),
    memberCount: reader.u64(),
  }
  reader.end()
  return commit
}

/**
 * A crumb says where the last commit was, for whoever finds a long uncommitted tail. It has a commit's length,
 * so that one search finds both.
 */
export function encodeCrumb(lastCommitOffset: number): Uint8Array {
  const bytes = new Uint8Array(COMMIT_BYTES)
  bytes.set(new ByteWriter().u64(lastCommitOffset).finish())
  return bytes
}

export function decodeCrumb(bytes: Uint8Array): number {
  return new ByteReader(bytes).u64()
}
