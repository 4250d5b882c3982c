import type { App } from '../app.js'
import { parseSecretSource, readSecret } from '../auth/secret-source.js'
import { CommandError, usageError } from '../command-error.js'
import { passwordsOf, type LoginOptions } from '../target/logins.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { printable } from '../terminal/style.js'

interface PasswordAddOptions extends CofferOptions, LoginOptions {
  readonly url?: readonly string[]
  readonly note?: string
  readonly secretFrom?: string
  readonly totpFrom?: string
  readonly generate?: string | boolean
  readonly replace?: boolean
}

/** `coffer password add` */
export async function runPasswordAdd(app: App, args: readonly string[], options: PasswordAddOptions): Promise<void> {
  const { out, prompt, signal } = app
  const { generate, secretFrom, totpFrom } = options
  if (generate !== undefined && secretFrom !== undefined) throw usageError('A password is generated, or read: not both.')
  if (secretFrom !== undefined && totpFrom !== undefined && [secretFrom, totpFrom].every((source) => source === 'stdin' || source === '-')) {
    throw usageError('Only one of two secrets can come from stdin.')
  }
  const added = await withCoffer(app, options, args, { mode: 'a', create: true }, async (coffer, rest) => {
    const name = options.name ?? rest[0]
    if (name === undefined) throw usageError('What is it called? --name NAME.')
    const passwords = await passwordsOf(coffer)
    const secret = parseSecretSource(secretFrom ?? 'prompt', '--secret-from')
    const length = typeof generate === 'string' ? Number(generate) : undefined
    const password = generate === undefined ? await readSecret(secret, `Password for ${printable(name)}: `, { prompt, signal, onlyLine: true }) : await passwords.generate({ length })
    // What should have given it may have failed.
    if (password === '' && secret.kind !== 'prompt') throw new CommandError('declined', `What --secret-from names is empty: ${printable(name)} was not added.`)
    const totp = totpFrom === undefined ? undefined : await readSecret(parseSecretSource(totpFrom, '--totp-from'), 'One-time secret: ', { prompt, signal })
    const { owner, username, note, url } = options
    return passwords.add({ name, owner, username, note, urls: url ?? [], password, totp }, { replace: options.replace === true })
  })
  if (out.json) await out.value({ id: added.id, name: added.name })
  else out.note(`Added ${printable(added.name)}.`)
}
