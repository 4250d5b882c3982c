import { CofferError } from '@coffer/core'
import { checkName } from '@coffer/core/internal'
import type { NodeCoffer } from './node-coffer.js'
import { planSync, totalOf } from './sync-plan.js'
import { hasSameContent, readCofferSide, readDirectorySide } from './sync-sides.js'
import type { SyncOptions, SyncReport } from './sync.js'
import { changeTree, partsOf, type NamedSource } from './tree-change.js'
import { GONE, walkTree } from './tree-walk.js'

/** See {@link Sync.into}. */
export async function syncInto(coffer: NodeCoffer, source: string, name: string, options: SyncOptions): Promise<SyncReport> {
  const { signal, onProgress, onSkip, confirmDeletes } = options
  if (name !== '') checkName(name)
  if (!coffer.writable && !options.dry) {
    throw new CofferError('ERR_COFFER_READ_ONLY', 'The coffer was opened for reading: open it with mode "a" to change it.')
  }
  const parts = partsOf(coffer)
  if (!parts) throw new CofferError('ERR_COFFER_PLUGIN', 'The plugin "sync" works on coffers that @coffer/node has opened.')
  const fullName = (relative: string): string => (name === '' ? relative : `${name}/${relative}`)
  const from = await readDirectorySide(coffer, source, name, options)
  const to = await readCofferSide(coffer, name, options, { isTarget: true })
  const plan = await planSync(from, to, options, (relative) => {
    const { path = '', size = 0 } = from.get(relative) ?? {}
    return hasSameContent(coffer, fullName(relative), path, size, signal)
  })
  const { deletes, writes, conflicts, unchanged } = plan
  const bytes = totalOf(writes)
  const report = { changes: [...deletes, ...conflicts, ...writes], unchanged, bytes, problems: [] }
  if (options.dry) return { ...report, done: false }
  const mayDelete = deletes.length === 0 || !confirmDeletes || (await confirmDeletes(deletes.map((change) => change.name)))
  if (!mayDelete) return { ...report, done: false }

  const sources: NamedSource[] = name !== '' && !(await coffer.has(name)) ? await rootOf(source, name) : []
  for (const { name: relative } of writes) {
    const entry = from.get(relative)
    if (entry) sources.push({ entry, name: fullName(relative) })
  }
  if (sources.length + deletes.length === 0) return { ...report, done: true }
  let done = 0
  const gone = new Set<string>()
  await changeTree(parts, {
    deletes: deletes.map((change) => fullName(change.name)),
    sources,
    signal,
    onBlock: (more) => {
      done += more
      onProgress?.({ phase: 'sync', done, total: bytes })
    },
    onGone: (entry) => {
      gone.add(entry.name)
      onSkip?.(entry.path, GONE)
    },
  })
  const written = writes.filter((change) => !gone.has(change.name))
  return { ...report, changes: [...deletes, ...conflicts, ...written], bytes: totalOf(written), done: true }
}

/** The directory itself, which comes first of a walk. */
async function rootOf(source: string, name: string): Promise<NamedSource[]> {
  for await (const entry of walkTree(source)) return [{ entry, name }]
  return []
}
