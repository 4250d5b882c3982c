import { CofferError } from '@coffer/core'
import { onAbort, Slots } from '@coffer/core/internal'
import type { Remote } from 'comlink'
import { PoolWorker } from './pool-worker.js'
import type { Outcome, WorkerApi } from './protocol.js'
import type { SpawnThread } from './thread.js'
import type { WireRecipe } from './wire-recipe.js'

/** Jobs that a worker has at once: one in work, the others on their way in or out. */
export const JOBS_PER_WORKER = 3

export interface PoolSettings {
  readonly spawn: SpawnThread
  /** How many workers there are at most. */
  readonly size: number
  /** Workers end after so many milliseconds without a job. */
  readonly idleMs: number
}

/** A coder by the number that names it in every worker, with what it is made of. */
export interface CoderRecipe {
  readonly id: number
  readonly recipe: WireRecipe
}

/** Workers that come when they are needed and end when they are not. */
export class Pool {
  readonly #settings: PoolSettings
  readonly #slots: Slots
  #workers: PoolWorker[] = []
  #jobs = 0
  #underWay = 0
  #idle: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(settings: PoolSettings) {
    this.#settings = settings
    this.#slots = new Slots(settings.size * JOBS_PER_WORKER)
  }

  get size(): number {
    return this.#settings.size
  }

  get isRunning(): boolean {
    return this.#workers.length > 0
  }

  /** Starts all workers that can be had, with the coder in each. @throws where not even one can be had. */
  async warm({ id, recipe }: CoderRecipe): Promise<void> {
    this.#assertOpen()
    this.#begin()
    try {
      this.#spawnAll()
      const made = await Promise.allSettled(this.#workers.map((worker) => worker.ensureCoder(id, recipe)))
      const failed = made.filter(({ status }) => status === 'rejected')
      const [first] = failed
      if (first?.status === 'rejected' && failed.length === made.length) throw first.reason
    } finally {
      this.#done()
    }
  }

  /**
   * Runs a job on the worker that has the least to do, or `here` where there is none to be had. When `signal` is aborted the worker is
   * told to drop the job, and this rejects once it has: no job touches a buffer or a file afterwards.
   */
  async run<T>(
    { id, recipe }: CoderRecipe,
    signal: AbortSignal | undefined,
    work: (worker: PoolWorker, job: number) => Promise<T>,
    here: () => Promise<T>,
  ): Promise<T> {
    this.#assertOpen()
    await this.#slots.take(signal)
    this.#begin()
    const job = this.#jobs++
    let worker: PoolWorker | undefined
    const drop = (): void => worker?.tell((remote) => remote.drop(job))
    const done = onAbort(signal, drop)
    try {
      this.#assertOpen()
      worker = this.#pick()
      worker?.occupy(1)
      const isReady = await worker?.ensureCoder(id, recipe).then(() => true, () => false)
      signal?.throwIfAborted()
      this.#assertOpen()
      return await (worker && isReady ? work(worker, job) : here())
    } catch (error) {
      drop()
      // Told to drop the job, the worker had nothing to answer.
      signal?.throwIfAborted()
      throw error
    } finally {
      done()
      worker?.occupy(-1)
      this.#done()
      this.#slots.release()
    }
  }

  /** A call that no coder is needed for, to the worker that has the least to do. @throws where there is none to be had. */
  async ask<T>(call: (remote: Remote<WorkerApi>) => Promise<Outcome<T>>): Promise<T> {
    this.#assertOpen()
    const worker = this.#pick()
    if (!worker) throw new CofferError('ERR_COFFER_WORKER', 'There are no worker threads to be had.')
    this.#begin()
    worker.occupy(1)
    try {
      return await worker.call(call)
    } finally {
      worker.occupy(-1)
      this.#done()
    }
  }

  forgetCoder(coder: number): void {
    for (const worker of this.#workers) worker.forgetCoder(coder)
  }

  /** Ends the workers that are there; new ones come when they are needed. Jobs under way reject. */
  rest(): void {
    clearTimeout(this.#idle)
    const workers = this.#workers
    this.#workers = []
    for (const worker of workers) worker.end(closedError())
  }

  close(): void {
    this.#isClosed = true
    this.rest()
  }

  /** `undefined` where there are no threads to be had, any more. */
  #pick(): PoolWorker | undefined {
    const least = this.#workers.reduce<PoolWorker | undefined>((best, worker) => (best && best.load <= worker.load ? best : worker), undefined)
    if (least && (least.load === 0 || this.#workers.length === this.#settings.size)) return least
    try {
      return this.#spawn()
    } catch {
      return least
    }
  }

  #spawnAll(): void {
    try {
      while (this.#workers.length < this.#settings.size) this.#spawn()
    } catch (error) {
      // Some are better than none.
      if (this.#workers.length === 0) throw error
    }
  }

  #spawn(): PoolWorker {
    const worker = new PoolWorker(this.#settings.spawn(), (ended) => {
      this.#workers = this.#workers.filter((other) => other !== ended)
    })
    this.#workers.push(worker)
    return worker
  }

  #begin(): void {
    this.#underWay += 1
    clearTimeout(this.#idle)
  }

  #done(): void {
    this.#underWay -= 1
    if (this.#underWay > 0 || this.#isClosed) return
    this.#idle = setTimeout(() => this.rest(), this.#settings.idleMs)
    // A timer of Node's alone is no reason to stay.
    if (typeof this.#idle === 'object') this.#idle.unref()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closedError()
  }
}

function closedError(): CofferError {
  return new CofferError('ERR_COFFER_CLOSED', 'The engine of worker threads is closed: make another one.')
}
