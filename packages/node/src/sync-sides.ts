import { CofferError, isCofferError, type Member } from '@coffer/core'
import { fileAccess } from './file-access.js'
import { belongsToCoffer } from './file-storage.js'
import type { NodeCoffer } from './node-coffer.js'
import type { SyncEntry } from './sync-plan.js'
import type { SyncOptions } from './sync.js'
import { matcherOf, openSource, walkTree, type SourceEntry } from './tree-walk.js'

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

/** Whether a file and a member of that size hold the same; a file that is gone, or none any more, does not. */
export async function hasSameContent(
  coffer: NodeCoffer,
  name: string,
  path: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const source = await openSource({ path })
    try {
      for (let start = 0; start < size; start += PIECE_BYTES) {
        const theirs = await coffer.read(name, { start, end: start + PIECE_BYTES, signal })
        const ours = await fileAccess.read({ descriptor: source.descriptor, offset: start, length: theirs.length, name: path })
        if (Buffer.compare(ours, theirs) !== 0) return false
      }
      return true
    } finally {
      await source.close()
    }
  } catch (error) {
    // What is gone meanwhile, on either side, shows when it is to be written.
    if (isCofferError(error, 'ERR_COFFER_NOT_FOUND')) return false
    throw error
  }
}

function toEntry(name: string, { type, size, mode, mtimeMs, target }: Member): SyncEntry {
  return { name, type, size, mode, mtimeMs, target }
}

function impliedDirectory(name: string): SyncEntry {
  return { name, type: 'directory', size: 0, mode: 0, mtimeMs: 0, isImplied: true }
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
