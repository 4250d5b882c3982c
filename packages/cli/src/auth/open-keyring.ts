import { isCofferError, isRecoveryCode, openKeyring, parseKeyring, type AuthRequest, type Keyring, type KeyringSecret } from '@coffer/core'
import { CommandError, withHint } from '../command-error.js'
import { printable } from '../terminal/style.js'

const ATTEMPTS = 3

/** Where a keyring's secret is asked for. */
export type KeyringRequest = Pick<AuthRequest, 'coffer' | 'prompt' | 'signal'> & {
  /** Whether a wrong answer is asked for again: only a person gives another one. */
  readonly again?: boolean | undefined
}

/** Opens a keyring with a password or recovery code, whichever is typed. */
export function openKeyringText(document: string, where: string, request: KeyringRequest): Promise<Keyring> {
  return ofKeyring(where, () => askAndOpen(document, where, request))
}

/** Runs `action` on the keyring at `where`; where that is damaged, the user is not sent to salvage the coffer. */
export function ofKeyring<T>(where: string, action: () => Promise<T>): Promise<T> {
  return withHint('ERR_COFFER_DAMAGED', `${where} is the keyring; the coffer may be whole. Put a copy of the keyring in its place, or give the keys with --keys.`, action)
}

async function askAndOpen(document: string, where: string, request: KeyringRequest): Promise<Keyring> {
  const { prompt, signal, again = false, coffer } = request
  const { slots } = parseKeyring(document)
  const kinds = new Set(slots.map(({ type }) => type))
  if (!kinds.has('password') && !kinds.has('recovery')) {
    throw new CommandError('configuration', `${where} opens only with a passkey, in a browser: add a password there first.`)
  }
  if (!prompt) throw new CommandError('declined', `${where} needs its password, and there is nobody to ask: see --password-from.`)
  const what = kinds.has('password') ? 'Password' : 'Recovery code'
  for (let attempt = 1; ; attempt++) {
    const typed = await prompt(`${what} for ${printable(coffer)}: `)
    const secret = kinds.has('password') ? toSecret(typed) : { recoveryCode: typed }
    try {
      return await openKeyring(document, secret, { signal })
    } catch (error) {
      if (!again || attempt >= ATTEMPTS || !isCofferError(error, 'ERR_COFFER_AUTH')) throw error
      process.stderr.write('That opens nothing; try again.\n')
    }
  }
}

/** A secret as somebody typed it: what is a recovery code, checksum and all, is taken for one. */
export function toSecret(text: string): KeyringSecret {
  return isRecoveryCode(text) ? { recoveryCode: text } : { password: text }
}
