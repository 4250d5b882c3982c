import { CofferError, isCofferError, rekeyWithKeyring, type Keyring, type KeyringSlot } from '@coffer/core'
import { signal } from '@preact/signals'
import { announceKeyring, beforeLock } from './lock.js'
import type { VaultSession } from './session.js'
import type { TaskControl } from './tasks.js'
import { changeRecord, passwordCost, saveDocument, type VaultRecord } from './vaults.js'

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
  const { keyring, name, writable } = session
  if (!writable.value) throw new CofferError('ERR_COFFER_READ_ONLY', 'Another tab is changing this vault.')
  const before = keyring.document
  const result = await work(keyring)
  await saveDocument(name, before, keyring.document, change)
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
  const { keyring, name } = session
  const owned = await keyring.slotOf({ password })
  if (!owned) throw new CofferError('ERR_COFFER_AUTH', 'The password is another one.')
  let saved = keyring.document
  const save = async (document: string): Promise<void> => {
    await saveDocument(name, saved, document)
    saved = document
    announceKeyring()
  }
  try {
    const dropped = await rekeyWithKeyring({ coffer: session.coffer.value, keyring, save, secrets: [{ password }], ...task })
    // The keyring takes along what was used or added since the unlocking; whoever has got at such a passkey would get at the new keys.
    const known = keyring.slots.filter(({ type }) => type === 'passkey')
    const recoveryCode = await renewCodeNow(session, known)
    return { recoveryCode, dropped: [...dropped.filter(({ type }) => type === 'passkey'), ...known] }
  } catch (error) {
    // Given up, or no space: the coffer has its old keys. After anything else the next unlocking finds out which ones.
    const isAsBefore = task.signal.aborted || isCofferError(error, 'ERR_COFFER_FULL')
    if (isAsBefore && keyring.rekeying) {
      await keyring.finishRekey({ keep: 'old' })
      await save(keyring.document)
    }
    throw error
  } finally {
    keyringRevision.value += 1
  }
}
