import { CofferError } from '../errors.js'
import type { LockKind, LockOptions, StorageLock } from './storage.js'

interface Waiter {
  readonly kind: LockKind
  readonly grant: () => void
}

interface Place {
  exclusive: boolean
  shared: number
  readonly waiting: Waiter[]
}

/** The longest that a timer takes, 24 days. */
const MAX_TIMER_MS = 2_147_483_647

/** Locks by name within one process, first come, first served. */
export class LockTable {
  readonly #places = new Map<string, Place>()

  /** @throws CofferError `ERR_COFFER_LOCKED` once `timeoutMs` is over; the signal's reason when it is aborted. */
  async acquire(name: string, kind: LockKind, { timeoutMs, signal }: LockOptions): Promise<StorageLock> {
    signal?.throwIfAborted()
    let place = this.#places.get(name)
    if (!place) this.#places.set(name, (place = { exclusive: false, shared: 0, waiting: [] }))
    if (place.waiting.length > 0 || !isFree(place, kind)) await this.#wait(name, place, kind, timeoutMs, signal)
    else take(place, kind)

    const held = place
    let isHeld = true
    return {
      isHeld: async () => isHeld,
      release: async () => {
        if (!isHeld) return
        isHeld = false
        if (kind === 'exclusive') held.exclusive = false
        else held.shared -= 1
        this.#serve(name, held)
      },
    }
  }

  #wait(name: string, place: Place, kind: LockKind, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        const at = place.waiting.indexOf(waiter)
        if (at >= 0) place.waiting.splice(at, 1)
      }
      const waiter: Waiter = {
        kind,
        grant: () => {
          leave()
          resolve()
        },
      }
      const giveUp = (error: Error): void => {
        leave()
        this.#serve(name, place)
        reject(error)
      }
      // A longer time would pass at once.
      const ms = Math.min(timeoutMs, MAX_TIMER_MS)
      const timer = setTimeout(() => {
        giveUp(new CofferError('ERR_COFFER_LOCKED', `The coffer ${name} is open already: close it there, or wait longer with lockTimeoutMs.`))
      }, ms)
      // The reason is the caller's own value, whatever it is.
      const onAbort = (): void => giveUp(signal?.reason as Error)
      signal?.addEventListener('abort', onAbort)
      place.waiting.push(waiter)
    })
  }

  #serve(name: string, place: Place): void {
    for (let next = place.waiting[0]; next && isFree(place, next.kind); next = place.waiting[0]) {
      take(place, next.kind)
      next.grant()
    }
    if (!place.exclusive && place.shared === 0 && place.waiting.length === 0) this.#places.delete(name)
  }
}

function isFree(place: Place, kind: LockKind): boolean {
  return !place.exclusive && (kind === 'shared' || place.shared === 0)
}

function take(place: Place, kind: LockKind): void {
  if (kind === 'exclusive') place.exclusive = true
  else place.shared += 1
}
