import { equalBytes } from '../bytes/bytes.js'
import type { Sodium } from '../cipher/sodium.js'
import type { CofferKeys } from '../coffer/variants.js'
import { CofferError } from '../errors.js'
import type { KeyringRecord, SlotRecord } from './document.js'
import type { KeyringOptions, KeyringSecret } from './keyring.js'
import { checkSecret, deriveSlotKeys, unwrapKeys, type SlotKeys, type SlotPlace } from './slot-secret.js'

/** A slot that a secret opened. */
export interface OpenedSlot {
  readonly slot: SlotRecord
  readonly slotKeys: SlotKeys
  readonly keys: CofferKeys
  readonly next: CofferKeys | undefined
}

export function placeOf({ id }: Pick<KeyringRecord, 'id'>, slot: Pick<SlotRecord, 'id' | 'parameters'>): SlotPlace {
  return { keyringId: id, slotId: slot.id, type: slot.parameters.type }
}

/**
 * Tries a secret on the slots of its type, one after the other; `undefined` where it is none of theirs.
 * @throws CofferError `ERR_COFFER_DAMAGED` where it is the right one for a slot that holds something else than keys.
 */
export async function findSlot(
  sodium: Sodium,
  keyring: KeyringRecord,
  slots: readonly SlotRecord[],
  given: KeyringSecret,
  options: KeyringOptions,
): Promise<OpenedSlot | undefined> {
  const { type, secret } = checkSecret(given)
  let isDamaged = false
  for (const slot of slots) {
    if (slot.parameters.type !== type) continue
    options.signal?.throwIfAborted()
    const slotKeys = await deriveSlotKeys(sodium, secret, slot.id, slot.parameters, options)
    if (!equalBytes(slotKeys.commitment, slot.commitment)) continue
    const place = placeOf(keyring, slot)
    const keys = unwrapKeys(sodium, slotKeys.wrappingKey, place, slot.wrapped)
    const next = slot.next && unwrapKeys(sodium, slotKeys.wrappingKey, place, slot.next)
    if (keys && !(slot.next && !next)) return { slot, slotKeys, keys, next }
    isDamaged = true
  }
  if (isDamaged) {
    throw new CofferError(
      'ERR_COFFER_DAMAGED',
      'The secret is the right one, but what its slot holds was changed: take the keyring from a copy.',
    )
  }
  return undefined
}

/** The error for a secret that is none of the keyring's. */
export function noSlotError(secret: KeyringSecret): CofferError {
  const what = 'password' in secret ? 'password' : 'recoveryCode' in secret ? 'recovery code' : 'passkey'
  return new CofferError('ERR_COFFER_AUTH', `This ${what} opens no slot of the keyring.`)
}
