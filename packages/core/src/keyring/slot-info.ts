import { copyBytes } from '../bytes/bytes.js'
import type { SlotRecord } from './document.js'
import { bytesToText } from './fields.js'
import type { KeyringSlot, PasswordCost } from './keyring.js'

const MIB = 1_048_576

/** What a new password slot takes. */
export const defaultCost: Required<Readonly<Record<keyof PasswordCost, number>>> = { memoryBytes: 256 * MIB, passes: 3 }

/** What is told of a slot. The bytes in it are copies. */
export function toSlotInfo({ id, label, created, parameters }: SlotRecord): KeyringSlot {
  const common = { id: bytesToText(id), label, created: new Date(created) }
  switch (parameters.type) {
    case 'password': {
      const { type, memoryBytes, passes } = parameters
      return { ...common, type, memoryBytes, passes, outdated: memoryBytes < defaultCost.memoryBytes || passes < defaultCost.passes }
    }
    case 'passkey': {
      const { type, credentialId, prfSalt, rpId, transports } = parameters
      return { ...common, type, credentialId: copyBytes(credentialId), prfSalt: copyBytes(prfSalt), rpId, transports: [...transports] }
    }
    default:
      return { ...common, type: parameters.type }
  }
}
