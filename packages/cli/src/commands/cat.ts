import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'

/** Read at a time: a member may be larger than memory. */
const PIECE_BYTES = 4_194_304

/** `coffer cat` */
export async function runCat(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  const { out, signal } = app
  await withCoffer(app, options, args, { mode: 'r' }, async (coffer, names) => {
    if (names.length === 0) throw usageError('Which file?')
    for (const name of names) {
      const { size } = (await coffer.stat(name)) ?? { size: 0 }
      for (let start = 0; start === 0 || start < size; start += PIECE_BYTES) {
        await out.bytes(await coffer.read(name, { start, end: start + PIECE_BYTES, signal }))
      }
    }
  })
}
