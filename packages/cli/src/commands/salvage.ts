import { openWithKeyring, type CofferKeys } from '@coffer/core'
import { salvage } from '@coffer/node'
import type { App } from '../app.js'
import { usageError, withHint } from '../command-error.js'
import { exitCodes } from '../exit-codes.js'
import { openOptionsOf } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { findTarget } from '../target/target.js'
import { count } from '../terminal/format.js'
import { printable } from '../terminal/style.js'

interface SalvageOptions extends CofferOptions {
  readonly path?: string
  readonly force?: boolean
}

const origins = {
  older: 'of an older state; it may have been replaced or deleted since',
  uncommitted: 'of a change whose commit is not there',
  archive: 'found without an index',
} as const

/** `coffer salvage` */
export async function runSalvage(app: App, args: readonly string[], options: SalvageOptions): Promise<void> {
  const { out } = app
  const { target, rest } = await findTarget(app, options, args)
  const directory = options.path ?? rest[0]
  if (directory === undefined || rest.length > (options.path === undefined ? 1 : 0)) throw usageError('Into which directory? coffer salvage [COFFER] DIRECTORY.')
  const bar = app.bar('Salvaging')
  const { variant, lock, lockTimeoutMs, signal } = openOptionsOf(app, target, options, 'r')
  const run = (keys: CofferKeys): ReturnType<typeof salvage> =>
    salvage(target.path, directory, { keys, variant, lock, lockTimeoutMs, signal, onProgress: bar.onProgress, intoFilled: options.force })
  const { keyring, keys } = target
  const report = await withHint('ERR_COFFER_DAMAGED', '', async () => (keyring ? (await openWithKeyring(keyring, run)).coffer : run(keys)))
  bar.end()
  const { files, problems, ok, isWhole, isBehind } = report
  if (!ok) app.failWith(exitCodes.problems)
  if (out.json) await out.value(report)
  else {
    for (const { name, writtenAs, origin, bad } of files) {
      const missing = bad.map(({ start, end }) => (end > start ? `${start} to ${end}` : `from ${start}`)).join(', ')
      if (writtenAs === undefined) await out.line(`${out.name(name)}: ${bad.length > 0 ? 'nothing is left' : 'there is no place for it'}`)
      else if (bad.length > 0) await out.line(`${out.name(name)}: bytes ${missing} are missing; what is left is in ${out.name(writtenAs)}`)
      else if (origin !== 'newest') await out.line(`${out.name(writtenAs)}: ${origins[origin]}`)
    }
  }
  for (const { name, message } of problems) out.warn(`${printable(name)}: ${message}`)
  const written = files.filter(({ writtenAs }) => writtenAs !== undefined)
  const whole = written.filter(({ bad }) => bad.length === 0).length
  if (!isWhole) out.warn('the index is damaged: there may have been more than was found, and deleted or older files may be among it.')
  if (isBehind) out.warn('a newer commit is damaged beyond its index: what it changed is not there.')
  out.note(`Brought out ${count(whole, 'whole file')} and ${count(written.length - whole, 'damaged one')} to ${printable(directory)}.`)
}
