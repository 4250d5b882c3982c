import { CofferError, type LockKind, type LockOptions, type StorageLock } from '@coffer/core'

/** The longest that a timer takes, 24 days. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * A Web Lock: held between all pages and workers of the site, until it is released or its holder is gone.
 * `what` is how messages call what it guards.
 * @throws CofferError `ERR_COFFER_LOCKED` once `timeoutMs` is over, `ERR_COFFER_UNSUPPORTED` where there are none; the signal's reason
 * when it is aborted.
 */
export async function acquireWebLock(name: string, what: string, kind: LockKind, { timeoutMs, signal }: LockOptions): Promise<StorageLock> {
  signal?.throwIfAborted()
  const giveUp = new AbortController()
  let reject: (reason: unknown) => void = () => undefined
  const givenUp = new Promise<never>((_, rejectIt) => (reject = rejectIt))
  // By ourselves too: on a busy machine Chromium was seen to let a request wait on that was aborted.
  const stop = (reason: unknown): void => {
    reject(reason)
    giveUp.abort(reason)
  }
  const onAbort = (): void => stop(signal?.reason)
  const locked = new CofferError('ERR_COFFER_LOCKED', `${what} is open already, here or in another tab: close it there, or wait longer with lockTimeoutMs.`)
  // Within no time at all not even a free lock could be given.
  const options: LockRequest = timeoutMs > 0 ? { mode: kind, signal: giveUp.signal } : { mode: kind, ifAvailable: true }
  const requested = requestLock(name, options)
  const timer = timeoutMs > 0 ? setTimeout(() => stop(locked), Math.min(timeoutMs, MAX_TIMER_MS)) : undefined
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const lock = await Promise.race([requested, givenUp])
    if (!lock) throw locked
    if (signal?.aborted) {
      await lock.release()
      signal.throwIfAborted()
    }
    return lock
  } catch (error) {
    // What comes all the same is for nobody here.
    requested.then((late) => late?.release(), () => undefined)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

type LockRequest = { mode: LockMode; signal: AbortSignal } | { mode: LockMode; ifAvailable: true }

/** Resolves when the lock is ours; to `undefined` where it was only wanted if it was free. */
export function requestLock(name: string, options: LockRequest): Promise<StorageLock | undefined> {
  const locks = webLocks()
  return new Promise((resolve, reject) => {
    let isHeld = false
    let letGo: () => void = () => undefined
    const finished: Promise<void> = locks
      .request(name, options, (lock) => {
        if (!lock) {
          resolve(undefined)
          return undefined
        }
        isHeld = true
        const holding = new Promise<void>((end) => (letGo = end))
        resolve({
          isHeld: () => Promise.resolve(isHeld),
          release: async () => {
            isHeld = false
            letGo()
            await finished
            // By then this page or worker has let it go; the browser has, once it answers what comes after that: others may have it.
            await locks.query().catch(() => undefined)
          },
        })
        return holding
      })
      .then(
        () => undefined,
        (error: unknown) => {
          // Before it was ours: given up. After: somebody stole it.
          isHeld = false
          reject(error)
        },
      )
  })
}

/** Whether this page or worker has Web Locks. They are missing where the page came over plain HTTP, and in old browsers. */
export function hasWebLocks(): boolean {
  return typeof navigator === 'object' && navigator.locks !== undefined
}

/** @throws CofferError `ERR_COFFER_UNSUPPORTED` */
export function webLocks(): LockManager {
  if (hasWebLocks()) return navigator.locks
  throw new CofferError(
    'ERR_COFFER_UNSUPPORTED',
    'This page has no Web Locks, so nothing would keep two tabs from writing at once: serve it over https (or from localhost), or open for reading with lock: "none".',
  )
}
