import { convert } from '@coffer/core'
import { fileStorage } from '@coffer/node'
import type { App } from '../app.js'
import { openOptionsOf } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { findTarget } from '../target/target.js'
import { count } from '../terminal/format.js'

/** `coffer convert` */
export async function runConvert(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  const { target } = await findTarget(app, options, args)
  const bar = app.bar('Converting')
  const { variant, backup, lockTimeoutMs, legacy, signal } = openOptionsOf(app, target, options, 'a')
  const report = await convert(fileStorage(target.path), {
    keys: target.keys,
    variant,
    backup,
    lockTimeoutMs,
    signal,
    legacy: legacy === 'rewritten' ? 'rewritten' : 'read',
    onProgress: bar.onProgress,
  })
  bar.end()
  if (app.out.json) await app.out.value(report)
  else app.out.note(report.converted ? `Converted ${count(report.members, 'member')}.` : 'It is one of ours already; nothing was changed.')
}
