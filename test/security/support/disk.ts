import { createHash } from 'node:crypto'
import { CofferError, type CofferStorage, type LockKind, type LockOptions, type StorageFile, type StorageLock, type StorageReplacement } from '@coffer/core'
import { LockTable } from '@coffer/core/internal'

/** Something that was done to a disk, in order. `sync` is what orders it for the disk itself. */
export type DiskOp =
  | { readonly kind: 'write'; readonly file: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  | { readonly kind: 'sync'; readonly file: number }
  | { readonly kind: 'publish'; readonly file: number }

/** Throws for a call, to make it fail; told how many changes came before. */
export type Fault = (op: DiskOp, index: number) => void

/** A storage in memory that remembers what was done to it, and can fail on purpose. */
export class LoggedDisk implements CofferStorage {
  readonly name = 'disk'
  readonly ops: DiskOp[] = []
  fault: Fault | undefined
  readonly #locks = new LockTable()
  readonly #files = new Map<number, Uint8Array>()
  #root: number | undefined
  #lastFile = 0

  /** What is at the coffer's place now. */
  bytes(): Uint8Array | undefined {
    return this.#root === undefined ? undefined : this.#files.get(this.#root)
  }

  async open(): Promise<StorageFile | undefined> {
    return this.#root === undefined ? undefined : this.#handle(this.#root)
  }

  async replace(): Promise<StorageReplacement> {
    const file = this.#create()
    return Object.assign(this.#handle(file), {
      publish: async () => {
        this.#do({ kind: 'sync', file })
        this.#do({ kind: 'publish', file })
        this.#root = file
      },
    })
  }

  async spool(): Promise<StorageFile> {
    return this.#handle(this.#create(), false)
  }

  async backup(): Promise<void> {
    throw new CofferError('ERR_COFFER_UNSUPPORTED', 'This disk keeps no backups.')
  }

  lock(kind: LockKind, options: LockOptions): Promise<StorageLock> {
    return this.#locks.acquire(this.name, kind, options)
  }

  #create(): number {
    this.#lastFile += 1
    this.#files.set(this.#lastFile, new Uint8Array(0))
    return this.#lastFile
  }

  #do(op: DiskOp): void {
    this.fault?.(op, this.ops.length)
    this.ops.push(op)
  }

  #handle(file: number, logged = true): StorageFile {
    const bytes = (): Uint8Array => this.#files.get(file) as Uint8Array
    const change = (op: DiskOp): void => {
      if (logged) this.#do(op)
      this.#files.set(file, applyOp(bytes(), op))
    }
    return {
      size: async () => bytes().length,
      read: async (offset, length) => bytes().slice(offset, offset + length),
      write: async (offset, data) => change({ kind: 'write', file, offset, bytes: data.slice() }),
      truncate: async (size) => change({ kind: 'truncate', file, size }),
      sync: async () => change({ kind: 'sync', file }),
      isCurrent: async () => this.#root === file,
      close: async () => undefined,
    }
  }
}

/** The bytes of a file after one more change. */
export function applyOp(bytes: Uint8Array, op: DiskOp): Uint8Array {
  if (op.kind === 'truncate') {
    const cut = new Uint8Array(op.size)
    cut.set(bytes.subarray(0, op.size))
    return cut
  }
  if (op.kind !== 'write') return bytes
  const out = new Uint8Array(Math.max(bytes.length, op.offset + op.bytes.length))
  out.set(bytes)
  out.set(op.bytes, op.offset)
  return out
}

/** What is at the coffer's place when exactly these changes reached the disk. */
export function replay(ops: readonly DiskOp[]): Uint8Array | undefined {
  const files = new Map<number, Uint8Array>()
  let root: number | undefined
  for (const op of ops) {
    if (op.kind === 'publish') root = op.file
    else files.set(op.file, applyOp(files.get(op.file) ?? new Uint8Array(0), op))
  }
  return root === undefined ? undefined : files.get(root)
}

const SECTORS = [512, 4096]

/**
 * States in which a crash after the first `count` changes could leave the disk: what was synced is there; of the rest, all of it,
 * none, some of it in any combination, of writes or of sectors, the last write torn at a sector, or its length without its bytes.
 */
export function* crashStates(ops: readonly DiskOp[], count: number, random: () => number): Generator<Uint8Array | undefined> {
  const done = ops.slice(0, count)
  const isSynced = (op: DiskOp, index: number): boolean =>
    op.kind === 'sync' || op.kind === 'publish' || done.slice(index).some((later) => later.kind === 'sync' && later.file === op.file)
  const loose = done.map((op, index) => !isSynced(op, index))
  const keep = (chosen: (index: number) => boolean): DiskOp[] => done.filter((_op, index) => !loose[index] || chosen(index))
  yield replay(done)
  if (!loose.includes(true)) return
  yield replay(keep(() => false))
  for (let i = 0; i < 3; i++) yield replay(keep(() => random() < 0.5))
  for (const share of [0.5, 0.9]) yield mixSectors(replay(keep(() => false)), replay(done), () => random() < share)
  const last = loose.lastIndexOf(true)
  const op = done[last]
  if (op?.kind !== 'write') return
  const withLast = (changed: DiskOp): Uint8Array | undefined => replay(done.map((other, index) => (index === last ? changed : other)))
  yield withLast({ ...op, bytes: new Uint8Array(op.bytes.length) })
  for (const sector of SECTORS) {
    const at = sector - (op.offset % sector)
    if (at >= op.bytes.length) continue
    const head = op.bytes.slice()
    head.fill(0, at)
    yield withLast({ ...op, bytes: head })
    yield withLast({ ...op, bytes: op.bytes.slice(0, at) })
    const tail = op.bytes.slice()
    tail.fill(0, 0, at)
    yield withLast({ ...op, bytes: tail })
  }
}

/**
 * Tells whether a state of the disk is to be looked at: the same bytes again, of which no more is promised than before, would be the same answer
 * again. About half of all states are.
 */
export function unseenStates(): (state: Uint8Array | undefined, least: number) => boolean {
  const seen = new Map<string, number>()
  return (state, least) => {
    const key = state ? createHash('sha256').update(state).digest('base64') : ''
    if ((seen.get(key) ?? -1) >= least) return false
    seen.set(key, least)
    return true
  }
}

/** The sectors of a file as they were, or as they should be now. */
function mixSectors(before: Uint8Array | undefined, after: Uint8Array | undefined, isWritten: () => boolean): Uint8Array | undefined {
  const mixed = after?.slice()
  for (let at = 0; mixed && at < mixed.length; at += 512) {
    const end = Math.min(at + 512, mixed.length)
    if (!isWritten()) mixed.fill(0, at, end).set(before?.subarray(at, end) ?? [], at)
  }
  return mixed
}

/** Numbers from 0 to 1, the same ones each time. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
