import { deferred, type Deferred } from '../async/deferred.js'
import { Mutex } from '../async/mutex.js'

/** Changes that one commit makes count, at most: the first of them waits for the last. */
const MOST_TOGETHER = 256

/** What brief changes have to be given that share a commit. */
export interface Commits<Start> {
  /** Commits all since `start`, of which others see nothing before; takes it back where that fails. */
  commitSince(start: Start): Promise<void>
  /** Takes back all since `start`, which failed with `error`. */
  takeBack(start: Start, error: unknown): Promise<void>
}

/** Brief changes that are done, and wait for the commit that they share. */
interface Batch<Start> {
  readonly start: Start
  readonly committed: Deferred<void>
  count: number
}

/** Who may change a coffer when: one at a time, in the order of the calls. Brief changes that wait for their turns share a commit. */
export class Turns<Start> {
  readonly #mutex = new Mutex()
  readonly #commits: Commits<Start>
  #batch: Batch<Start> | undefined

  constructor(commits: Commits<Start>) {
    this.#commits = commits
  }

  /** Runs `action` when all before it are done and committed. While it waits, `signal` makes it give up. */
  alone<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#mutex.run(async () => {
      await this.#endBatch()
      return action()
    }, signal)
  }

  /**
   * Runs a brief change from what `begin` gives; resolves when it is committed. Whichever brief ones wait already are run first, so that
   * one commit is theirs too.
   */
  async together<T>(begin: () => Promise<Start>, change: (start: Start) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { result, committed } = await this.#mutex.run(async () => {
      const start = await begin()
      // Behind those that wait by now.
      if (!this.#batch) void this.#mutex.run(() => this.#endBatch())
      const batch = (this.#batch ??= { start, committed: deferred(), count: 0 })
      try {
        const done = { result: await change(start), committed: batch.committed.promise }
        signal?.throwIfAborted()
        batch.count += 1
        if (batch.count === MOST_TOGETHER) await this.#endBatch()
        return done
      } catch (error) {
        await this.#commits.takeBack(start, error)
        throw error
      }
    }, signal)
    await committed
    return result
  }

  /** It is those in the batch who are told where their commit fails. */
  async #endBatch(): Promise<void> {
    const batch = this.#batch
    this.#batch = undefined
    if (batch) await this.#commits.commitSince(batch.start).then(batch.committed.resolve, batch.committed.reject)
  }
}
