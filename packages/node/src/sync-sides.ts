import { open } from 'node:fs/promises'
import { CofferError, type Member } from '@coffer/core'
import { withStorageErrors } from '@coffer/core/internal'
import { belongsToCoffer } from './file-storage.js'
import type { NodeCoffer } from './node-coffer.js'
import type { SyncEntry } from './sync-plan.js'
import type { SyncOptions } from './sync.js'
import { matcherOf, walkTree, type SourceEntry } from './tree-walk.js'

/** Compared at a time. */
const PIECE_BYTES = 1_048_576

/** What is below `name` in the coffer, by what is left of the names. The coffer's plugins keep their own. */
export async function readCofferSide(
  coffer: NodeCoffer,
  name: string,
  { exclude = [] }: SyncOptions,
  { isTarget = false }: { readonly isTarget?: boolean } = {},
): Promise<Map<string, SyncEntry>> {
  const isExcluded = matcherOf(exclude)
  const entries = new Map<string, SyncEntry>()
  const kept = new Set<string>()
  const root = await coffer.stat(name === '' ? '.' : name).catch(() => undefined)
  if (root && root.type !== 'directory') {
    throw new CofferError('ERR_COFFER_CONFLICT', `${JSON.stringify(name)} in the coffer is a file, not a directory.`)
  }
  for await (const member of coffer.members(name === '' ? '' : `${name}/`)) {
    const relative = name === '' ? member.name : member.name.slice(name.length + 1)
    if (name === '' && isOfPlugins(relative)) continue
    const parents = parentsOf(relative)
    if ([...parents, relative].some(isExcluded)) for (const parent of parents) kept.add(parent)
    else {
      // Files need no directories to stand in.
      for (const parent of parents) if (!entries.has(parent)) entries.set(parent, impliedDirectory(parent))
      entries.set(relative, toEntry(relative, member))
    }
  }
  // What is excluded still takes the place of what would be written there.
  if (isTarget) for (const parent of kept) if (!entries.has(parent)) entries.set(parent, impliedDirectory(parent))
  markKept(entries, kept)
  return entries
}

function markKept<T extends SyncEntry>(entries: Map<string, T>, kept: ReadonlySet<string>): void {
  for (const name of kept) {
    const entry = entries.get(name)
    if (entry) entries.set(name, { ...entry, keeps: true })
  }
}

/** What is in a directory. Where it stands for a whole coffer, what the coffer's plugins keep is not. */
export async function readDirectorySide(
  coffer: NodeCoffer,
  directory: string,
  name: string,
  { exclude, symlinks, onSkip, signal }: SyncOptions,
): Promise<Map<string, SyncEntry & SourceEntry>> {
  const entries = new Map<string, SyncEntry & SourceEntry>()
  const kept = new Set<string>()
  const leaveOut = (path: string): boolean => belongsToCoffer(path, coffer.path)
  const onLeftOut = (left: string): void => parentsOf(left).forEach((parent) => kept.add(parent))
  for await (const entry of walkTree(directory, { exclude, symlinks, onSkip, signal }, leaveOut, onLeftOut)) {
    if (entry.name === '' && entry.type !== 'directory') {
      throw new CofferError('ERR_COFFER_CONFLICT', `${directory} is a file, not a directory.`)
    }
    if (entry.name !== '' && !(name === '' && isOfPlugins(entry.name))) entries.set(entry.name, entry)
  }
  markKept(entries, kept)
  return entries
}

/** Whether a file and a member of the same size hold the same. */
export async function hasSameContent(
  coffer: NodeCoffer,
  name: string,
  path: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const handle = await withStorageErrors(`read ${path}`, () => open(path, 'r'))
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    for (let start = 0; start < size; start += PIECE_BYTES) {
      const theirs = await coffer.read(name, { start, end: start + PIECE_BYTES, signal })
      let length = 0
      while (length < theirs.length) {
        const read = handle.read(piece, length, theirs.length - length, start + length)
        const { bytesRead } = await withStorageErrors(`read ${path}`, () => read)
        if (bytesRead === 0) return false
        length += bytesRead
      }
      if (Buffer.compare(piece.subarray(0, length), theirs) !== 0) return false
    }
    return true
  } finally {
    await handle.close()
  }
}

function toEntry(name: string, { type, size, mtimeMs, target }: Member): SyncEntry {
  return { name, type, size, mtimeMs, target }
}

function impliedDirectory(name: string): SyncEntry {
  return { name, type: 'directory', size: 0, mtimeMs: 0, isImplied: true }
}

/** All directories that something stands in, the outermost first. */
function parentsOf(name: string): string[] {
  const parents: string[] = []
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) parents.push(name.slice(0, at))
  return parents
}

function isOfPlugins(name: string): boolean {
  return name === '.plugins' || name.startsWith('.plugins/')
}
