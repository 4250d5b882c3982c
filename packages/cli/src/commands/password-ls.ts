import type { App } from '../app.js'
import { passwordsOf, queryOf, type LoginOptions } from '../target/logins.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { printable } from '../terminal/style.js'

/** `coffer password ls` */
export async function runPasswordLs(app: App, args: readonly string[], options: CofferOptions & LoginOptions): Promise<void> {
  const { out } = app
  const logins = await withCoffer(app, options, args, { mode: 'r' }, async (coffer, rest) => (await passwordsOf(coffer)).list(queryOf(options, rest)))
  if (out.json) {
    await out.value(logins)
    return
  }
  const rows = logins.map(({ name, username = '', urls, owner = '', hasTotp }) => [name, username, urls.join(' '), owner, hasTotp ? 'one-time code' : ''].map(printable))
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows) await out.line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
}
