import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../app.js'
import { readStdin } from '../auth/secret-source.js'
import { CommandError, usageError } from '../command-error.js'
import { oneOf, passwordsOf, type LoginOptions } from '../target/logins.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { clearClipboard, clearLater, copyToClipboard } from '../terminal/clipboard.js'
import { printable } from '../terminal/style.js'

interface ClipOptions extends CofferOptions, LoginOptions {
  readonly totp?: boolean
  readonly clear?: string
}

const DEFAULT_SECONDS = 45
const DIGEST_CHARACTERS = 64

/** `coffer password clip` */
export async function runPasswordClip(app: App, args: readonly string[], options: ClipOptions): Promise<void> {
  const seconds = options.clear === undefined ? DEFAULT_SECONDS : Number(options.clear)
  if (!(seconds >= 0 && seconds <= 86_400)) throw usageError('--clear is a number of seconds, up to a day.')
  const { name, secret } = await withCoffer(app, options, args, { mode: 'r' }, async (coffer, rest) => {
    const passwords = await passwordsOf(coffer)
    const { id, name, password } = await passwords.get(oneOf(options, rest))
    return { name, secret: options.totp ? (await passwords.totp({ id })).code : password }
  })
  if (secret === undefined) throw new CommandError('problems', `${printable(name)} has no password.`)
  await copyToClipboard(secret)
  if (seconds > 0) clearLater(secret, seconds)
  app.out.note(`Copied ${options.totp ? 'the one-time code' : 'the password'} of ${printable(name)}${seconds > 0 ? `; it is cleared in ${seconds} seconds` : ''}.`)
}

/** `coffer __clear-clipboard`, which {@link clearLater} starts. */
export async function runClearClipboard(seconds: number): Promise<void> {
  const digest = await readStdin(DIGEST_CHARACTERS)
  await sleep(seconds * 1000)
  await clearClipboard(digest)
}
