import type { Worker } from 'node:worker_threads'

/** Node's threads that were started since, as the process tells of them. */
export class ThreadWatch implements Disposable {
  readonly all: Worker[] = []
  readonly #codes: number[] = []
  readonly #onWorker = (worker: Worker): void => {
    this.all.push(worker)
    worker.once('exit', (code) => this.#codes.push(code))
  }

  constructor() {
    process.on('worker', this.#onWorker)
  }

  get alive(): number {
    return this.all.length - this.#codes.length
  }

  [Symbol.dispose](): void {
    process.off('worker', this.#onWorker)
  }
}
