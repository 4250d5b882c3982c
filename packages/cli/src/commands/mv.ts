import { posix } from 'node:path'
import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'

/** `coffer mv` */
export async function runMv(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  await withCoffer(app, options, args, { mode: 'a' }, async (coffer, rest) => {
    const [from, to, ...more] = rest
    if (from === undefined || to === undefined || more.length > 0) throw usageError('A name and its new name: coffer mv [COFFER] FROM TO.')
    const [source, target] = [from, to].map((name) => name.replace(/\/+$/, '')) as [string, string]
    // As the command of the system does it.
    const isInto = to.endsWith('/') || (source !== target && (await coffer.stat(target))?.type === 'directory')
    await coffer.move(source, isInto ? `${target}/${posix.basename(source)}` : target, { signal: app.signal })
  })
}
