import {
  CofferError,
  createKeyring,
  generateKeys,
  isCofferError,
  openKeyring,
  parseKeyring,
  type CofferErrorCode,
  type Keyring,
  type KeyringSecret,
  type ParsedKeyring,
  type PasswordCost,
  type VariantName,
} from '@coffer/core'
import { deleteCoffer, listCoffers, openKeyringWithPasskey, passkeysOfHost, passwordHash, type StorageKind } from '@coffer/browser'
import { createStore, del, get, keys as storedNames, set, update, type UseStore } from 'idb-keyval'
import { defaultAutoLock, type AutoLock } from './auto-lock-choice.js'
import { ifNotMade, whileMaking } from './making.js'
import { notify } from './notices.js'
import { currentSession, openedSession, openSession, type VaultSession } from './session.js'
import { askToPersist } from './storage-use.js'

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
  /** While it is being made or imported. Where that ended half way, {@link removeUnfinished} takes it away. */
  readonly isUnfinished?: true | undefined
}

/** The keys of a vault were opened, and its file does not open with them: that is damaged, and nothing is wrong with what was typed. */
export class DamagedVault extends CofferError {
  constructor(cause: unknown) {
    super('ERR_COFFER_DAMAGED', 'The keys are right, and the vault’s file is damaged.', cause)
  }
}

/** See vite.config.ts. */
export const passwordCost: PasswordCost = PASSWORD_COST

const STORE = 'vaults'
const connected = createStore('coffer-vault', STORE)

/** A vault whose coffer has new keys and whose record has not is lost: a change counts as made once it is on the disk, not in the system's memory. */
const records: UseStore = (mode, work) =>
  connected('readonly', (store) => work(store.transaction.db.transaction(STORE, mode, { durability: 'strict' }).objectStore(STORE)))

/** The vaults of this browser: the one used last first. */
export async function listVaults(): Promise<VaultRecord[]> {
  const lastUse = ({ lastUsed, created }: VaultRecord): number => (lastUsed ?? created).getTime()
  const finished = (await allRecords()).filter(({ isUnfinished }) => isUnfinished !== true)
  return finished.toSorted((a, b) => lastUse(b) - lastUse(a) || a.name.localeCompare(b.name))
}

/** Takes away what tabs have left that died while they made or imported a vault. */
export async function removeUnfinished(): Promise<void> {
  for (const { name, isUnfinished } of await allRecords()) {
    if (isUnfinished !== true) continue
    await ifNotMade(name, async () => {
      const record = await findVault(name)
      if (record?.isUnfinished === true) await deleteVault(record)
    })
  }
}

async function allRecords(): Promise<VaultRecord[]> {
  const found = await Promise.all((await storedNames<string>(records)).map((name) => get<VaultRecord>(name, records)))
  return found.filter((record) => record !== undefined)
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
  try {
    return passkeysOfHost(slotsOf(record).slots.filter((slot) => slot.type === 'passkey')).length > 0
  } catch {
    // Unlocking says what is wrong with the keyring.
    return false
  }
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
  if ((await listCoffers({ storage })).includes(name)) throw new CofferError('ERR_COFFER_EXISTS', 'There is a coffer of that name, which is of no vault.')
  // What browsers ask the user for, or grant by themselves: not to throw the vault away when the disk is full.
  await askToPersist()
  const { keyring, recoveryCode } = await createKeyring(await generateKeys(variant), { password, recoveryCode: true, passwordHash, ...passwordCost })
  if (recoveryCode === undefined) throw new Error('A keyring with a recovery slot has a recovery code.')
  const now = new Date()
  const record = { name, storage, variant, created: now, lastUsed: now, keyring: keyring.document, isRecoveryProven: false }
  const session = await makeVault(record, async () => {
    const made = await openSession({ name, storage, variant, keyring, create: true })
    await made.coffer.value.flush({ force: true })
    return made
  })
  return { session, recoveryCode }
}

/**
 * Keeps the record of a vault whose coffer `make` makes: of both there is all, or nothing. Nothing of that name is there before.
 * @throws CofferError `ERR_COFFER_EXISTS` where another tab was faster; what `make` throws.
 */
export async function makeVault<T>(record: VaultRecord, make: () => Promise<T>): Promise<T> {
  return whileMaking(record.name, async () => {
    if (await findVault(record.name)) throw new CofferError('ERR_COFFER_EXISTS', 'There is a vault of that name.')
    // The record first: a coffer without its keys is of no use.
    await saveRecord({ ...record, isUnfinished: true })
    try {
      const made = await make()
      await saveRecord(record)
      return made
    } catch (error) {
      // What cannot be deleted now is, when the page is next opened.
      await deleteVault(record).catch(() => undefined)
      throw error
    }
  })
}

/** Opens a vault with a secret. @throws CofferError `ERR_COFFER_AUTH` for a secret that opens no slot; DamagedVault. */
export async function unlockVault(record: VaultRecord, secret: KeyringSecret): Promise<VaultSession> {
  const session = await openRecord(record, (document) => openKeyring(document, secret, { passwordHash }))
  // The next time is soon enough where it fails.
  if ('password' in secret) await upgradePassword(session, secret.password).catch(() => undefined)
  return session
}

/** Opens a vault with one of its passkeys. `signal` takes the device's question back. @throws PasskeyError; CofferError; DamagedVault; the signal's reason. */
export async function unlockWithPasskey(record: VaultRecord, signal: AbortSignal): Promise<VaultSession> {
  return openRecord(record, (document) => openKeyringWithPasskey(document, { signal }))
}

/**
 * Has a vault that was opened locked as any, though it is not shown yet. Where another one was faster it is closed instead: a tab has one.
 * `isNew` says that it has a recovery code that nobody has seen.
 */
export function holdVault(session: VaultSession, isNew = false): boolean {
  openedSession.value ??= session
  if (openedSession.value === session) return true
  void session.close().catch(() => undefined)
  const code = isNew ? ' Make a new recovery code when you open it: nobody has seen the one that it has.' : ''
  notify(`The vault “${session.name}” is ready, and locked: this tab has another one open.${code}`, undefined, 20_000)
  return false
}

/** Shows a vault that was opened. */
export function enterVault(session: VaultSession): void {
  if (holdVault(session)) currentSession.value = session
}

async function openRecord({ name }: VaultRecord, open: (document: string) => Promise<Keyring>): Promise<VaultSession> {
  // As it is now: another tab may have changed it since the page was shown.
  const record = await findVault(name)
  if (!record) throw new CofferError('ERR_COFFER_NOT_FOUND', 'The vault was deleted.')
  const keyring = await open(record.keyring)
  const session = await openSession({ ...record, keyring, endRekeying: (has) => endRekeying(record.name, keyring, has) }).catch(async (error: unknown) => {
    if (keyring.rekeying && !keyring.pendingKeys && isCofferError(error, 'ERR_COFFER_AUTH')) {
      throw new CofferError('ERR_COFFER_KEYRING', 'The vault was given new keys, and was not finished with it: this once, only its password opens it.')
    }
    if (!isCofferError(error) || !damages.includes(error.code)) throw error
    if ((await findVault(name))?.keyring !== record.keyring) throw new CofferError('ERR_COFFER_KEYRING', 'Another tab has changed how this vault opens: try once more.')
    throw new DamagedVault(error)
  })
  await changeRecord(name, { lastUsed: new Date() })
  return session
}

/** What opening says of a file that is not whole, where the keys are the right ones. */
const damages: readonly CofferErrorCode[] = ['ERR_COFFER_AUTH', 'ERR_COFFER_DAMAGED', 'ERR_COFFER_LIMIT', 'ERR_COFFER_NOT_A_COFFER', 'ERR_COFFER_VARIANT']

/** What a tab has left that died, or could not save, while it gave the vault new keys. Only the password has been taken along to them. The keyring after it. */
export async function endRekeying(name: string, keyring: Keyring, has: 'old' | 'new'): Promise<Keyring> {
  const ended = keyring.clone()
  const dropped = await ended.finishRekey({ keep: has })
  await saveDocument(name, keyring.document, ended.document)
  if (has === 'new') {
    const passkeys = dropped.some(({ type }) => type === 'passkey') ? ', and add your passkeys again' : ''
    notify(`The vault has its new keys by now. Make a new recovery code in the settings, since the old one opens nothing any more${passkeys}.`, undefined, 20_000)
  }
  return ended
}

/** A slot that was made when less was thought to be enough is made anew. Only by the tab that writes. */
async function upgradePassword(session: VaultSession, password: string): Promise<void> {
  const { keyring, writable } = session
  const opened = keyring.slots.find(({ id }) => id === keyring.openedWith)
  if (!writable.value || keyring.changed || opened?.type !== 'password' || !opened.outdated) return
  const upgraded = keyring.clone()
  if (!(await upgraded.upgradePassword(password, passwordCost))) return
  await saveDocument(session.name, keyring.document, upgraded.document)
  session.takeKeyring(upgraded)
}

/**
 * Saves what is kept of a vault after a change of its keyring, in one step, with what else is so since. `before` is the document that the change
 * began with.
 * @throws CofferError `ERR_COFFER_KEYRING` where another tab has changed it meanwhile.
 */
export async function saveDocument(name: string, before: string, document: string, change: Pick<VaultRecord, 'isRecoveryProven'> = {}): Promise<void> {
  let problem: CofferError | undefined
  await update<VaultRecord>(
    name,
    (record) => {
      if (record?.keyring === before) return { ...record, ...change, keyring: document }
      problem = new CofferError('ERR_COFFER_KEYRING', 'Another tab has changed how this vault opens: lock it, unlock it again, and try once more.')
      return record as VaultRecord
    },
    records,
  )
  if (problem) throw problem
}

async function saveRecord(record: VaultRecord): Promise<void> {
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

/** Deletes a vault with all that is in it, for good: what is there of it. */
export async function deleteVault({ name, storage }: Pick<VaultRecord, 'name' | 'storage'>): Promise<void> {
  await deleteCoffer(name, { storage }).catch((error: unknown) => {
    if (!isCofferError(error, 'ERR_COFFER_NOT_FOUND')) throw error
  })
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
