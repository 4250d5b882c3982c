import { readFile } from 'node:fs/promises'
import type { PasswordFormat } from '@coffer/core'
import type { App } from '../app.js'
import { readStdin } from '../auth/secret-source.js'
import { CommandError, usageError } from '../command-error.js'
import { exitCodes } from '../exit-codes.js'
import { passwordsOf } from '../target/logins.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { count } from '../terminal/format.js'

interface ImportOptions extends CofferOptions {
  readonly file?: string
  readonly format?: PasswordFormat
  readonly owner?: string
  readonly keep?: boolean
  readonly pycoffer?: boolean
}

const MOST_BYTES = 268_435_456

/** `coffer password import` */
export async function runPasswordImport(app: App, args: readonly string[], options: ImportOptions): Promise<void> {
  const { out } = app
  const replace = options.keep !== true
  const report = await withCoffer(app, options, args, { mode: 'a', create: true }, async (coffer, rest) => {
    const passwords = await passwordsOf(coffer)
    if (options.pycoffer) return passwords.importPycoffer({ replace })
    const file = options.file ?? rest[0]
    if (file === undefined) throw usageError('Which file? Its path, or - for stdin.')
    return passwords.importFrom(await readExport(file), { format: options.format, owner: options.owner, replace })
  })
  for (const { place, reason } of report.skipped) out.warn(`left out ${place}: ${reason}`)
  if (report.skipped.length > 0) app.failWith(exitCodes.problems)
  if (out.json) await out.value(report)
  else out.note(`${report.format}: ${count(report.added, 'login')} added, ${report.replaced} replaced, ${report.unchanged} unchanged. Delete the export now: it is not encrypted.`)
}

/** `coffer password import-chrome` */
export async function runPasswordImportChrome(app: App, args: readonly string[], options: ImportOptions): Promise<void> {
  await runPasswordImport(app, args, { ...options, format: 'chrome-csv' })
}

async function readExport(file: string): Promise<string | Uint8Array> {
  if (file === '-') return readStdin(MOST_BYTES)
  try {
    return await readFile(file)
  } catch (error) {
    throw new CommandError('configuration', `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`, error)
  }
}
