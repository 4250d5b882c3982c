import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Engine, PasswordHash } from '@coffer/core'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { PoolEngine, type EngineSettings } from './engine.js'
import { nodeFiles } from './node-files.js'
import { nodePlatform } from './node-platform.js'
import type { Child, SmallFiles } from './node-trees.js'
import { checkEngineOptions, type PasswordHashSettings, type WorkerEngineOptions } from './options.js'
import { passwordHashOn } from './password-hash.js'
import type { Thread } from './thread.js'

export type { PasswordHashSettings, WorkerEngineOptions } from './options.js'
export type { SmallFiles } from './node-trees.js'

/**
 * An engine of worker threads for `openCoffer(..., { engine })`; for many coffers at once if need be. Its threads end with the last
 * coffer, after a while without work, or by `close()`, and keep no process alive. Where there are none to be had, blocks are coded on the
 * calling thread.
 * @throws RangeError
 */
export async function createWorkerEngine(options: WorkerEngineOptions = {}): Promise<Engine> {
  return new PoolEngine({ ...settingsOf(options), endWithLast: true })
}

/** An engine that tells whether its threads run, which look at trees of files too. */
export interface SharedEngine extends Engine {
  readonly isRunning: boolean
  /** What is in a directory, in the order of the names, looked at by a thread. @throws CofferError */
  list(path: string): Promise<Child[]>
  /** The contents of files none of which is larger than `mostBytes`, read by a thread. */
  readSmall(paths: readonly string[], mostBytes: number): Promise<SmallFiles>
}

/** The engine that all coffers of a process may share; its threads end after a while without work. */
export function createSharedEngine(options: WorkerEngineOptions = {}): SharedEngine {
  const engine = new PoolEngine({ ...settingsOf(options), endWithLast: false })
  return {
    get isRunning() {
      return engine.isRunning
    },
    createCoder: (recipe) => engine.createCoder(recipe),
    platform: engine.platform,
    close: () => engine.close(),
    list: (path) => engine.ask((remote) => remote.list(path)),
    readSmall: (paths, mostBytes) => engine.ask((remote) => remote.readSmall(paths, mostBytes)),
  }
}

/**
 * `passwordHash` for keyrings: Argon2id off the calling thread, in a worker that is thrown away after each password together with the memory
 * it took. Where there are no workers to be had, it runs on the calling thread.
 * @example
 * ```ts
 * const keyring = await openKeyring(document, { password }, { passwordHash: createPasswordHash() })
 * ```
 */
export function createPasswordHash({ workerUrl, signal }: PasswordHashSettings = {}): PasswordHash {
  return passwordHashOn(() => spawnThread(new URL(workerUrl ?? '../dist/coffer-worker-node.js', import.meta.url)), signal)
}

function settingsOf(options: WorkerEngineOptions): Omit<EngineSettings, 'endWithLast'> {
  const url = new URL(options.workerUrl ?? '../dist/coffer-worker-node.js', import.meta.url)
  return { ...checkEngineOptions(options, availableParallelism()), spawn: () => spawnThread(url), platform: nodePlatform(nodeFiles) }
}

function spawnThread(url: URL): Thread {
  // Neither the program's own loaders nor its arguments are the worker's business.
  const worker = new Worker(url, { execArgv: [], argv: [], name: 'coffer' })
  return {
    endpoint: nodeEndpoint(worker),
    onEnd(callback) {
      let reason: Error | undefined
      const fail = (error: Error): void => {
        reason ??= error
        void worker.terminate()
      }
      worker.once('error', fail)
      worker.once('messageerror', fail)
      worker.once('exit', (code) => callback(reason ?? new Error(`it exited with code ${code}`)))
    },
    setBusy(isBusy) {
      if (isBusy) worker.ref()
      else worker.unref()
    },
    terminate: () => worker.terminate(),
  }
}
