import { createKeyring, openKeyring } from '../../src/keyring/open-keyring.js'
import type { CreateKeyringOptions, Keyring, KeyringSecret } from '../../src/keyring/keyring.js'
import type { CofferKeys } from '../../src/coffer/variants.js'
import { isCofferError } from '../../src/errors.js'

const MIB = 1_048_576
/** The least that is accepted: a test needs no more. */
export const cheap = { memoryBytes: 19 * MIB, passes: 2 }

export const keys: CofferKeys = { cofferKey: new Uint8Array(32).map((_, i) => i), secureKey: new Uint8Array(32).map((_, i) => 255 - i) }
export const password = 'correct horse battery staple'
export const prf: Uint8Array = new Uint8Array(32).map((_, i) => 7 * i)
export const passkey = {
  prf,
  credentialId: new Uint8Array(64).fill(9),
  prfSalt: new Uint8Array(32).fill(8),
  rpId: 'example.org',
  transports: ['internal', 'hybrid'],
}

export function make(options: Partial<CreateKeyringOptions> = {}): Promise<{ keyring: Keyring; recoveryCode: string | undefined }> {
  return createKeyring(keys, { password, ...cheap, ...options })
}

/** The keyring as another process finds it. */
export function reopen({ document }: Keyring, secret: KeyringSecret = { password }): Promise<Keyring> {
  return openKeyring(document, secret)
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'no error'
  } catch (error) {
    if (isCofferError(error)) return error.code
    throw error
  }
}

export interface JsonSlot {
  id: string
  type: string
  label: string
  created: string
  kdf?: { algorithm: string; salt: string; memoryBytes: number; passes: number }
  credentialId?: string
  prfSalt?: string
  rpId?: string
  transports?: string[]
  commitment: string
  wrapped: string
  next?: string
  mac: string
}
export interface JsonKeyring {
  format: string
  version: number
  id: string
  revision: number
  slots: JsonSlot[]
  mac: string
}

/** The document after somebody without the keys had his way with it. */
export function edited(document: string, edit: (keyring: JsonKeyring) => void): string {
  const keyring = JSON.parse(document) as JsonKeyring
  edit(keyring)
  return JSON.stringify(keyring)
}

/** The `index`th slot of a document. */
export function slotIn(keyring: JsonKeyring, index = 0): JsonSlot {
  const slot = keyring.slots[index]
  if (!slot) throw new Error('the document has no such slot')
  return slot
}
