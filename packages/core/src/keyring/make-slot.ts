import { copyBytes } from '../bytes/bytes.js'
import { randomBytes, type Sodium } from '../cipher/sodium.js'
import {
  ID_BYTES,
  LEAST_MEMORY_BYTES,
  LEAST_PASSES,
  MOST_LABEL_CHARS,
  MOST_MEMORY_BYTES,
  MOST_PASSES,
  PRF_SALT_BYTES,
  SALT_BYTES,
  type PasskeyParameters,
  type PasswordParameters,
  type SlotParameters,
} from './document.js'
import { labelProblem } from './fields.js'
import type { AddSlotOptions, KeyringOptions, KeyringSecret, PasskeyDetails, PasswordCost } from './keyring.js'
import { defaultCost } from './slot-info.js'
import { checkSecret, deriveSlotKeys, type SlotKeys } from './slot-secret.js'

/** A slot whose keys are still to be wrapped. */
export interface MadeSlot {
  readonly id: Uint8Array
  readonly label: string
  readonly created: Date
  readonly parameters: SlotParameters
  readonly slotKeys: SlotKeys
}

/** Makes a slot for a secret, with a fresh id unless it takes the place of another. @throws TypeError for secret or label. */
export async function makeSlot(
  sodium: Sodium,
  given: KeyringSecret,
  parameters: SlotParameters,
  options: KeyringOptions & AddSlotOptions & { readonly id?: Uint8Array },
): Promise<MadeSlot> {
  const { id = randomBytes(ID_BYTES), label = '' } = options
  checkLabel(label)
  const { secret } = checkSecret(given)
  const slotKeys = await deriveSlotKeys(sodium, secret, id, parameters, options)
  return { id, label, created: new Date(), parameters, slotKeys }
}

/** @throws RangeError for a cost outside of what is accepted from a file. */
export function passwordParameters(cost: PasswordCost): PasswordParameters {
  const { memoryBytes = defaultCost.memoryBytes, passes = defaultCost.passes } = cost
  checkRange('memoryBytes', memoryBytes, LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES)
  checkRange('passes', passes, LEAST_PASSES, MOST_PASSES)
  return { type: 'password', salt: randomBytes(SALT_BYTES), memoryBytes, passes }
}

/** @throws TypeError for what no browser would give. */
export function passkeyParameters({ credentialId, prfSalt, rpId, transports }: PasskeyDetails): PasskeyParameters {
  if (!(credentialId instanceof Uint8Array) || credentialId.length < 1 || credentialId.length > 1023) {
    throw new TypeError('`credentialId` is a Uint8Array of 1 to 1023 bytes.')
  }
  if (!(prfSalt instanceof Uint8Array) || prfSalt.length !== PRF_SALT_BYTES) {
    throw new TypeError('`prfSalt` is a Uint8Array of 32 bytes.')
  }
  if (typeof rpId !== 'string' || rpId.length > 253 || labelProblem(rpId) !== undefined) {
    throw new TypeError('`rpId` is a domain.')
  }
  if (transports.length > 8 || transports.some((name) => !/^[a-z-]{1,32}$/.test(name))) {
    throw new TypeError('`transports` are up to 8 names, such as "internal".')
  }
  return { type: 'passkey', credentialId: copyBytes(credentialId), prfSalt: copyBytes(prfSalt), rpId, transports: [...transports] }
}

/** @throws TypeError for what no document may have. */
export function checkLabel(label: string): void {
  if (typeof label !== 'string' || label.length > MOST_LABEL_CHARS || labelProblem(label) !== undefined) {
    throw new TypeError(`\`label\` is a text of up to ${MOST_LABEL_CHARS} characters without control characters.`)
  }
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new RangeError(`\`${name}\` is a whole number from ${least} to ${most}.`)
}
