import { isCofferError, type CofferError } from '../errors.js'
import { Catalog } from '../log/catalog.js'
import { decodeCommit, type Commit } from '../log/commit.js'
import type { Entry, FileEntry, RecordRef } from '../log/entry.js'
import { IndexChain } from '../log/index-chain.js'
import { decodeIndexRecord, type IndexRecord } from '../log/index-record.js'
import type { LogFile } from '../log/log-file.js'
import { findLastCommit } from '../log/recovery.js'
import type { ScanOptions } from '../log/chunk-scan.js'
import { scanRecords } from '../log/record-scan.js'
import { recordTypes } from '../log/record.js'

/** One thing that the index says of a name. */
export interface Version {
  readonly entry: Entry
  /**
   * `newest`: the newest index has it. `older`: only another record tells of it, which verifies by itself; it may have been
   * replaced or
   * deleted since. `uncommitted`: of a record behind the newest commit, whose own commit is not there.
   */
  readonly origin: 'newest' | 'older' | 'uncommitted'
}

/** All that the index of a damaged coffer tells. */
export interface SalvageState {
  /** Of the newest commit that verifies. */
  readonly generation: number | undefined
  /** Whether these are all members of the newest state that the file was committed in. */
  readonly isWhole: boolean
  /** Whether a newer commit was damaged, and nothing is left of its index. */
  readonly isBehind: boolean
  /** By name; of each name the newest version comes last. */
  readonly versions: ReadonlyMap<string, readonly Version[]>
  /** Names that are known to have been deleted. */
  readonly dead: ReadonlySet<string>
}

/** The members of the newest commit, where the file ends in it and its index is whole. */
export async function committedState(log: LogFile): Promise<SalvageState | undefined> {
  const found = await orUndefined(async () => findLastCommit(log, await log.file.size()))
  if (found?.tail !== 'none') return undefined
  const catalog = new Catalog()
  const chain = await orUndefined(() => IndexChain.load(log, found.commit.index, catalog))
  if (!chain) return undefined
  const versions = new Map([...catalog.entries()].map((entry) => [entry.name, [{ entry, origin: 'newest' as const }]]))
  return { generation: found.commit.generation, isWhole: true, isBehind: false, versions, dead: new Set(catalog.dead().keys()) }
}

interface FoundIndex {
  readonly ref: RecordRef
  readonly record: IndexRecord
}

/** What all records of the index say that verify at their own place, however little of the rest does. */
export async function scannedState(log: LogFile, options: ScanOptions): Promise<SalvageState> {
  const { records } = log.codecs
  const indexes: FoundIndex[] = []
  let last: { readonly commit: Commit; readonly ref: RecordRef } | undefined
  for await (const { type, offset, length, body } of scanRecords(log, options)) {
    if (type !== recordTypes.index && type !== recordTypes.commit) continue
    const plain = await orUndefined(async () => records.open(type, body, offset))
    if (!plain) continue
    const ref = { offset, length, digest: records.digest(body) }
    const commit = type === recordTypes.commit ? await orUndefined(async () => decodeCommit(plain)) : undefined
    const record = type === recordTypes.index ? await orUndefined(async () => decodeIndexRecord(plain)) : undefined
    if (commit) last = { commit, ref }
    if (record) indexes.push({ ref, record })
  }

  // A crash leaves a tail that never counted. Where a commit stood that was damaged, the index before it did count.
  const size = await log.file.size()
  const tail = last && (await orUndefined(() => findLastCommit(log, size)))?.tail
  const behind = indexes.findLast(({ ref }) => ref.offset > (last?.ref.offset ?? 0))
  const counts = tail === 'damaged' || !last
  const top = counts && behind ? behind.ref : last?.commit.index
  const chain = chainTo(top, indexes)
  const end = top && (counts && behind ? endOf(behind.ref) + log.commitBytes : endOf((last as NonNullable<typeof last>).ref))

  const versions = new Map<string, Version[]>()
  const dead = new Set<string>()
  // In the order of the file, which is that of time.
  for (const { ref, record } of indexes) {
    const isUncommitted = top !== undefined && ref.offset > top.offset
    const origin = chain.offsets.has(ref.offset) ? 'newest' : isUncommitted ? 'uncommitted' : 'older'
    for (const item of record.items) {
      if (item.kind === 'put') {
        dead.delete(item.entry.name)
        put(versions, { entry: item.entry, origin })
      } else if (!isUncommitted) {
        versions.delete(item.name)
        dead.add(item.name)
      }
    }
  }
  return {
    generation: last?.commit.generation,
    isWhole: chain.isWhole && end === size,
    isBehind: tail === 'damaged' && !behind,
    versions,
    dead,
  }
}

/** Offsets of the index records that the one at `top` builds on, and whether all are there. */
function chainTo(
  top: RecordRef | undefined,
  indexes: readonly FoundIndex[],
): { readonly offsets: ReadonlySet<number>; readonly isWhole: boolean } {
  const byPlace = new Map(indexes.map((index) => [placeOf(index.ref), index]))
  const offsets = new Set<number>()
  let ref = top
  while (ref) {
    const found = byPlace.get(placeOf(ref))
    if (!found || offsets.has(found.ref.offset)) return { offsets, isWhole: false }
    offsets.add(found.ref.offset)
    ref = found.record.base
  }
  return { offsets, isWhole: top !== undefined }
}

function placeOf({ offset, digest }: RecordRef): string {
  return `${offset}/${String.fromCharCode(...digest)}`
}

function endOf({ offset, length }: RecordRef): number {
  return offset + length
}

function put(versions: Map<string, Version[]>, version: Version): void {
  const known = versions.get(version.entry.name) ?? []
  versions.set(version.entry.name, known)
  const last = known.at(-1)
  // A checkpoint repeats what others said before.
  if (last && isSame(last.entry, version.entry)) known.pop()
  known.push(version)
}

function isSame(a: Entry, b: Entry): boolean {
  if (a.type === 'file' && b.type === 'file') return a.size === b.size && placeOfContent(a) === placeOfContent(b)
  if (a.type === 'symlink' && b.type === 'symlink') return a.target === b.target
  return a.type === b.type
}

/** Where a file's content begins, or what says where it is. */
function placeOfContent({ content }: FileEntry): string {
  if (content.kind === 'inline') return `${content.blocks[0]?.extent.offset}/${content.blocks[0]?.frameOffset}`
  return content.kind === 'tables' ? `${content.tables[0]?.offset}` : ''
}

/** What `action` gives; `undefined` where the file does not hold what it looks for. */
async function orUndefined<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    if (isOfFile(error)) return undefined
    throw error
  }
}

/** Whether an error says something about the bytes of the coffer, and nothing else. */
export function isOfFile(error: unknown): error is CofferError {
  return ofFile.some((code) => isCofferError(error, code))
}

const ofFile = ['ERR_COFFER_AUTH', 'ERR_COFFER_DAMAGED', 'ERR_COFFER_LIMIT', 'ERR_COFFER_UNSUPPORTED'] as const
