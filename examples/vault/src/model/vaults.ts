import { CofferError, createKeyring, generateKeys, openKeyring, parseKeyring, type Keyring, type KeyringSecret, type ParsedKeyring, type PasswordCost, type VariantName } from '@coffer/core'
import { deleteCoffer, listCoffers, openKeyringWithPasskey, passkeysOfHost, passwordHash, type StorageKind } from '@coffer/browser'
import { createStore, del, get, keys as storedNames, set, update } from 'idb-keyval'
import { defaultAutoLock, type AutoLock } from './auto-lock-choice.js'
import { currentSession, openSession, type VaultSession } from './session.js'

/** What this browser keeps beside a vault's coffer. Nothing in it is secret, but whoever has it can try passwords. */
export interface VaultRecord {
  readonly name: string
  readonly storage: StorageKind
  readonly variant: VariantName
  readonly created: Date
  /** The keyring's document. */
  readonly keyring: string
  readonly lastUsed?: Date | undefined
  /** Whether the user has typed the recovery code back. */
  readonly isRecoveryProven?: boolean | undefined
  readonly autoLock?: AutoLock | undefined
}

/** See vite.config.ts. */
export const passwordCost: PasswordCost = PASSWORD_COST

const records = createStore('coffer-vault', 'vaults')

/** The vaults of this browser: the one used last first. */
export async function listVaults(): Promise<VaultRecord[]> {
  const names = await storedNames<string>(records)
  const found = await Promise.all(names.map((name) => get<VaultRecord>(name, records)))
  const lastUse = ({ lastUsed, created }: VaultRecord): number => (lastUsed ?? created).getTime()
  return found.filter((record) => record !== undefined).toSorted((a, b) => lastUse(b) - lastUse(a) || a.name.localeCompare(b.name))
}

export async function findVault(name: string): Promise<VaultRecord | undefined> {
  return get<VaultRecord>(name, records)
}

/** What is to be known of a vault before it is unlocked: which kinds of slots it has. */
export function slotsOf(record: VaultRecord): ParsedKeyring {
  return parseKeyring(record.keyring)
}

/** Whether a passkey of this vault can be asked for on this page. */
export function hasPasskeyHere(record: VaultRecord): boolean {
  return passkeysOfHost(slotsOf(record).slots.filter((slot) => slot.type === 'passkey')).length > 0
}

export interface NewVault {
  readonly name: string
  readonly variant: VariantName
  readonly password: string
}

/**
 * Makes a vault; {@link enterVault} shows it. The recovery code is given out this once.
 * @throws CofferError `ERR_COFFER_EXISTS` for a name that is taken.
 */
export async function createVault({ name, variant, password }: NewVault): Promise<{ session: VaultSession; recoveryCode: string }> {
  const storage = await preferredStorage()
  if (await findVault(name)) throw new CofferError('ERR_COFFER_EXISTS', 'There is a vault of that name.')
  // What browsers ask the user for, or grant by themselves: not to throw the vault away when the disk is full.
  await navigator.storage.persist?.().catch(() => false)
  const { keyring, recoveryCode } = await createKeyring(await generateKeys(variant), { password, recoveryCode: true, passwordHash, ...passwordCost })
  if (recoveryCode === undefined) throw new Error('A keyring with a recovery slot has a recovery code.')
  const now = new Date()
  // The record first: a coffer without its keys is of no use.
  await saveRecord({ name, storage, variant, created: now, lastUsed: now, keyring: keyring.document, isRecoveryProven: false })
  try {
    const session = await openSession({ name, storage, variant, keyring, create: true })
    await session.coffer.value.flush({ force: true })
    return { session, recoveryCode }
  } catch (error) {
    await del(name, records)
    throw error
  }
}

/** Opens a vault with a secret. @throws CofferError `ERR_COFFER_AUTH` for a secret that opens no slot. */
export async function unlockVault(record: VaultRecord, secret: KeyringSecret): Promise<VaultSession> {
  const session = await openRecord(record, (document) => openKeyring(document, secret, { passwordHash }))
  // The next time is soon enough where it fails.
  if ('password' in secret) await upgradePassword(session, secret.password).catch(() => undefined)
  return session
}

/** Opens a vault with one of its passkeys. @throws PasskeyError; CofferError. */
export async function unlockWithPasskey(record: VaultRecord): Promise<VaultSession> {
  return openRecord(record, (document) => openKeyringWithPasskey(document))
}

/** Shows a vault that was opened. */
export function enterVault(session: VaultSession): void {
  currentSession.value = session
}

async function openRecord({ name }: VaultRecord, open: (document: string) => Promise<Keyring>): Promise<VaultSession> {
  // As it is now: another tab may have changed it since the page was shown.
  const record = await findVault(name)
  if (!record) throw new CofferError('ERR_COFFER_NOT_FOUND', 'The vault was deleted.')
  const keyring = await open(record.keyring)
  const endRekeying = async (has: 'old' | 'new'): Promise<void> => {
    await keyring.finishRekey({ keep: has })
    await saveDocument(name, record.keyring, keyring.document)
  }
  const session = await openSession({ ...record, keyring, endRekeying })
  await changeRecord(name, { lastUsed: new Date() })
  return session
}

/** A slot that was made when less was thought to be enough is made anew. Only by the tab that writes. */
async function upgradePassword(session: VaultSession, password: string): Promise<void> {
  const { keyring, writable } = session
  const opened = keyring.slots.find(({ id }) => id === keyring.openedWith)
  if (!writable.value || keyring.changed || opened?.type !== 'password' || !opened.outdated) return
  const before = keyring.document
  if (await keyring.upgradePassword(password, passwordCost)) await saveDocument(session.name, before, keyring.document)
}

/**
 * Saves what is kept of a vault after a change of its keyring, in one step. `before` is the document that the change began with.
 * @throws CofferError `ERR_COFFER_KEYRING` where another tab has changed it meanwhile.
 */
export async function saveDocument(name: string, before: string, document: string): Promise<void> {
  let problem: CofferError | undefined
  await update<VaultRecord>(
    name,
    (record) => {
      if (record?.keyring === before) return { ...record, keyring: document }
      problem = new CofferError('ERR_COFFER_KEYRING', 'Another tab has changed how this vault opens: lock it, unlock it again, and try once more.')
      return record as VaultRecord
    },
    records,
  )
  if (problem) throw problem
}

export async function saveRecord(record: VaultRecord): Promise<void> {
  await set(record.name, record, records)
}

/** Changes what is kept beside the keyring. Nothing happens where the vault is gone. */
export async function changeRecord(name: string, change: Partial<Omit<VaultRecord, 'name' | 'keyring'>>): Promise<void> {
  if (!(await findVault(name))) return
  await update<VaultRecord>(name, (record) => ({ ...(record as VaultRecord), ...change }), records)
}

/** The choice of a vault, or what holds where none was made. */
export async function autoLockOf(name: string): Promise<AutoLock> {
  return (await findVault(name))?.autoLock ?? defaultAutoLock
}

/** Deletes a vault with all that is in it, for good. */
export async function deleteVault({ name, storage }: Pick<VaultRecord, 'name' | 'storage'>): Promise<void> {
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
