import { orAborted } from './on-abort.js'

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
      await orAborted(before, [signal])
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
