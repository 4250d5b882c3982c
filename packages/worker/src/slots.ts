import { deferred, type Deferred } from './deferred.js'

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
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(turn)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      turn.reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await turn.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next) next.resolve()
    else this.#free += 1
  }
}
