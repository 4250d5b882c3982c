import { isCofferError } from '../errors.js'
import { CHUNK_HEADER_BYTES } from '../cipher/chunk-stream.js'
import type { Entry, RecordRef } from './entry.js'
import { decodeIndexRecord, type IndexRecord } from './index-record.js'
import type { LogFile } from './log-file.js'
import { FRAME_HEADER_BYTES, recordTypes } from './record.js'
import { findCommits, findLastCommit } from './recovery.js'
import { chunkLengthAt, frameStarts, nextChunkHeader } from './salvage-search.js'

/** An index record names 2,048 members at most; none is longer than this. */
const MOST_RECORD_BYTES = 67_108_864
const MOST_RECORD_CHUNKS = 1024

/** What is known of the members of a damaged coffer from the index records that verify. */
export interface SalvagedIndex {
  readonly entries: readonly { readonly entry: Entry; readonly isNewest: boolean }[]
  /** Names that are known to have been deleted. */
  readonly dead: ReadonlySet<string>
  /** Whether one commit names all its members: then there are no others. */
  readonly isWhole: boolean
  /** Of the newest commit that verifies. */
  readonly generation: number | undefined
  /** Whether a newer commit was damaged, and nothing is left of its index. */
  readonly isBehind: boolean
}

/**
 * Reads the index of each commit that verifies, from the newest to the oldest, until one is whole. Of each name the newest word counts; what
 * only an older commit tells of may have been deleted since, in a record that is lost.
 */
export async function salvageIndex(log: LogFile): Promise<SalvagedIndex> {
  const found = new Found()
  const size = await log.file.size()
  const newest = await findLastCommit(log, size).catch((error: unknown) => {
    if (isCofferError(error, 'ERR_COFFER_DAMAGED')) return undefined
    throw error
  })
  let isBehind = false
  if (newest?.tail === 'damaged') {
    // The index of a commit stands before it, and may be there though the commit does not verify.
    const refs = await indexRecordsIn(log, newest.end, size)
    isBehind = refs.length === 0
    for (const ref of refs.toReversed()) if (await found.follow(log, ref)) return found.result(true, newest.commit.generation, false)
  }
  for await (const { commit } of findCommits(log, size)) {
    if (await found.follow(log, commit.index)) return found.result(true, newest?.commit.generation, isBehind)
  }
  return found.result(false, newest?.commit.generation, isBehind)
}

/** Names and what was found of them; the first word on a name is the newest. */
class Found {
  readonly #entries = new Map<string, { entry: Entry; isNewest: boolean }>()
  readonly #dead = new Set<string>()
  readonly #seen = new Set<number>()
  #isNewest = true

  /** Takes in a chain of index records from its end on; resolves to whether it is there to its beginning. */
  async follow(log: LogFile, last: RecordRef): Promise<boolean> {
    for (let ref: RecordRef | undefined = last; ref && !this.#seen.has(ref.offset); ) {
      const record: IndexRecord | undefined = await readRecord(log, ref)
      if (!record) {
        this.#isNewest = false
        return false
      }
      this.#seen.add(ref.offset)
      for (const item of record.items.toReversed()) {
        const name = item.kind === 'put' ? item.entry.name : item.name
        if (this.#entries.has(name) || this.#dead.has(name)) continue
        if (item.kind === 'put') this.#entries.set(name, { entry: item.entry, isNewest: this.#isNewest })
        else this.#dead.add(name)
      }
      if (!record.base) return true
      // A base stands before what names it, so this ends.
      if (record.base.offset >= ref.offset) return false
      ref = record.base
    }
    return false
  }

  result(isWhole: boolean, generation: number | undefined, isBehind: boolean): SalvagedIndex {
    return { entries: [...this.#entries.values()], dead: this.#dead, isWhole, generation, isBehind }
  }
}

/** The index records between two places that verify, in order. */
async function indexRecordsIn(log: LogFile, from: number, size: number): Promise<RecordRef[]> {
  const { file, codecs } = log
  const refs: RecordRef[] = []
  const tryAt = async (offset: number, length: number): Promise<boolean> => {
    if (length > MOST_RECORD_BYTES || offset + length > size) return false
    const opened = await log.openFixed(recordTypes.index, await file.read(offset, length), offset)
    if (opened) refs.push(opened.ref)
    return opened !== undefined
  }
  if (!codecs.container) {
    for await (const start of frameStarts(file, from, size, () => undefined)) await tryAt(start, log.unitBytes(await file.read(start, FRAME_HEADER_BYTES)))
    return refs
  }
  for (let at = from; at < size; ) {
    const length = await chunkLengthAt(file, at, size)
    if (length === undefined) {
      at = await nextChunkHeader(file, at + 1, size)
      continue
    }
    // A record takes as many chunks as its frame needs.
    let total = length
    for (let chunks = 1; !(await tryAt(at, total)) && chunks < MOST_RECORD_CHUNKS; chunks++) {
      const next = await chunkLengthAt(file, at + total, size)
      if (next === undefined || !(await beginsRecord(log, at, length))) break
      total += next
    }
    at += length
  }
  return refs
}

/** Whether a chunk holds the beginning of an index record. */
async function beginsRecord({ file, codecs }: LogFile, at: number, length: number): Promise<boolean> {
  try {
    const plain = await codecs.container?.open((await file.read(at, length)).subarray(CHUNK_HEADER_BYTES))
    return plain !== undefined && plain[FRAME_HEADER_BYTES + 1] === recordTypes.index && (plain[0] ?? 0) >> 4 === 5
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_AUTH')) return false
    throw error
  }
}

async function readRecord(log: LogFile, ref: Parameters<LogFile['readRecord']>[1]): Promise<IndexRecord | undefined> {
  try {
    return decodeIndexRecord(await log.readRecord(recordTypes.index, ref))
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_AUTH') || isCofferError(error, 'ERR_COFFER_DAMAGED') || isCofferError(error, 'ERR_COFFER_LIMIT')) return undefined
    throw error
  }
}
