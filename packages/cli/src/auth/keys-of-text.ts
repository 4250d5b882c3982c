import type { AuthKeys, AuthRequest } from '@coffer/core'
import { parseKeyText } from './key-text.js'
import { openKeyringText, type KeyringRequest } from './open-keyring.js'

/** What our own plugins are asked: as those of others, and whether a wrong answer is asked for again. */
export type KeyRequest = AuthRequest & KeyringRequest

/** The keys in a text, or in the keyring that it is. @throws CommandError, CofferError; never with anything of the text. */
export async function keysOfText(text: string, where: string, request: KeyRequest): Promise<AuthKeys> {
  const found = await parseKeyText(text, where)
  if (found.kind === 'keys') return { ...found.keys, variant: found.type }
  const keyring = await openKeyringText(found.document, where, request)
  return { ...keyring.keys, keyring }
}
