import { loadSodium, randomBytes } from '../cipher/sodium.js'
import type { CofferKeys } from '../coffer/variants.js'
import { CofferError } from '../errors.js'
import { KeyringMac } from './authentic.js'
import { ID_BYTES, PRF_SALT_BYTES, readDocument } from './document.js'
import { bytesToText } from './fields.js'
import { findSlot, noSlotError } from './find-slot.js'
import type { CreateKeyringOptions, Keyring, KeyringSecret, OpenKeyringOptions, ParsedKeyring } from './keyring.js'
import { makeSlot, passwordParameters } from './make-slot.js'
import { formatRecoveryCode } from './recovery-code.js'
import { toSlotInfo } from './slot-info.js'
import { copyKeys } from './slot-secret.js'
import { OpenKeyring } from './keyring-handle.js'

/**
 * Makes a keyring for the keys of a coffer, with a password, a recovery code or both. Save its {@link Keyring.document}.
 *
 * @throws TypeError for keys that are none, or neither a password nor a recovery code.
 * @example
 * ```ts
 * const { keyring, recoveryCode } = await createKeyring(await generateKeys('bank'), { password, recoveryCode: true })
 * await saveBesideTheCoffer(keyring.document)
 * showOnce(recoveryCode)
 * ```
 */
export async function createKeyring(
  keys: CofferKeys,
  options: CreateKeyringOptions,
): Promise<{ readonly keyring: Keyring; readonly recoveryCode: string | undefined }> {
  const own = copyKeys(keys)
  const { password, recoveryCode: wantsCode = false } = options
  const recoveryCode = wantsCode ? formatRecoveryCode(randomBytes(26)) : undefined
  if (password === undefined && recoveryCode === undefined) {
    throw new TypeError('A keyring begins with a `password`, a `recoveryCode` or both.')
  }
  const sodium = await loadSodium()
  const id = randomBytes(ID_BYTES)
  const made = []
  if (password !== undefined) made.push(await makeSlot(sodium, { password }, passwordParameters(options), options))
  if (recoveryCode !== undefined) made.push(await makeSlot(sodium, { recoveryCode }, { type: 'recovery' }, {}))
  return { keyring: OpenKeyring.create(sodium, id, own, made, options), recoveryCode }
}

/**
 * Opens a keyring with one of its secrets. A password takes about a second a slot, on this thread unless `passwordHash` says
 * otherwise. Look at {@link Keyring.changed} before trusting the list of slots.
 *
 * @throws CofferError `ERR_COFFER_AUTH` for a secret that opens no slot, `ERR_COFFER_DAMAGED` and `ERR_COFFER_LIMIT` for a
 * document that is broken or asks for more than is accepted, `ERR_COFFER_NOT_FOUND` for a `slot` that is not there,
 * `ERR_COFFER_EXPECT`.
 */
export async function openKeyring(
  document: string | Uint8Array,
  secret: KeyringSecret,
  options: OpenKeyringOptions = {},
): Promise<Keyring> {
  const read = readDocument(document)
  const { slot: only, expect = {} } = options
  if (expect.id !== undefined && expect.id !== bytesToText(read.id)) {
    throw new CofferError('ERR_COFFER_EXPECT', 'This is another keyring than the one expected.')
  }
  if (read.revision < (expect.revision ?? 0)) {
    throw new CofferError(
      'ERR_COFFER_EXPECT',
      `This is an older copy of the keyring: of revision ${read.revision}, not ${expect.revision}.`,
    )
  }
  const slots = only === undefined ? read.slots : read.slots.filter(({ id }) => bytesToText(id) === only)
  if (slots.length === 0) throw new CofferError('ERR_COFFER_NOT_FOUND', 'The keyring has no slot of that id.')
  const sodium = await loadSodium()
  const opened = await findSlot(sodium, read, slots, secret, options)
  if (!opened) throw noSlotError(secret)
  const text = typeof document === 'string' ? document : new TextDecoder().decode(document)
  return OpenKeyring.open(sodium, { read, text, opened, check: new KeyringMac(sodium, opened.keys).check(read) }, options)
}

/**
 * What a keyring tells without a secret: which kinds there are to ask for, and what a passkey needs. Nothing of it is known to be
 * authentic before the keyring is opened.
 * @throws CofferError `ERR_COFFER_DAMAGED`, `ERR_COFFER_LIMIT`, `ERR_COFFER_UNSUPPORTED` for a newer version.
 */
export function parseKeyring(document: string | Uint8Array): ParsedKeyring {
  const { id, revision, slots } = readDocument(document)
  return { id: bytesToText(id), revision, slots: slots.map(toSlotInfo) }
}

/** Fresh bytes to ask a new passkey's PRF for: the `prfSalt` of its slot. */
export function createPrfSalt(): Uint8Array {
  return randomBytes(PRF_SALT_BYTES)
}
