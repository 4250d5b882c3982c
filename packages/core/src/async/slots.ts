import { deferred, type Deferred } from './deferred.js'
import { onAbort } from './on-abort.js'

/** So many at a time; whoever comes later waits, first come, first served. */
export class Slots {
  #free: number
  readonly #waiting: Deferred<void>[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves when a slot is the caller's, to be given back with {@link release}. Rejects with the signal's reason. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const turn = deferred<void>()
    this.#waiting.push(turn)
    const stopWaiting = onAbort(signal, () => {
      const at = this.#waiting.indexOf(turn)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      turn.reject(signal?.reason)
    })
    try {
      await turn.promise
    } finally {
      stopWaiting()
    }
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next) next.resolve()
    else this.#free += 1
  }
}
