import { openCoffer } from '@coffer/browser'
import { CofferError, openWithKeyring, rekeyWithKeyring, type Keyring, type KeyringSlot } from '@coffer/core'
import { signal } from '@preact/signals'
import { announceKeyring, beforeLock } from './lock.js'
import type { VaultSession } from './session.js'
import type { TaskControl } from './tasks.js'
import { changeRecord, endRekeying, passwordCost, saveDocument, type VaultRecord } from './vaults.js'

/** Counts up with each change of what opens the vault: its list is shown anew then. */
export const keyringRevision = signal(0)

/** A recovery code that was just made and is to be shown, this once, wherever the user is by then. */
export const newRecoveryCode = signal<string | undefined>(undefined)

/** What is being done to the keyring, and all that waits for it. */
let turn: Promise<unknown> = Promise.resolve()

/** One change after the other: each is saved over what the one before has left. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = turn.then(work)
  turn = done.catch(() => undefined)
  return done
}

/**
 * Changes the keyring of the open vault and saves it, after what is being done to it already. Other tabs lock: what they hold is old.
 * @throws CofferError `ERR_COFFER_READ_ONLY` in a tab that does not write; what `work` throws.
 */
export async function changeKeyring<T>(session: VaultSession, work: (keyring: Keyring) => Promise<T>): Promise<T> {
  return inTurn(() => changeNow(session, work))
}

async function changeNow<T>(session: VaultSession, work: (keyring: Keyring) => Promise<T>, change?: Pick<VaultRecord, 'isRecoveryProven'>): Promise<T> {
  if (!session.writable.value) throw new CofferError('ERR_COFFER_READ_ONLY', 'Another tab is changing this vault.')
  await endStoppedRekeying(session)
  const keyring = session.keyring.clone()
  const result = await work(keyring)
  await saveDocument(session.name, session.keyring.document, keyring.document, change)
  session.takeKeyring(keyring)
  announceKeyring()
  keyringRevision.value += 1
  return result
}

/**
 * Puts another password in the place of the old one, which has to be known. Locking waits for it.
 * @throws CofferError `ERR_COFFER_AUTH` for a wrong old one.
 */
export async function changePassword(session: VaultSession, old: string, password: string): Promise<void> {
  const changing = changeKeyring(session, async (keyring) => {
    const slot = await keyring.slotOf({ password: old })
    if (!slot) throw new CofferError('ERR_COFFER_AUTH', 'The old password is another one.')
    await keyring.changePassword(password, { ...passwordCost, slot: slot.id })
  })
  const forget = beforeLock(() => changing.catch(() => undefined))
  await changing.finally(forget)
}

/** Sets the password after the recovery code was used, without the old one. */
export async function resetPassword(session: VaultSession, password: string): Promise<void> {
  await changeKeyring(session, async (keyring) => {
    const slot = keyring.slots.find(({ type }) => type === 'password')
    if (slot) await keyring.changePassword(password, { ...passwordCost, slot: slot.id })
    else await keyring.addPassword(password, passwordCost)
  })
}

/** Makes a new recovery code; the old ones open nothing any more. */
export async function renewRecoveryCode(session: VaultSession): Promise<string> {
  return inTurn(() => renewCodeNow(session))
}

/** Makes one; what goes with the old ones goes in the same step. */
async function renewCodeNow(session: VaultSession, others: readonly KeyringSlot[] = []): Promise<string> {
  const replace = async (keyring: Keyring): Promise<string> => {
    const old = [...keyring.slots.filter(({ type }) => type === 'recovery'), ...others]
    const { recoveryCode } = await keyring.addRecoveryCode()
    for (const { id } of old) await keyring.removeSlot(id)
    return recoveryCode
  }
  // In one step: whoever dies in between has not seen the new one.
  return changeNow(session, replace, { isRecoveryProven: false })
}

/** Whether that is the vault's recovery code; remembered where it is. */
export async function proveRecoveryCode(session: VaultSession, recoveryCode: string): Promise<boolean> {
  const slot = await session.keyring.slotOf({ recoveryCode }).catch(() => undefined)
  if (slot?.type !== 'recovery') return false
  await changeRecord(session.name, { isRecoveryProven: true })
  keyringRevision.value += 1
  return true
}

export interface NewKeys {
  /** The new recovery code: the old one opens nothing any more. */
  readonly recoveryCode: string
  /** What was dropped: passkeys. */
  readonly dropped: readonly KeyringSlot[]
}

/**
 * Seals the whole vault anew under fresh keys: whoever had the old ones is shut out. The password stays; passkeys have to be added again.
 * @throws CofferError `ERR_COFFER_AUTH` for a wrong password.
 */
export async function renewKeys(session: VaultSession, password: string, task: TaskControl): Promise<NewKeys> {
  return inTurn(() => renewKeysNow(session, password, task))
}

async function renewKeysNow(session: VaultSession, password: string, task: TaskControl): Promise<NewKeys> {
  task.signal.throwIfAborted()
  await endStoppedRekeying(session)
  const keyring = session.keyring.clone()
  const owned = await keyring.slotOf({ password })
  if (!owned) throw new CofferError('ERR_COFFER_AUTH', 'The password is another one.')
  const save = async (document: string): Promise<void> => {
    await saveDocument(session.name, session.keyring.document, document)
    session.takeKeyring(keyring.clone())
    announceKeyring()
  }
  try {
    const dropped = await session.change((coffer) => rekeyWithKeyring({ coffer, keyring, save, secrets: [{ password }], ...task }))
    // The keyring takes along what was used or added since the unlocking; whoever has got at such a passkey would get at the new keys.
    const known = keyring.slots.filter(({ type }) => type === 'passkey')
    const recoveryCode = await renewCodeNow(session, known)
    return { recoveryCode, dropped: [...dropped.filter(({ type }) => type === 'passkey'), ...known] }
  } catch (error) {
    // What cannot be saved now is by the next change of the keyring, or the next unlocking.
    await endStoppedRekeying(session).catch(() => undefined)
    throw error
  } finally {
    keyringRevision.value += 1
  }
}

/** Leaves the keys in the keyring that the coffer turns out to have, where a rekeying has stopped half way. */
async function endStoppedRekeying(session: VaultSession): Promise<void> {
  const { keyring, name, storage, variant } = session
  if (!keyring.rekeying) return
  const { coffer, has } = await openWithKeyring(keyring, (keys) => openCoffer(name, { mode: 'r', keys, variant, storage, lock: 'none' }))
  await coffer.close()
  session.takeKeyring(await endRekeying(name, keyring, has))
  announceKeyring()
}
