/** Lets callers in one at a time, in the order in which they came. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `action` when all before it are done. While it waits, `signal` makes it give up. */
  async run<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const before = this.#last
    let leave = (): void => undefined
    this.#last = new Promise<void>((resolve) => {
      leave = resolve
    })
    try {
      await Promise.race([before, aborted(signal)])
    } catch (error) {
      // Whoever waits behind us still has to wait for those before us.
      void before.then(leave)
      throw error
    }
    try {
      return await action()
    } finally {
      leave()
    }
  }
}

/** Rejects with the signal's reason; never settles without one. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
