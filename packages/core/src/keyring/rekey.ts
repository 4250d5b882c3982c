import { randomBytes } from '../cipher/sodium.js'
import type { Coffer } from '../coffer/coffer.js'
import type { CofferKeys } from '../coffer/variants.js'
import type { TaskOptions } from '../coffer/options.js'
import { CofferError, isCofferError } from '../errors.js'
import type { Keyring, KeyringSecret, KeyringSlot } from './keyring.js'

export interface RekeyOptions extends TaskOptions {
  /** Opened for writing, with the keys of the keyring. */
  readonly coffer: Coffer
  readonly keyring: Keyring
  /** Saves the keyring's document in one atomic step, before it resolves. It is called twice. */
  readonly save: (document: string) => Promise<void>
  /** Fresh random ones where nothing is said. */
  readonly keys?: CofferKeys | undefined
  /** Secrets of further slots that are to stay; the others are dropped. */
  readonly secrets?: readonly KeyringSecret[] | undefined
}

/**
 * Gives a coffer new keys, and the keyring with it, so that a crash between never locks anybody out: until the end the document
 * holds both. Resolves to the slots that were dropped, since their secret was not there to wrap the new keys with.
 *
 * When it fails half way, {@link openWithKeyring} tells which keys the coffer has, and {@link Keyring.finishRekey} ends it.
 * @throws CofferError as {@link Keyring.beginRekey} and {@link Coffer.rekey} do; what `save` throws.
 */
export async function rekeyWithKeyring({ coffer, keyring, save, keys, secrets, ...task }: RekeyOptions): Promise<readonly KeyringSlot[]> {
  if (!coffer.writable) {
    throw new CofferError('ERR_COFFER_READ_ONLY', 'The coffer was opened for reading: open it with mode "a" to change its keys.')
  }
  const next = keys ?? freshKeys(keyring.keys)
  await keyring.beginRekey(next, secrets)
  await save(keyring.document)
  await coffer.rekey(next, task)
  const dropped = await keyring.finishRekey()
  await save(keyring.document)
  return dropped
}

/**
 * Opens a coffer with the keys of a keyring. Where a rekeying stopped half way, it tries both, and tells which ones the coffer
 * has: whoever has the coffer's lock for writing then ends it with `finishRekey({ keep: has })`.
 */
export async function openWithKeyring<T>(
  keyring: Pick<Keyring, 'keys' | 'pendingKeys'>,
  open: (keys: CofferKeys) => Promise<T>,
): Promise<{ readonly coffer: T; readonly has: 'old' | 'new' }> {
  const { keys, pendingKeys } = keyring
  if (!pendingKeys) return { coffer: await open(keys), has: 'old' }
  try {
    return { coffer: await open(keys), has: 'old' }
  } catch (error) {
    if (!isCofferError(error, 'ERR_COFFER_AUTH')) throw error
    return { coffer: await open(pendingKeys), has: 'new' }
  }
}

function freshKeys({ cofferKey, secureKey }: CofferKeys): CofferKeys {
  return {
    ...(cofferKey ? { cofferKey: randomBytes(cofferKey.length) } : {}),
    ...(secureKey ? { secureKey: randomBytes(secureKey.length) } : {}),
  }
}
