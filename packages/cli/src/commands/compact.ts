import { stat } from 'node:fs/promises'
import type { App } from '../app.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { formatBytes } from '../terminal/format.js'

/** `coffer compact` */
export async function runCompact(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  const bar = app.bar('Compacting')
  const { path, before } = await withCoffer(app, options, args, { mode: 'a' }, async (coffer, _, target) => {
    const { size } = await stat(target.path)
    await coffer.compact({ signal: app.signal, onProgress: bar.onProgress })
    return { path: target.path, before: size }
  })
  bar.end()
  const { size: after } = await stat(path)
  if (app.out.json) await app.out.value({ before, after })
  else app.out.note(`${formatBytes(before)} before, ${formatBytes(after)} now.`)
}
