import type { App } from '../app.js'
import { exitCodes } from '../exit-codes.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { count, formatBytes } from '../terminal/format.js'

/** `coffer check`; `coffer check system` is another thing, as at PyCoffer. */
export async function runCheck(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  if (args[0] === 'system' && options.coffer === undefined) {
    const { runCheckSystem } = await import('./check-system.js')
    await runCheckSystem(app, options)
    return
  }
  const { out, signal } = app
  const bar = app.bar('Checking')
  const report = await withCoffer(app, options, args, { mode: 'r' }, async (coffer) => ({
    ...(await coffer.verify({ signal, onProgress: bar.onProgress })),
    recovered: coffer.recovered,
  }))
  bar.end()
  const { ok, members, bytes, bad, recovered } = report
  // Perhaps a write was interrupted; perhaps the file was cut, and a commit is gone.
  if (!ok || recovered) app.failWith(exitCodes.problems)
  if (out.json) {
    await out.value(report)
    return
  }
  for (const { name, start, end, code } of bad) await out.line(`${out.name(name)}: bytes ${start} to ${end} do not verify (${code})`)
  const isIn = recovered ? ` of generation ${recovered.generation}, but not the end of the file,` : ''
  if (ok) out.note(`${count(members, 'member')}, ${formatBytes(bytes)}: everything${isIn} verifies.`)
  else out.warn(`${new Set(bad.map(({ name }) => name)).size} of ${count(members, 'member')} do not verify; "coffer salvage" brings out the rest.`)
}
