import { isCofferError, openKeyring, parseKeyring, type Keyring, type OpenKeyringOptions, type PasskeySlot } from '@coffer/core'
import { createPasskey, forgetPasskey, type CreatePasskeyOptions } from './create-passkey.js'
import { PasskeyError } from './passkey-error.js'
import { askPasskey, passkeysOfHost } from './use-passkey.js'

export interface EnrolPasskeyOptions extends CreatePasskeyOptions {
  /** What its owner calls it: up to 200 characters without control characters. */
  readonly label?: string | undefined
}

/**
 * Makes a passkey and a slot for it. Some devices have given wrong outputs: so it is asked twice, both are compared, and the slot is opened
 * once before this resolves. The user is asked three times in all. Save the keyring's document afterwards.
 *
 * The keyring is as it was when this rejects.
 * @throws PasskeyError; CofferError as {@link Keyring.addPasskey} does.
 */
export async function enrolPasskey(keyring: Keyring, { label, ...options }: EnrolPasskeyOptions): Promise<PasskeySlot> {
  const { signal } = options
  const here = passkeysOfHost(keyring.slots.filter((slot) => slot.type === 'passkey'))
  const passkey = await createPasskey({ exclude: here, ...options })
  let slot: PasskeySlot | undefined
  try {
    const { prf } = await askPasskey([passkey], { signal })
    const again = await askPasskey([passkey], { signal })
    if (!prf.every((byte, i) => byte === again.prf[i])) {
      throw new PasskeyError('unreliable', 'The passkey gave two different outputs, so that nothing can be locked by it: use another device.')
    }
    slot = await keyring.addPasskey({ ...passkey, prf, label })
    // A keyring of its own, so that nothing but the document and the output is what opens it.
    await openKeyring(keyring.document, { prf: again.prf }, { slot: slot.id })
    return slot
  } catch (error) {
    if (slot) await keyring.removeSlot(slot.id)
    await forgetPasskey(passkey)
    throw error
  }
}

/**
 * Opens a keyring by one of its passkeys that this host may ask for.
 * @throws PasskeyError, `wrong` too where the passkey answers and opens nothing; CofferError as `openKeyring` does.
 */
export async function openKeyringWithPasskey(document: string, options: Omit<OpenKeyringOptions, 'slot'> = {}): Promise<Keyring> {
  const passkeys = passkeysOfHost(parseKeyring(document).slots.filter((slot) => slot.type === 'passkey'))
  if (passkeys.length === 0) throw new PasskeyError('unsupported', 'The keyring has no passkey for this page: take a password or the recovery code.')
  const { passkey, prf } = await askPasskey(passkeys, { signal: options.signal })
  try {
    return await openKeyring(document, { prf }, { ...options, slot: passkey.id })
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_AUTH')) throw new PasskeyError('wrong', 'This passkey opens nothing any more: take a password or the recovery code.', error)
    throw error
  }
}
