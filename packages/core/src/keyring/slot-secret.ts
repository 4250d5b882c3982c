import { concat, copyBytes, equalBytes, utf8 } from '../bytes/bytes.js'
import { ByteReader, ByteWriter } from '../bytes/cursor.js'
import { deriveKey } from '../cipher/derive.js'
import { hkdfSha256 } from '../cipher/hkdf.js'
import type { Sodium } from '../cipher/sodium.js'
import type { CofferKeys } from '../coffer/variants.js'
import { CofferError } from '../errors.js'
import { COMMITMENT_BYTES, type SlotParameters } from './document.js'
import type { KeyringOptions, KeyringSecret } from './keyring.js'
import { normalizeRecoveryCode } from './recovery-code.js'

/** What a secret derives for one slot. */
export interface SlotKeys {
  readonly wrappingKey: Uint8Array
  /** Stands in the slot: a secret is compared with it first, and fits no second one. */
  readonly commitment: Uint8Array
}

export type SlotType = SlotParameters['type']

const WRAPPING_KEY_BYTES = 32
const PRF_BYTES = 32
const LEAST_KEY_BYTES = 16
const MOST_KEY_BYTES = 256

/** @throws TypeError for no secret, or several; CofferError `ERR_COFFER_AUTH` for a mistyped recovery code. */
export function checkSecret(secret: KeyringSecret): { readonly type: SlotType; readonly secret: KeyringSecret } {
  const given = secret as { password?: unknown; recoveryCode?: unknown; prf?: unknown }
  const names = (['password', 'recoveryCode', 'prf'] as const).filter((name) => given[name] !== undefined)
  if (names.length !== 1) throw new TypeError('A secret is one of `password`, `recoveryCode` and `prf`.')
  if ('prf' in secret && names[0] === 'prf') {
    if (!(secret.prf instanceof Uint8Array) || secret.prf.length !== PRF_BYTES) {
      throw new TypeError('`prf` is a Uint8Array of 32 bytes.')
    }
    return { type: 'passkey', secret }
  }
  if ('recoveryCode' in secret && names[0] === 'recoveryCode') {
    if (typeof secret.recoveryCode !== 'string') throw new TypeError('`recoveryCode` is a string.')
    return { type: 'recovery', secret: { recoveryCode: normalizeRecoveryCode(secret.recoveryCode) } }
  }
  if (typeof given.password !== 'string' || given.password === '') {
    throw new TypeError('A password is a string that is not empty.')
  }
  return { type: 'password', secret }
}

/** What a checked secret derives for a slot. @throws TypeError for a secret of another type than the slot. */
export async function deriveSlotKeys(
  sodium: Sodium,
  secret: KeyringSecret,
  id: Uint8Array,
  parameters: SlotParameters,
  { passwordHash = deriveKey }: KeyringOptions,
): Promise<SlotKeys> {
  const keyBytes = WRAPPING_KEY_BYTES + COMMITMENT_BYTES
  if (parameters.type === 'password' && 'password' in secret) {
    const { salt, memoryBytes, passes } = parameters
    const { key } = await passwordHash(secret.password.normalize('NFC'), { salt, memoryBytes, passes, keyBytes })
    if (key.length !== keyBytes) throw new TypeError('`passwordHash` gave a key of another length than it was asked for.')
    return split(key)
  }
  if (parameters.type === 'recovery' && 'recoveryCode' in secret) {
    return split(hkdfSha256(sodium, utf8(secret.recoveryCode), id, 'coffer/keyring/recovery/1', keyBytes))
  }
  if (parameters.type === 'passkey' && 'prf' in secret) {
    return split(hkdfSha256(sodium, secret.prf, id, 'coffer/keyring/passkey/1', keyBytes))
  }
  throw new TypeError(`This secret is not one for a slot of the type ${parameters.type}.`)
}

function split(key: Uint8Array): SlotKeys {
  return { wrappingKey: key.slice(0, WRAPPING_KEY_BYTES), commitment: key.slice(WRAPPING_KEY_BYTES) }
}

/** Where keys are wrapped: they open in this slot of this keyring only. */
export interface SlotPlace {
  readonly keyringId: Uint8Array
  readonly slotId: Uint8Array
  readonly type: SlotType
}

export function wrapKeys(sodium: Sodium, wrappingKey: Uint8Array, place: SlotPlace, { cofferKey, secureKey }: CofferKeys): Uint8Array {
  const empty = new Uint8Array(0)
  const plain = new ByteWriter().u8(1).blob(cofferKey ?? empty).blob(secureKey ?? empty).finish()
  return sodium.aeadSeal(wrappingKey, associated(place), plain)
}

/** The keys, or `undefined` where what is wrapped is not authentic, or no keys of a length that is accepted. */
export function unwrapKeys(sodium: Sodium, wrappingKey: Uint8Array, place: SlotPlace, wrapped: Uint8Array): CofferKeys | undefined {
  const plain = sodium.aeadOpen(wrappingKey, associated(place), wrapped)
  if (!plain) return undefined
  const reader = new ByteReader(plain)
  const version = reader.u8()
  const [cofferKey, secureKey] = [reader.blob().slice(), reader.blob().slice()]
  reader.end()
  if (version !== 1) {
    throw new CofferError('ERR_COFFER_UNSUPPORTED', 'The keys in the keyring are of a newer version: take a newer Coffer.')
  }
  const given = [cofferKey, secureKey].filter((key) => key.length > 0)
  if (given.length === 0 || !given.every(isOfKeyLength)) return undefined
  return { ...(cofferKey.length > 0 ? { cofferKey } : {}), ...(secureKey.length > 0 ? { secureKey } : {}) }
}

function isOfKeyLength({ length }: Uint8Array): boolean {
  return length >= LEAST_KEY_BYTES && length <= MOST_KEY_BYTES
}

function associated({ keyringId, slotId, type }: SlotPlace): Uint8Array {
  return concat([utf8(`coffer/keyring-slot/1/${type}/`), keyringId, slotId])
}

/** A copy of a caller's keys. @throws TypeError for none, or for what cannot be one. */
export function copyKeys(keys: CofferKeys): CofferKeys {
  const { cofferKey, secureKey } = keys
  if (!cofferKey && !secureKey) {
    throw new TypeError('A keyring holds a `cofferKey`, a `secureKey` or both; a coffer without keys needs none.')
  }
  for (const key of [cofferKey, secureKey]) {
    if (key === undefined) continue
    if (!(key instanceof Uint8Array) || !isOfKeyLength(key)) {
      throw new TypeError(`A key is a Uint8Array of ${LEAST_KEY_BYTES} to ${MOST_KEY_BYTES} bytes.`)
    }
  }
  return {
    ...(cofferKey ? { cofferKey: copyBytes(cofferKey) } : {}),
    ...(secureKey ? { secureKey: copyBytes(secureKey) } : {}),
  }
}

export function sameKeys(a: CofferKeys, b: CofferKeys): boolean {
  const none = new Uint8Array(0)
  const same = (one: Uint8Array = none, other: Uint8Array = none): boolean => equalBytes(one, other)
  return same(a.cofferKey, b.cofferKey) && same(a.secureKey, b.secureKey)
}
