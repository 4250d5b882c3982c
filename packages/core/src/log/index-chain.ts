import { CofferError } from '../errors.js'
import type { Catalog } from './catalog.js'
import type { RecordRef } from './entry.js'
import { decodeIndexRecord, encodeIndexRecord, type IndexItem, type IndexRecord } from './index-record.js'
import type { LogFile } from './log-file.js'
import { recordTypes } from './record.js'

/** Index records that were written together: a checkpoint (the first run of a chain) or a delta to those before it. */
interface Run {
  readonly refs: readonly RecordRef[]
  /** The names it speaks of; those of a checkpoint are not kept. */
  readonly names: ReadonlySet<string> | undefined
  readonly count: number
}

/** Names one record speaks of at most, which bounds its length. */
const RECORD_NAMES = 2048
/** Deltas are merged once there are this many, so that opening reads few records. */
const MOST_RUNS = 64
/** A checkpoint of fewer names than this is not worth sparing. */
const SMALL_CHECKPOINT = 64

/** The chain of index records that says what the members are (docs/FORMAT.md, Index). */
export class IndexChain {
  #runs: Run[] = []

  /** Bytes in the file of all records of the chain. */
  get bytes(): number {
    let total = 0
    for (const run of this.#runs) for (const ref of run.refs) total += ref.length
    return total
  }

  /** Reads the chain that ends in `last` into an empty catalog. */
  static async load(log: LogFile, last: RecordRef, catalog: Catalog): Promise<IndexChain> {
    const found: FoundRecord[] = []
    for await (const each of readIndexRecords(log, last)) found.push(each)
    const chain = new IndexChain()
    for (const { ref, record } of found.toReversed()) {
      for (const item of record.items) {
        if (item.kind === 'put') catalog.load(item.entry)
        else catalog.loadDead(item.name, item.tarType)
      }
      chain.#append(ref, record)
    }
    return chain
  }

  /**
   * Writes what changed since the last commit: a delta, a delta merged with the newest ones, or a checkpoint.
   * The chain itself changes only when the function that this returns is called, after the commit.
   */
  async write(catalog: Catalog, append: AppendIndexRecord): Promise<{ last: RecordRef; bytes: number; settle: () => void }> {
    const { kept, names } = this.#plan(catalog)
    const before = this.#runs.slice(0, kept)
    const items = names ? itemsOf(catalog, names) : allItems(catalog)
    const count = names ? names.size : catalog.size + catalog.dead().size

    const refs: RecordRef[] = []
    let base = before.at(-1)?.refs.at(-1)
    const batches = batched(items, RECORD_NAMES)
    for (const batch of batches) {
      const ref = await append(encodeIndexRecord({ base, continues: refs.length > 0, items: batch }))
      refs.push(ref)
      base = ref
    }
    const runs = [...before, { refs, names, count }]
    const bytes = runs.reduce((sum, run) => sum + run.refs.reduce((total, ref) => total + ref.length, 0), 0)
    return {
      last: base as RecordRef,
      bytes,
      settle: () => {
        this.#runs = runs
      },
    }
  }

  /** How many runs stay, and which names go into the new one; all of them where `names` is missing. */
  #plan(catalog: Catalog): { kept: number; names: Set<string> | undefined } {
    const names = new Set(catalog.changed)
    const checkpoint = this.#runs[0]
    if (!checkpoint) return { kept: 0, names: undefined }
    let deltas = names.size
    for (const run of this.#runs.slice(1)) deltas += run.count
    if (deltas > Math.max(checkpoint.count, SMALL_CHECKPOINT)) return { kept: 0, names: undefined }

    let kept = this.#runs.length
    if (kept >= MOST_RUNS) {
      for (let run = this.#runs[kept - 1]; kept > 1 && run?.names && run.count <= names.size * 2; run = this.#runs[kept - 1]) {
        for (const name of run.names) names.add(name)
        kept -= 1
      }
    }
    return { kept, names }
  }

  #append(ref: RecordRef, record: IndexRecord): void {
    const last = record.continues ? this.#runs.pop() : undefined
    const isCheckpoint = this.#runs.length === 0
    const names = isCheckpoint ? undefined : new Set(last?.names)
    if (names) for (const item of record.items) names.add(item.kind === 'put' ? item.entry.name : item.name)
    this.#runs.push({ refs: [...(last?.refs ?? []), ref], names, count: names?.size ?? (last?.count ?? 0) + record.items.length })
  }
}

interface FoundRecord {
  readonly ref: RecordRef
  readonly record: IndexRecord
}

/** The records of the chain that ends in `last`, the newest first. */
export async function* readIndexRecords(log: LogFile, last: RecordRef): AsyncGenerator<FoundRecord> {
  for (let ref: RecordRef | undefined = last; ref; ) {
    const record: IndexRecord = decodeIndexRecord(await log.readRecord(recordTypes.index, ref))
    const { base } = record
    if (base && base.offset + base.length > ref.offset) {
      throw new CofferError('ERR_COFFER_DAMAGED', 'An index record of the coffer names a later one as its base.')
    }
    yield { ref, record }
    ref = base
  }
}

/** Puts an index record at the end of the file. */
export type AppendIndexRecord = (plain: Uint8Array) => Promise<RecordRef>

function* allItems(catalog: Catalog): Generator<IndexItem> {
  for (const entry of catalog.entries()) yield { kind: 'put', entry }
  for (const [name, tarType] of catalog.dead()) yield { kind: 'dead', name, tarType }
}

function* itemsOf(catalog: Catalog, names: Iterable<string>): Generator<IndexItem> {
  for (const name of names) {
    const entry = catalog.get(name)
    const tarType = catalog.deadType(name)
    if (entry) yield { kind: 'put', entry }
    else if (tarType) yield { kind: 'dead', name, tarType }
  }
}

/** Arrays of up to `size` items; at least one, which may be empty. */
function* batched<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = []
  let any = false
  for (const item of items) {
    batch.push(item)
    if (batch.length === size) {
      yield batch
      any = true
      batch = []
    }
  }
  if (batch.length > 0 || !any) yield batch
}
