import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'

/** `coffer mv` */
export async function runMv(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  await withCoffer(app, options, args, { mode: 'a' }, async (coffer, rest) => {
    const [from, to, ...more] = rest
    if (from === undefined || to === undefined || more.length > 0) throw usageError('A name and its new name: coffer mv [COFFER] FROM TO.')
    await coffer.move(from.replace(/\/+$/, ''), to.replace(/\/+$/, ''), { signal: app.signal })
  })
}
