import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { CofferError, type Member } from '@coffer/core'
import { checkName } from '@coffer/core/internal'
import type { NodeCoffer } from './node-coffer.js'
import { ofCoffer } from './same-file.js'
import { planSync, totalOf } from './sync-plan.js'
import { hasSameContent, readCofferSide, readDirectorySide } from './sync-sides.js'
import type { SyncChange, SyncOptions, SyncReport } from './sync.js'
import { TreeWriter } from './tree-writer.js'

const PIECE_BYTES = 4_194_304

/** See {@link Sync.back}. */
export async function syncBack(coffer: NodeCoffer, name: string, target: string, options: SyncOptions): Promise<SyncReport> {
  const { signal, onProgress, confirmDeletes } = options
  if (name !== '') checkName(name)
  const fullName = (relative: string): string => (name === '' ? relative : `${name}/${relative}`)
  const from = await readCofferSide(coffer, name, options)
  if (name !== '' && from.size === 0 && !(await stands(coffer, name))) {
    throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${JSON.stringify(name)} in this coffer.`)
  }
  const isThere = await lstat(target).then(() => true, () => false)
  // Links of the target are its own: they are compared as they are, whatever is done with those of a source.
  const to = isThere ? await readDirectorySide(coffer, target, name, { ...options, symlinks: 'store' }) : new Map<string, never>()
  const { deletes, writes, conflicts, unchanged } = await planSync(from, to, options, (relative) =>
    hasSameContent(coffer, fullName(relative), join(target, relative), from.get(relative)?.size ?? 0, signal),
  )
  const bytes = totalOf(writes.filter(isWritten))
  const report = { changes: [...deletes, ...conflicts, ...writes], unchanged, bytes }
  const asPlanned = { ...report, done: false, problems: [] }
  if (options.dry) return asPlanned
  if (deletes.length > 0 && confirmDeletes && !(await confirmDeletes(deletes.map((change) => change.name)))) return asPlanned

  const tree = await TreeWriter.create(target, {}, ofCoffer(coffer.path))
  const rewritten = new Set(writes.filter(isWritten).map((change) => change.name))
  for (const relative of from.keys()) if (to.has(relative) && !rewritten.has(relative)) tree.keep(relative)
  const undone = new Set<string>()
  for (const { name: relative, type } of deletes) {
    signal?.throwIfAborted()
    if (!(await tree.remove(relative, type))) undone.add(relative)
  }
  let done = 0
  const count = (more: number): void => {
    done += more
    onProgress?.({ phase: 'sync', done, total: bytes })
  }
  for (const { name: relative, reason } of writes) {
    signal?.throwIfAborted()
    const member = await coffer.stat(fullName(relative))
    if (member && reason === 'mode' && member.type === 'file') await tree.setMode(relative, member.mode)
    else if (member) await write(coffer, tree, relative, member, signal, count)
    else undone.add(relative)
  }
  await tree.finish()
  const { problems } = tree
  for (const problem of problems) undone.add(problem.name)
  let unable = 0
  for (const { name: relative, reason } of writes) {
    if (reason !== 'mode' || undone.has(relative) || (await tree.hasMode(relative, from.get(relative)?.mode ?? 0))) continue
    // This file system has no such modes, or the file is another user's.
    undone.add(relative)
    unable += 1
  }
  const isDone = (change: SyncChange): boolean => !undone.has(change.name)
  const written = writes.filter(isDone)
  return { changes: [...deletes.filter(isDone), ...conflicts, ...written], unchanged: unchanged + unable, bytes: totalOf(written.filter(isWritten)), done: true, problems }
}

/** What only has another mode is not written anew. */
function isWritten({ reason }: SyncChange): boolean {
  return reason !== 'mode'
}

/** Whether there is something below `name` that is excluded, or a directory with nothing in it. */
async function stands(coffer: NodeCoffer, name: string): Promise<boolean> {
  if (await coffer.has(name)) return true
  for await (const _ of coffer.members(`${name}/`)) return true
  return false
}

async function write(
  coffer: NodeCoffer,
  tree: TreeWriter,
  relative: string,
  { name, type, size, mode, mtimeMs, target = '' }: Member,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const meta = { mode, mtimeMs }
  if (type === 'directory') await tree.directory(relative, meta)
  else if (type === 'symlink') await tree.symlink(relative, target, meta)
  else await tree.file(relative, meta, pieces(coffer, name, size, signal, onBytes))
}

async function* pieces(
  coffer: NodeCoffer,
  name: string,
  size: number,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < size; start += PIECE_BYTES) {
    const piece = await coffer.read(name, { start, end: start + PIECE_BYTES, signal })
    yield piece
    onBytes(piece.length)
  }
}
