import type { SyncChange, SyncOptions } from './sync.js'

/** What is compared of one thing on either side. */
export interface SyncEntry {
  /** From the source on; empty for the source itself. */
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly size: number
  readonly mode: number
  readonly mtimeMs: number
  readonly target?: string | undefined
  /** A directory that is there because something is in it, and no member of its own. */
  readonly isImplied?: boolean | undefined
  /** A directory in which something stays that is left alone. */
  readonly keeps?: boolean | undefined
}

export interface SyncPlan {
  /** What to delete first, the deepest first. */
  readonly deletes: readonly SyncChange[]
  /** What to write then, directories before what is in them. */
  readonly writes: readonly SyncChange[]
  readonly conflicts: readonly SyncChange[]
  readonly unchanged: number
}

/** What makes `to` like `from`; `isSame` compares the contents of two files of one size. */
export async function planSync(
  from: ReadonlyMap<string, SyncEntry>,
  to: ReadonlyMap<string, SyncEntry>,
  options: SyncOptions,
  isSame: (name: string) => Promise<boolean>,
): Promise<SyncPlan> {
  const deletes: SyncChange[] = []
  const writes: SyncChange[] = []
  const conflicts: SyncChange[] = []
  let unchanged = 0
  const doomed = new Set<string>()
  for (const entry of from.values()) {
    options.signal?.throwIfAborted()
    const before = to.get(entry.name)
    const reason = before ? await difference(entry, before, options, isSame) : 'new'
    if (reason === undefined) {
      unchanged += 1
      continue
    }
    const { name, type, size } = entry
    const change: SyncChange = { action: before ? 'update' : 'add', name, type, size, reason }
    if (before && reason === 'type' && (before.type === 'directory' || entry.type === 'directory')) {
      // A whole directory would go, or a file that a directory needs the place of.
      if (!options.delete || before.keeps) {
        conflicts.push({ ...change, action: 'conflict' })
        continue
      }
      for (const other of to.values()) if (other.name === name || other.name.startsWith(`${name}/`)) doomed.add(other.name)
    }
    writes.push(change)
  }
  if (options.delete) for (const { name } of to.values()) if (!from.has(name)) doomed.add(name)
  for (const name of [...doomed].toSorted((a, b) => b.length - a.length)) {
    const { type, size, isImplied, keeps } = to.get(name) as SyncEntry
    if (!isImplied && !keeps) deletes.push({ action: 'delete', name, type, size, reason: from.has(name) ? 'type' : 'gone' })
  }
  const isBlocked = (name: string): boolean => conflicts.some((conflict) => name.startsWith(`${conflict.name}/`))
  return { deletes, writes: writes.filter(({ name }) => !isBlocked(name)), conflicts, unchanged }
}

/** Systems that keep the modes of files. */
const hasModes = process.platform !== 'win32'

/** Plaintext bytes that these changes write. */
export function totalOf(writes: readonly SyncChange[]): number {
  return writes.reduce((sum, { size }) => sum + size, 0)
}

async function difference(
  entry: SyncEntry,
  before: SyncEntry,
  { checksum = false }: SyncOptions,
  isSame: (name: string) => Promise<boolean>,
): Promise<SyncChange['reason'] | undefined> {
  if (entry.type !== before.type) return 'type'
  if (entry.type === 'symlink') return entry.target === before.target ? undefined : 'link'
  if (entry.type === 'file') {
    if (entry.size !== before.size) return 'size'
    if (checksum && !(await isSame(entry.name))) return 'content'
    if (!checksum && !isSameTime(entry.mtimeMs, before.mtimeMs)) return 'time'
  }
  // One that is implied has no mode.
  const isOfBoth = !entry.isImplied && !before.isImplied
  return hasModes && isOfBoth && entry.mode !== before.mode ? 'mode' : undefined
}

/** To the millisecond, or to the second where one side has only that, as what came through a tar. */
function isSameTime(a: number, b: number): boolean {
  if (Math.abs(a - b) < 1) return true
  return (a % 1000 === 0 || b % 1000 === 0) && Math.floor(a / 1000) === Math.floor(b / 1000)
}
