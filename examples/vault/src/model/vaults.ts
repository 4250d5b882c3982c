import { createKeyring, generateKeys, openKeyring, parseKeyring, type KeyringSecret, type ParsedKeyring, type VariantName } from '@coffer/core'
import { deleteCoffer, listCoffers, type StorageKind } from '@coffer/browser'
import { createStore, del, get, keys as storedNames, set } from 'idb-keyval'
import { currentSession, openSession, type VaultSession } from './session.js'

/** What this browser keeps beside a vault's coffer. Nothing in it is secret, but whoever has it can try passwords. */
export interface VaultRecord {
  readonly name: string
  readonly storage: StorageKind
  readonly variant: VariantName
  readonly created: Date
  /** The keyring's document. */
  readonly keyring: string
}

const records = createStore('coffer-vault', 'vaults')

/** The vaults of this browser, by name. */
export async function listVaults(): Promise<VaultRecord[]> {
  const names = await storedNames<string>(records)
  const found = await Promise.all(names.map((name) => get<VaultRecord>(name, records)))
  return found.filter((record) => record !== undefined).toSorted((a, b) => a.name.localeCompare(b.name))
}

/** What is to be known of a vault before it is unlocked: which kinds of slots it has. */
export function slotsOf(record: VaultRecord): ParsedKeyring {
  return parseKeyring(record.keyring)
}

export interface NewVault {
  readonly name: string
  readonly variant: VariantName
  readonly password: string
}

/** Makes a vault and opens it. The recovery code is given out this once. */
export async function createVault({ name, variant, password }: NewVault): Promise<{ session: VaultSession; recoveryCode: string }> {
  const storage = await preferredStorage()
  const { keyring, recoveryCode } = await createKeyring(await generateKeys(variant), { password, recoveryCode: true })
  if (recoveryCode === undefined) throw new Error('A keyring with a recovery slot has a recovery code.')
  await saveRecord({ name, storage, variant, created: new Date(), keyring: keyring.document })
  const session = await openSession({ name, storage, variant, keyring, create: true })
  currentSession.value = session
  return { session, recoveryCode }
}

/** Opens a vault with a secret. @throws CofferError `ERR_COFFER_AUTH` for a secret that opens no slot. */
export async function unlockVault(record: VaultRecord, secret: KeyringSecret): Promise<VaultSession> {
  const keyring = await openKeyring(record.keyring, secret)
  const session = await openSession({ ...record, keyring })
  currentSession.value = session
  return session
}

/** Saves the keyring after a change, in one step. */
export async function saveKeyring({ name, keyring }: VaultSession): Promise<void> {
  const record = await get<VaultRecord>(name, records)
  if (record === undefined) throw new Error('The vault is not in this browser any more.')
  await saveRecord({ ...record, keyring: keyring.document })
}

export async function saveRecord(record: VaultRecord): Promise<void> {
  await set(record.name, record, records)
}

/** Deletes a vault with all that is in it, for good. */
export async function deleteVault({ name, storage }: VaultRecord): Promise<void> {
  if ((await listCoffers({ storage })).includes(name)) await deleteCoffer(name, { storage })
  await del(name, records)
}

/** The fast one where the browser has it. */
export async function preferredStorage(): Promise<StorageKind> {
  try {
    await navigator.storage.getDirectory()
    return 'opfs'
  } catch {
    return 'indexeddb'
  }
}
