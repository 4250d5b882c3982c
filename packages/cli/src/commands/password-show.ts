import type { App } from '../app.js'
import { oneOf, passwordsOf, type LoginOptions } from '../target/logins.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'

interface ShowOptions extends CofferOptions, LoginOptions {
  readonly totp?: boolean
}

/** `coffer password show`, the one command that prints a secret, since that is what it is asked for. */
export async function runPasswordShow(app: App, args: readonly string[], options: ShowOptions): Promise<void> {
  const { out } = app
  await withCoffer(app, options, args, { mode: 'r' }, async (coffer, rest) => {
    const passwords = await passwordsOf(coffer)
    const query = oneOf(options, rest)
    if (options.totp) {
      const { code, validUntil } = await passwords.totp(query)
      if (out.json) await out.value({ code, validUntil })
      else await out.line(code)
      return
    }
    const login = await passwords.get(query)
    if (out.json) {
      await out.value(login)
      return
    }
    const { name, username, password, urls, owner, note, totp, fields } = login
    const rows: (readonly [string, string | undefined])[] = [
      ['Name', name],
      ['Username', username],
      ['Password', password],
      ...urls.map((url) => ['Url', url] as const),
      ['Owner', owner],
      ['Note', note],
      ['One-time', totp],
      ...fields.map((field) => [field.name, field.value] as const),
    ]
    for (const [label, text] of rows) if (text !== undefined) await out.line(`${out.style('bold', `${out.name(label)}:`.padEnd(10))}${out.name(text)}`)
  })
}
