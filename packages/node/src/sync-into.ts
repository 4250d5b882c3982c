import { stat } from 'node:fs/promises'
import { CofferError } from '@coffer/core'
import { checkName, withStorageErrors } from '@coffer/core/internal'
import type { NodeCoffer } from './node-coffer.js'
import { planSync } from './sync-plan.js'
import { hasSameContent, readCofferSide, readDirectorySide } from './sync-sides.js'
import type { SyncOptions, SyncReport } from './sync.js'

/** See {@link Sync.into}. */
export async function syncInto(coffer: NodeCoffer, source: string, name: string, options: SyncOptions): Promise<SyncReport> {
  const { signal, onProgress, symlinks, confirmDeletes } = options
  if (name !== '') checkName(name)
  if (!coffer.writable && !options.dry) throw new CofferError('ERR_COFFER_READ_ONLY', 'The coffer was opened for reading: open it with mode "a" to change it.')
  const fullName = (relative: string): string => (name === '' ? relative : `${name}/${relative}`)
  const from = await readDirectorySide(coffer, source, options)
  const to = await readCofferSide(coffer, name, options)
  const plan = await planSync(from, to, options, (relative) => {
    const { path = '', size = 0 } = from.get(relative) ?? {}
    return hasSameContent(coffer, fullName(relative), path, size, signal)
  })
  const { deletes, writes, conflicts, unchanged } = plan
  const bytes = writes.reduce((sum, { size }) => sum + size, 0)
  const report = { changes: [...deletes, ...conflicts, ...writes], unchanged, bytes, problems: [] }
  if (options.dry) return { ...report, done: false }
  if (deletes.length > 0 && confirmDeletes && !(await confirmDeletes(deletes.map((change) => change.name)))) return { ...report, done: false }

  for (const { name: relative } of deletes) await coffer.delete(fullName(relative), { signal })
  let done = 0
  if (name !== '' && !(await coffer.has(name))) {
    const { mode, mtimeMs } = await withStorageErrors(`read ${source}`, () => stat(source))
    await coffer.makeDirectory(name, { mode: mode & 0o777, mtime: Math.max(0, mtimeMs) })
  }
  for (const { name: relative, type, size } of writes) {
    const entry = from.get(relative)
    if (!entry) continue
    if (type === 'directory') {
      const { mode, mtimeMs } = await withStorageErrors(`read ${entry.path}`, () => stat(entry.path))
      await coffer.makeDirectory(fullName(relative), { mode: mode & 0o777, mtime: Math.max(0, mtimeMs) })
    } else if (type === 'symlink') await coffer.link(fullName(relative), entry.target ?? '', { mtime: Math.max(0, entry.mtimeMs) })
    else await coffer.add(entry.path, fullName(relative), { symlinks, signal })
    done += size
    onProgress?.({ phase: 'sync', done, total: bytes })
  }
  return { ...report, done: true }
}
