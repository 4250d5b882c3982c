import { open } from 'node:fs/promises'
import { CofferError, type Member } from '@coffer/core'
import { withStorageErrors } from '@coffer/core/internal'
import { belongsToCoffer } from './file-storage.js'
import type { NodeCoffer } from './node-coffer.js'
import type { SyncEntry } from './sync-plan.js'
import type { SyncOptions } from './sync.js'
import { matcherOf, walkTree } from './tree-walk.js'

/** Compared at a time. */
const PIECE_BYTES = 1_048_576

/** What is below `name` in the coffer, by what is left of the names. The coffer's plugins keep their own. */
export async function readCofferSide(coffer: NodeCoffer, name: string, { exclude = [] }: SyncOptions): Promise<Map<string, SyncEntry>> {
  const isExcluded = matcherOf(exclude)
  const entries = new Map<string, SyncEntry>()
  const root = await coffer.stat(name === '' ? '.' : name).catch(() => undefined)
  if (root && root.type !== 'directory') throw new CofferError('ERR_COFFER_CONFLICT', `${JSON.stringify(name)} in the coffer is a file, not a directory.`)
  for await (const member of coffer.members(name === '' ? '' : `${name}/`)) {
    const relative = name === '' ? member.name : member.name.slice(name.length + 1)
    if (name === '' && (member.name === '.plugins' || member.name.startsWith('.plugins/'))) continue
    if (!isBelowExcluded(relative, isExcluded)) entries.set(relative, toEntry(relative, member))
  }
  return entries
}

/** What is in a directory. */
export async function readDirectorySide(coffer: NodeCoffer, directory: string, { exclude, symlinks, onSkip, signal }: SyncOptions): Promise<Map<string, SyncEntry & { readonly path: string }>> {
  const entries = new Map<string, SyncEntry & { readonly path: string }>()
  const leaveOut = (path: string): boolean => belongsToCoffer(path, coffer.path)
  for await (const entry of walkTree(directory, { exclude, symlinks, onSkip, signal }, leaveOut)) {
    if (entry.name !== '') entries.set(entry.name, entry)
    else if (entry.type !== 'directory') throw new CofferError('ERR_COFFER_CONFLICT', `${directory} is a file, not a directory.`)
  }
  return entries
}

/** Whether a file and a member of the same size hold the same. */
export async function hasSameContent(coffer: NodeCoffer, name: string, path: string, size: number, signal: AbortSignal | undefined): Promise<boolean> {
  const handle = await withStorageErrors(`read ${path}`, () => open(path, 'r'))
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    for (let start = 0; start < size; start += PIECE_BYTES) {
      const theirs = await coffer.read(name, { start, end: start + PIECE_BYTES, signal })
      let length = 0
      while (length < theirs.length) {
        const { bytesRead } = await withStorageErrors(`read ${path}`, () => handle.read(piece, length, theirs.length - length, start + length))
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

/** A directory that is left out is left out with all below it, as the walk does. */
function isBelowExcluded(name: string, isExcluded: (name: string) => boolean): boolean {
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) if (isExcluded(name.slice(0, at))) return true
  return isExcluded(name)
}
