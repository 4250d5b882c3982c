import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExtractReport, LinkPolicy, NodeCoffer } from '@coffer/node'
import type { App } from '../app.js'
import { CommandError, usageError } from '../command-error.js'
import { exitCodes } from '../exit-codes.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { count, formatBytes } from '../terminal/format.js'
import { printable } from '../terminal/style.js'

interface ExtractOptions extends CofferOptions {
  readonly path?: string
  readonly file?: string
  readonly all?: boolean
  readonly force?: boolean
  readonly links?: LinkPolicy
}

/** `coffer extract` */
export async function runExtract(app: App, args: readonly string[], options: ExtractOptions): Promise<void> {
  const { out, signal } = app
  const directory = options.path ?? '.'
  const bar = app.bar('Extracting')
  const report = await withCoffer(app, options, args, { mode: 'r' }, async (coffer, rest) => {
    const names = (options.file === undefined ? rest : [options.file, ...rest]).map((name) => name.replace(/\/+$/, ''))
    if (names.length === 0 && !options.all) throw usageError('Extract what? Name files or directories, or everything with --all.')
    if (names.length > 0 && options.all) throw usageError('--all is everything: leave it out, or the names.')
    const chosen = options.all ? undefined : names
    if (!options.force) await confirmOverwriting(app, await standingFiles(coffer, chosen, directory))
    const settings = { signal, links: options.links, onProgress: bar.onProgress }
    if (!chosen) return coffer.extractAll(directory, settings)
    const reports: ExtractReport[] = []
    for (const name of chosen) reports.push(await coffer.extract(name, directory, settings))
    return sum(reports)
  })
  bar.end()
  const { files, bytes, problems } = report
  for (const { name, message } of problems) out.warn(`${printable(name)}: ${message}`)
  if (problems.length > 0) app.failWith(exitCodes.problems)
  if (out.json) await out.value(report)
  else out.note(`Extracted ${count(files, 'file')} (${formatBytes(bytes)}) to ${printable(directory)}.`)
}

/** Files of the target that would be replaced. */
async function standingFiles(coffer: NodeCoffer, names: readonly string[] | undefined, directory: string): Promise<string[]> {
  const standing: string[] = []
  for await (const { name, type } of coffer.members()) {
    if (type === 'directory' || (names && !names.some((chosen) => name === chosen || name.startsWith(`${chosen}/`)))) continue
    const path = join(directory, name)
    if (await lstat(path).then(() => true, () => false)) standing.push(path)
  }
  return standing
}

async function confirmOverwriting(app: App, standing: readonly string[]): Promise<void> {
  if (standing.length === 0) return
  const some = standing.slice(0, 3).map(printable).join(', ')
  const what = `${count(standing.length, 'file')} would be replaced: ${some}${standing.length > 3 ? ', ...' : ''}.`
  if (!app.prompt.isPossible) throw new CommandError('declined', `${what} Say --force to replace them.`)
  if (!(await app.prompt.confirm(`${what} Replace them?`))) throw new CommandError('declined', 'Nothing was extracted.')
}

function sum(reports: readonly ExtractReport[]): ExtractReport {
  return {
    files: reports.reduce((total, { files }) => total + files, 0),
    bytes: reports.reduce((total, { bytes }) => total + bytes, 0),
    problems: reports.flatMap(({ problems }) => problems),
  }
}
