import { openWithKeyring, type Keyring, type VariantName } from '@coffer/core'
import { openCoffer, watchCoffer, type BrowserCoffer, type StorageKind } from '@coffer/browser'
import { signal, type ReadonlySignal } from '@preact/signals'

/** A vault that this tab has unlocked. One tab at a time writes; the others read, and take over when it goes. */
export interface VaultSession {
  readonly name: string
  readonly storage: StorageKind
  readonly variant: VariantName
  readonly keyring: Keyring
  /** The coffer as it is now. It is another object after this tab became the writer, or another tab has changed the vault. */
  readonly coffer: ReadonlySignal<BrowserCoffer>
  readonly writable: ReadonlySignal<boolean>
  /** Counts up whenever members may have changed, by this tab or by another: lists are read anew then. */
  readonly revision: ReadonlySignal<number>
  /** Makes a change and commits it. @throws CofferError `ERR_COFFER_READ_ONLY` while another tab writes. */
  change<T>(work: (coffer: BrowserCoffer) => Promise<T>): Promise<T>
  /** Ends what is being done, flushes and closes. */
  close(): Promise<void>
}

export interface OpenSessionOptions {
  readonly name: string
  readonly storage: StorageKind
  readonly variant: VariantName
  readonly keyring: Keyring
  /** Makes the coffer, which must not be there yet. */
  readonly create?: boolean | undefined
}

/** The vault that is open in this tab; `undefined` on the pages before. */
export const currentSession = signal<VaultSession | undefined>(undefined)

/**
 * Opens a vault's coffer: for writing if no other tab does, else for reading until that one is gone.
 * @throws CofferError as `openCoffer` does.
 */
export async function openSession({ name, storage, variant, keyring, create }: OpenSessionOptions): Promise<VaultSession> {
  const closing = new AbortController()
  const open = async (writes: boolean): Promise<BrowserCoffer> => {
    const mode = writes ? (create ? 'x' : 'a') : 'r'
    const { coffer } = await openWithKeyring(keyring, (keys) => openCoffer(name, { mode, keys, variant, storage, ...(writes ? {} : { lock: 'none' }) }))
    return coffer
  }
  const releaseWriter = await tryToWrite(name)
  const coffer = signal(await open(releaseWriter !== undefined))
  const writable = signal(releaseWriter !== undefined)
  const revision = signal(0)
  let release = releaseWriter

  /** One after the other, so that no coffer is left open. */
  let turn: Promise<void> = Promise.resolve()
  const replace = (writes: boolean): Promise<void> => {
    const before = turn
    turn = (async () => {
      await before
      if (closing.signal.aborted) return
      const old = coffer.value
      coffer.value = await open(writes)
      writable.value = writes
      revision.value += 1
      await old.close()
    })()
    return turn
  }

  const takeOver = async (): Promise<void> => {
    release = await waitToWrite(name, closing.signal)
    if (release) await replace(true)
  }

  if (release === undefined) {
    watchCoffer(name, () => void (writable.value || replace(false)), { storage, signal: closing.signal })
    void takeOver()
  }

  return {
    name,
    storage,
    variant,
    keyring,
    coffer,
    writable,
    revision,
    change: async (work) => {
      const target = coffer.value
      const result = await work(target)
      await target.flush()
      revision.value += 1
      return result
    },
    close: async () => {
      closing.abort()
      await turn
      await coffer.value.close()
      release?.()
    },
  }
}

const writerLock = (name: string): string => `vault:writer:${name}`

/** Becomes the tab that writes, if there is none. What gives that up again. */
async function tryToWrite(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(writerLock(name), { ifAvailable: true }, (lock) => heldUntilReleased(lock, resolve)).catch(reject)
  })
}

/** Waits until the tab that writes is gone. `undefined` when the signal ends the wait. */
async function waitToWrite(name: string, ended: AbortSignal): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    navigator.locks.request(writerLock(name), { signal: ended }, (lock) => heldUntilReleased(lock, resolve)).catch(() => resolve(undefined))
  })
}

function heldUntilReleased(lock: Lock | null, granted: (release: (() => void) | undefined) => void): Promise<void> | undefined {
  if (lock === null) {
    granted(undefined)
    return undefined
  }
  return new Promise((release) => granted(release))
}
