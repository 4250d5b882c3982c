import { basename, resolve } from 'node:path'
import type { Sync, SyncChange, SyncReport } from '@coffer/node'
import type { App } from '../app.js'
import { CommandError, usageError } from '../command-error.js'
import { exitCodes } from '../exit-codes.js'
import { excludedBy } from '../target/exclude.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { count, formatBytes } from '../terminal/format.js'
import { printable } from '../terminal/style.js'

interface SyncOptions extends CofferOptions {
  readonly source?: string
  readonly target?: string
  readonly back?: boolean
  readonly dry?: boolean
  readonly checksum?: boolean
  readonly delete?: boolean
  readonly exclude?: readonly string[]
  readonly force?: boolean
}

const IN_THE_WAY = 'a directory stands where a file should, or the reverse; --delete replaces them'
/** Why something is in the way that may be deleted. */
const KEPT = 'a directory stands where a file should, and what is excluded stays in it'

/** `coffer sync` */
export async function runSync(app: App, args: readonly string[], options: SyncOptions): Promise<void> {
  const { signal, out } = app
  const { back = false, dry = false } = options
  const bar = app.bar('Syncing')
  // A dry run makes no coffer, and what comes out of one does not change it.
  const report = await withCoffer(app, options, args, { mode: back || dry ? 'r' : 'a', create: !back && !dry }, async (coffer, rest) => {
    const left = [...rest]
    const source = options.source ?? left.shift()
    const target = options.target ?? left.shift() ?? (back || source === undefined ? undefined : basename(resolve(source)))
    if (source === undefined || target === undefined || left.length > 0) throw usageError('A source and a target: coffer sync [COFFER] SOURCE TARGET.')
    if (source === '' || target === '') throw usageError('A source or target is empty, as an unset variable of a script is: . stands for the whole coffer.')
    const sync = await coffer.plugin<Sync>('sync')
    const settings = {
      dry,
      checksum: options.checksum,
      delete: options.delete,
      exclude: excludedBy(options.exclude),
      signal,
      onProgress: bar.onProgress,
      onSkip: (path: string, reason: string) => out.warn(`left out ${printable(path)}: ${reason}.`),
      ...(options.force ? {} : { confirmDeletes: (names: readonly string[]) => confirmDeletes(app, names) }),
    }
    return back ? sync.back(inCoffer(source), target, settings) : sync.into(source, inCoffer(target), settings)
  })
  bar.end()
  await tell(app, report, options)
}

/** `.` and `/` stand for all of a coffer. */
function inCoffer(name: string): string {
  return name.replace(/^(\.?\/)+|^\.$/, '').replace(/\/+$/, '')
}

async function confirmDeletes({ prompt }: App, names: readonly string[]): Promise<boolean> {
  const some = names.slice(0, 3).map(printable).join(', ')
  const what = `${names.length} would be deleted: ${some}${names.length > 3 ? ', ...' : ''}.`
  if (!prompt.isPossible) throw new CommandError('declined', `${what} Say --force to delete without being asked.`)
  if (!(await prompt.confirm(`${what} Go on?`))) throw new CommandError('declined', 'Nothing was changed.')
  return true
}

async function tell(app: App, report: SyncReport, options: SyncOptions): Promise<void> {
  const { out } = app
  const { changes, unchanged, bytes, problems } = report
  const { dry: isDry = false } = options
  if (out.json) await out.value(report)
  else if (isDry || !app.quiet) for (const change of changes) await out.line(describe(app, change))
  for (const { name, message } of problems) out.warn(`${printable(name)}: ${message}`)
  const conflicts = changes.filter(({ action }) => action === 'conflict').length
  if (conflicts > 0) out.warn(`${count(conflicts, 'name')} left as they are: ${options.delete ? KEPT : IN_THE_WAY}.`)
  if (conflicts > 0 || problems.length > 0) app.failWith(exitCodes.problems)
  const written = changes.filter(({ action }) => action === 'add' || action === 'update').length
  const deleted = changes.filter(({ action }) => action === 'delete').length
  out.note(`${isDry ? 'Would write' : 'Wrote'} ${written} (${formatBytes(bytes)}), ${isDry ? 'delete' : 'deleted'} ${deleted}; ${unchanged} unchanged.`)
}

function describe({ out }: App, { action, name, reason }: SyncChange): string {
  const colour = ({ add: 'green', update: 'yellow', delete: 'red', conflict: 'magenta' } as const)[action]
  return `${out.style(colour, action.padEnd(8))} ${out.name(name)}${action === 'update' ? ` (${reason})` : ''}`
}
