import { enrolPasskey, forgetPasskey, passkeySupport, type PasskeySupport } from '@coffer/browser'
import type { Keyring, PasskeySlot } from '@coffer/core'
import { signal } from '@preact/signals'
import { changeKeyring } from './security.js'
import type { VaultSession } from './session.js'

/** What this browser says of passkeys; `'unknown'` until it has said something. */
export const support = signal<PasskeySupport>('unknown')

export async function askSupport(): Promise<void> {
  support.value = await passkeySupport()
}

/**
 * Has a passkey made for the vault. The device asks its user three times: to make it, and twice to prove it. All other changes of the keyring wait for
 * it, or for `signal`, which takes the device's question back.
 * @throws PasskeyError; CofferError; the signal's reason.
 */
export async function addPasskey(session: VaultSession, label: string, signal: AbortSignal): Promise<PasskeySlot> {
  let made: PasskeySlot | undefined
  const enrol = async (keyring: Keyring): Promise<PasskeySlot> => {
    made = await enrolPasskey(keyring, { label, userName: `${session.name} (Coffer vault)`, rpName: 'Coffer vault', signal })
    return made
  }
  try {
    return await changeKeyring(session, enrol)
  } catch (error) {
    // It could not be saved, and opens nothing.
    if (made) await forgetPasskey(made)
    throw error
  }
}

/** Calls a passkey something else, here; what the device calls it stays. */
export async function renamePasskey(session: VaultSession, slot: PasskeySlot, label: string): Promise<void> {
  await changeKeyring(session, (keyring) => keyring.renameSlot(slot.id, label))
}

/** Takes a passkey out of the vault, and tells the device that it is of no more use. */
export async function removePasskey(session: VaultSession, slot: PasskeySlot): Promise<void> {
  await changeKeyring(session, (keyring) => keyring.removeSlot(slot.id))
  await forgetPasskey(slot)
}

/** What is wrong with a passkey's label, in words. */
export function labelProblem(label: string): string | undefined {
  const trimmed = label.trim()
  if (trimmed === '') return 'Give it a name.'
  if (trimmed.length > 60) return 'At most 60 characters.'
  return /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(trimmed) || !trimmed.isWellFormed() ? 'No control characters.' : undefined
}
