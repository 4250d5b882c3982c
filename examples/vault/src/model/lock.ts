import { effect, signal, untracked, type ReadonlySignal } from '@preact/signals'
import { defaultAutoLock, type AutoLock } from './auto-lock-choice.js'
import { guardVault } from './auto-lock.js'
import { openedSession, type VaultSession } from './session.js'
import { tasks } from './tasks.js'
import { VaultChannel } from './vault-channel.js'
import { autoLockOf, changeRecord } from './vaults.js'

/** Why the vault was locked; the entry page puts it into words. */
export type LockReason = 'asked' | 'idle' | 'hidden' | 'elsewhere' | 'changed' | 'deleted'

/** What is asked before the vault is locked by hand: whether to end what runs, or to give up edits that could not be saved. */
export interface LockQuestion {
  readonly about: 'tasks' | 'edits'
  readonly answer: (locks: boolean) => void
}

const question = signal<LockQuestion | undefined>(undefined)
export const lockQuestion: ReadonlySignal<LockQuestion | undefined> = question

/** The choice of the open vault. */
export const autoLock = signal<AutoLock>(defaultAutoLock)

const WHY_KEY = 'coffer-vault-locked'
/** How long what is being saved or ended may hold the lock up. */
const PATIENCE_MS = 10_000
const savers = new Set<() => unknown>()
let channel: VaultChannel | undefined
/** Why the vault is being locked, while it is. */
let locking: LockReason | undefined

/** Has `save` called before the vault is locked, with the vault still open; what it gives is waited for. The result takes it back. */
export function beforeLock(save: () => unknown): () => void {
  savers.add(save)
  return () => savers.delete(save)
}

/**
 * Locks the vault in all tabs: saves, closes it, and loads the page anew, so that nothing of what was decrypted stays in reach of scripts.
 * What JavaScript cannot wipe by itself (strings, copies that the engine made) goes with the old document. By hand, it asks first where something runs.
 */
export async function lockVault(why: LockReason = 'asked'): Promise<void> {
  const session = openedSession.value
  if (session === undefined) return
  if (locking !== undefined) {
    // Whoever was asked has left the question open, or has locked elsewhere.
    if (locking === 'asked') locking = why
    if (why !== 'asked') question.value?.answer(true)
    return
  }
  locking = why
  try {
    if (isByHand() && running().length > 0 && !(await ask('tasks'))) return
    // Before edits are saved, which would have to wait for what runs.
    for (const task of running()) task.cancel()
    const isSaved = await saveEdits()
    if (isByHand() && !isSaved && !(await ask('edits'))) return
    if (locking === 'asked' || locking === 'idle' || locking === 'hidden') channel?.tell({ kind: 'lock', why: locking })
    await endSession(session, locking)
  } finally {
    locking = undefined
  }
}

/** Asked anew each time: it may turn out on the way. */
function isByHand(): boolean {
  return locking === 'asked'
}

/** Tells the other tabs that what opens the vault has changed: they lock. */
export function announceKeyring(): void {
  channel?.tell({ kind: 'keyring' })
}

/** Ends the session and loads the page anew. `last` is done with the coffer closed, and no other tab in it. */
export async function endSession(session: VaultSession, why: LockReason, last?: () => Promise<void>): Promise<void> {
  // Nothing of it is seen while it closes.
  document.body.hidden = true
  for (const task of running()) task.cancel()
  let reason = why
  try {
    await withinPatience(untilNoneRuns())
    await session.close({ keepsOthersOut: last !== undefined })
    await last?.()
  } catch {
    // What could not be committed cannot be kept, and the keys must not stay for it.
    if (last) reason = 'asked'
  } finally {
    leave(reason)
  }
}

/** Watches over whichever vault is open. Called once. */
export function watchOverVault(): void {
  effect(() => {
    const session = openedSession.value
    return session && untracked(() => watchOver(session))
  })
}

function watchOver(session: VaultSession): () => void {
  const own = new VaultChannel(session.name, (message) => {
    if (message.kind === 'active') guard.noteElsewhere()
    else void lockVault(message.kind === 'keyring' ? 'changed' : message.why === 'asked' ? 'elsewhere' : message.why)
  })
  channel = own
  autoLock.value = defaultAutoLock
  void autoLockOf(session.name).then((choice) => (autoLock.value = choice))
  const guard = guardVault({
    choice: () => autoLock.value,
    lock: (why) => void lockVault(why),
    onActive: () => own.tell({ kind: 'active' }),
  })
  const endLost = session.lost.subscribe((lost) => {
    if (lost) void lockVault(lost)
  })
  return () => {
    guard.stop()
    endLost()
    own.close()
    channel = undefined
  }
}

/** Changes when the vault locks, for this browser. */
export async function chooseAutoLock(session: VaultSession, choice: AutoLock): Promise<void> {
  autoLock.value = choice
  const saving = changeRecord(session.name, { autoLock: choice })
  const forget = beforeLock(() => saving)
  await saving.finally(forget)
}

/** Why the page was loaded anew, once. */
export function takeLockReason(): LockReason | undefined {
  try {
    const why = sessionStorage.getItem(WHY_KEY)
    sessionStorage.removeItem(WHY_KEY)
    return (why ?? undefined) as LockReason | undefined
  } catch {
    return undefined
  }
}

function leave(why: LockReason): void {
  try {
    sessionStorage.setItem(WHY_KEY, why)
  } catch {
    // Then it is not told.
  }
  // Whoever would ask the user to stay is too late.
  addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), { capture: true })
  location.reload()
}

function running(): typeof tasks.value {
  return tasks.value.filter(({ state }) => state.value === 'running')
}

async function saveEdits(): Promise<boolean> {
  const saving = Promise.allSettled([...savers].map(async (save) => save()))
  const saved = await withinPatience(saving)
  return saved !== undefined && saved.every(({ status }) => status === 'fulfilled')
}

function ask(about: LockQuestion['about']): Promise<boolean> {
  return new Promise((resolve) => {
    question.value = {
      about,
      answer: (locks) => {
        question.value = undefined
        resolve(locks)
      },
    }
  })
}

function untilNoneRuns(): Promise<void> {
  return new Promise((resolve) => {
    const end = effect(() => {
      if (running().length === 0) queueMicrotask(() => (end(), resolve()))
    })
  })
}

function withinPatience<T>(work: Promise<T>): Promise<T | undefined> {
  return Promise.race([
    work,
    new Promise<undefined>((resolve) => {
      setTimeout(() => resolve(undefined), PATIENCE_MS)
    }),
  ])
}
