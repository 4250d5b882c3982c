import { CofferError, isCofferError, openWithKeyring, type CofferErrorCode, type Keyring, type RecoveryReport, type VariantName } from '@coffer/core'
import { listCoffers, openCoffer, SourceError, watchCoffer, type BrowserCoffer, type StorageKind } from '@coffer/browser'
import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { tryToWrite, waitToWrite } from './writer-lock.js'

/** A vault that this tab has unlocked. One tab at a time writes; the others read, and take over when it goes. */
export interface VaultSession {
  readonly name: string
  readonly storage: StorageKind
  readonly variant: VariantName
  /** As it is stored: a change is made to a clone, which takes its place once that is saved. */
  readonly keyring: Keyring
  /** Goes on with a changed keyring, which was saved. */
  takeKeyring(keyring: Keyring): void
  /** The coffer as it is now. It is another object after this tab became the writer, or another tab has changed the vault. */
  readonly coffer: ReadonlySignal<BrowserCoffer>
  readonly writable: ReadonlySignal<boolean>
  /** Counts up whenever members may have changed, by this tab or by another: lists are read anew then. */
  readonly revision: ReadonlySignal<number>
  /** What was not whole at the end of the vault's file, and is gone, when this tab opened it for writing. Whoever has told the user takes it away. */
  readonly recovered: Signal<RecoveryReport | undefined>
  /** Why the vault cannot be shown any more, once that is so: another tab has deleted it, or has given it other keys. */
  readonly lost: ReadonlySignal<'deleted' | 'changed' | undefined>
  /**
   * Makes a change and commits it, in one step. Where the storage fails, nothing stays of what was not committed.
   * @throws CofferError `ERR_COFFER_READ_ONLY` while another tab writes.
   */
  change<T>(work: (coffer: BrowserCoffer) => Promise<T>): Promise<T>
  /**
   * Ends what is being done, flushes and closes. With `keepsOthersOut` no other tab takes over until this page is gone: for deleting the vault.
   */
  close(options?: { readonly keepsOthersOut?: boolean }): Promise<void>
}

export interface OpenSessionOptions {
  readonly name: string
  readonly storage: StorageKind
  readonly variant: VariantName
  readonly keyring: Keyring
  /** Makes the coffer, which must not be there yet. */
  readonly create?: boolean | undefined
  /** Called by the tab that writes, where a rekeying had stopped half way, with the keys that the coffer turned out to have. The keyring after it. */
  readonly endRekeying?: ((has: 'old' | 'new') => Promise<Keyring>) | undefined
}

/** The vault that is open in this tab; `undefined` on the pages before. */
export const currentSession = signal<VaultSession | undefined>(undefined)
/** The vault that is open, also before it is shown: while its recovery code is, or a new password is chosen. */
export const openedSession = signal<VaultSession | undefined>(undefined)

/** How long a new writer waits for the coffer of a tab that was just closed or killed. */
const TAKEOVER_MS = 10_000
const RETRY_MS = 2000

/**
 * Opens a vault's coffer: for writing if no other tab does, else for reading until that one is gone.
 * @throws CofferError as `openCoffer` does; `ERR_COFFER_NOT_FOUND` where it was deleted.
 */
export async function openSession({ name, storage, variant, keyring: opened, create = false, endRekeying }: OpenSessionOptions): Promise<VaultSession> {
  const closing = new AbortController()
  let keyring = opened
  let isNew = create
  const open = async (writes: boolean): Promise<BrowserCoffer> => {
    // Opening for writing would make one that is missing.
    if (!isNew && !(await listCoffers({ storage })).includes(name)) throw new CofferError('ERR_COFFER_NOT_FOUND', 'The vault was deleted.')
    const mode = writes ? (isNew ? 'x' : 'a') : 'r'
    const how = writes ? { lockTimeoutMs: TAKEOVER_MS } : { lock: 'none' as const }
    // Each change ends in one commit, of whatever number of steps.
    const { coffer, has } = await openWithKeyring(keyring, (keys) => openCoffer(name, { mode, keys, variant, storage, autoFlush: false, ...how }))
    isNew = false
    // Both keys are still in it where that cannot be saved now; the next change of it tries again.
    if (writes && keyring.rekeying) keyring = (await endRekeying?.(has).catch(() => undefined)) ?? keyring
    return coffer
  }

  let release = await tryToWrite(name)
  // Before the first look, so that no commit falls between the two.
  let isStale = false
  let refresh = (): void => {
    isStale = true
  }
  const lost = signal<'deleted' | 'changed' | undefined>(undefined)
  watchCoffer(name, ({ kind }) => (kind === 'deleted' ? (lost.value = 'deleted') : refresh()), { storage, signal: closing.signal })
  let first: BrowserCoffer
  try {
    first = await open(release !== undefined)
  } catch (error) {
    closing.abort()
    release?.()
    throw error
  }
  const coffer = signal(first)
  const recovered = signal(first.recovered)
  const writable = signal(release !== undefined)
  const revision = signal(0)

  /** One after the other, so that no coffer is left open. A failure leaves what was shown. */
  let turn: Promise<unknown> = Promise.resolve()
  const replace = (writes: boolean, failed?: BrowserCoffer): Promise<boolean> => {
    const replacing = turn.then(async () => {
      // A commit that came while another was read may have been read already; a tab that writes has nothing to read anew.
      if (closing.signal.aborted || (!writes && writable.value)) return true
      const old = coffer.value
      if (failed && failed !== old) return true
      // It has the lock. What could not be committed goes: who made it was told that it failed.
      await failed?.discard().catch(() => undefined)
      coffer.value = await open(writes)
      writable.value = writes
      revision.value += 1
      // Whoever did what a failure has cut off was told of that.
      if (!failed) recovered.value ??= coffer.value.recovered
      await old.close()
      return true
    })
    turn = replacing.catch(() => undefined)
    return replacing.catch((error: unknown) => {
      if (isCofferError(error, 'ERR_COFFER_NOT_FOUND')) lost.value = 'deleted'
      else if (isCofferError(error, 'ERR_COFFER_AUTH')) lost.value = 'changed'
      else if (!closing.signal.aborted) return false
      return true
    })
  }

  const untilDone = async (attempt: () => Promise<boolean>): Promise<void> => {
    while (!closing.signal.aborted && !(await attempt())) await pause(RETRY_MS)
  }

  /** Opens the coffer anew after its storage has failed: at once, or as soon as it can be. */
  const recover = async (failed: BrowserCoffer): Promise<void> => {
    if (!(await replace(true, failed))) void pause(RETRY_MS).then(() => untilDone(() => replace(true, failed)))
  }

  const takeOver = async (): Promise<void> => {
    release = await waitToWrite(name, closing.signal)
    if (release) await untilDone(() => replace(true))
  }

  /** Commits that come while one is read are one more reading. */
  let isQueued = false
  refresh = (): void => {
    if (writable.value || isQueued) return
    isQueued = true
    void untilDone(async () => {
      await turn
      isQueued = false
      return replace(false)
    })
  }
  if (release === undefined) {
    if (isStale) refresh()
    void takeOver()
  }

  return {
    name,
    storage,
    variant,
    get keyring() {
      return keyring
    },
    takeKeyring(changed) {
      keyring = changed
    },
    coffer,
    writable,
    revision,
    recovered,
    lost,
    change: async (work) => {
      await turn
      const target = coffer.value
      let isDone = false
      try {
        const result = await work(target)
        isDone = true
        await target.flush()
        revision.value += 1
        return result
      } catch (error) {
        if (target.writable && (isDone || isOfStorage(error))) await recover(target)
        // What was done before it stays, and is not to wait for the next change.
        else if (target.modified) await target.flush().catch(() => undefined)
        throw error
      }
    },
    close: async ({ keepsOthersOut = false } = {}) => {
      closing.abort()
      await turn
      try {
        await coffer.value.close()
      } finally {
        if (!keepsOthersOut) release?.()
      }
    },
  }
}

const storageCodes: readonly CofferErrorCode[] = ['ERR_COFFER_FULL', 'ERR_COFFER_IO', 'ERR_COFFER_POISONED', 'ERR_COFFER_LOCK_LOST']

function isOfStorage(error: unknown): boolean {
  return isCofferError(error) && !(error instanceof SourceError) && storageCodes.includes(error.code)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
