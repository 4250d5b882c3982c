import { CofferError } from '@coffer/core'
import { orAborted } from '@coffer/core/internal'
import type { Remote } from 'comlink'
import { releaseProxy, wrap } from 'comlink/dist/esm/comlink.mjs'
import type { Outcome, WorkerApi } from './protocol.js'
import type { Thread } from './thread.js'
import { fromWireError } from './wire-error.js'
import type { WireRecipe } from './wire-recipe.js'

/** One worker of a pool: its thread, the calls under way, and which coders it has. */
export class PoolWorker {
  readonly #thread: Thread
  readonly #remote: Remote<WorkerApi>
  readonly #coders = new Map<number, Promise<unknown>>()
  /** Aborted when the thread ends: a call to a thread that is gone would never settle. */
  readonly #death = new AbortController()
  #isAlive = true
  #load = 0
  #calls = 0

  /** `onEnd` is told when the thread has ended without {@link end}. */
  constructor(thread: Thread, onEnd: (worker: PoolWorker) => void) {
    this.#thread = thread
    this.#remote = wrap<WorkerApi>(thread.endpoint)
    thread.setBusy(false)
    thread.onEnd((reason) => {
      if (!this.#isAlive) return
      this.#isAlive = false
      this.#death.abort(new CofferError('ERR_COFFER_WORKER', 'A worker thread ended while it was needed. What it had in hand was given up: try again.', reason))
      onEnd(this)
    })
  }

  /** Jobs under way here. */
  get load(): number {
    return this.#load
  }

  /** Counts a job in or out. */
  occupy(by: 1 | -1): void {
    this.#load += by
  }

  /** Makes sure that the worker has the coder `id`. */
  async ensureCoder(id: number, recipe: WireRecipe): Promise<void> {
    let made = this.#coders.get(id)
    if (!made) {
      made = this.call((remote) => remote.createCoder(id, recipe))
      this.#coders.set(id, made)
      made.catch(() => this.#coders.delete(id))
    }
    await made
  }

  forgetCoder(id: number): void {
    if (this.#coders.delete(id)) this.tell((remote) => remote.closeCoder(id))
  }

  /** The value of a call; what the worker threw is thrown here, and its death too. */
  async call<T>(invoke: (remote: Remote<WorkerApi>) => Promise<Outcome<T>>): Promise<T> {
    // Comlink would answer with an error of its own.
    if (!this.#isAlive) return orAborted(new Promise<never>(() => undefined), [this.#death.signal])
    if (this.#calls++ === 0) this.#thread.setBusy(true)
    try {
      // No race with one promise for all calls, which would keep the result of each as long as the thread lives.
      const outcome = await orAborted(invoke(this.#remote), [this.#death.signal])
      if (outcome.ok) return outcome.value
      throw fromWireError(outcome.error)
    } finally {
      if (--this.#calls === 0 && this.#isAlive) this.#thread.setBusy(false)
    }
  }

  /** A call whose result nobody waits for. */
  tell(invoke: (remote: Remote<WorkerApi>) => Promise<unknown>): void {
    if (this.#isAlive) orAborted(invoke(this.#remote), [this.#death.signal]).catch(() => undefined)
  }

  /** Ends the thread; calls under way reject with `reason` once it is gone, and has let go of every file. */
  end(reason: Error): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#remote[releaseProxy]()
    const gone = (): void => this.#death.abort(reason)
    this.#thread.terminate().then(gone, gone)
  }
}
