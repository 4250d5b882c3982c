import type { Engine, PasswordHash } from '@coffer/core'
import { PoolEngine, type EngineSettings } from './engine.js'
import { checkEngineOptions, type PasswordHashSettings, type WorkerEngineOptions } from './options.js'
import { passwordHashOn } from './password-hash.js'
import type { Thread } from './thread.js'

export type { PasswordHashSettings, WorkerEngineOptions } from './options.js'

/**
 * An engine of module workers for `openCoffer(..., { engine })`; for many coffers at once if need be. Its workers end with the last
 * coffer, after a while without work, or by `close()`. Where there are none to be had, blocks are coded on the calling thread.
 *
 * Bundlers find the worker's script by themselves; `workerUrl` says where else it is.
 * @throws RangeError
 */
export async function createWorkerEngine(options: WorkerEngineOptions = {}): Promise<Engine> {
  return new PoolEngine({ ...settingsOf(options), endWithLast: true })
}

/** The engine that all coffers of a page may share; its workers end after a while without work. */
export function createSharedEngine(options: WorkerEngineOptions = {}): Engine {
  return new PoolEngine({ ...settingsOf(options), endWithLast: false })
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
  return passwordHashOn(() => spawnThread(workerUrl), signal)
}

function settingsOf(options: WorkerEngineOptions): Omit<EngineSettings, 'endWithLast'> {
  const { workerUrl } = options
  return { ...checkEngineOptions(options, navigator.hardwareConcurrency || 2), spawn: () => spawnThread(workerUrl), platform: undefined }
}

/** Kept known until they end: a browser may collect a worker that nothing but its own listeners refers to (docs/BROWSERS.md). */
const workers = new Set<Worker>()

function spawnThread(workerUrl: string | URL | undefined): Thread {
  const worker =
    workerUrl === undefined
      ? new Worker(new URL('../dist/coffer-worker.js', import.meta.url), { type: 'module', name: 'coffer' })
      : new Worker(workerUrl, { type: 'module', name: 'coffer' })
  workers.add(worker)
  const end = (): void => {
    workers.delete(worker)
    worker.terminate()
  }
  return {
    endpoint: worker,
    onEnd(callback) {
      const onError = (event: Event): void => {
        end()
        callback(new Error(event instanceof ErrorEvent && event.message ? event.message : 'its script could not be loaded'))
      }
      worker.addEventListener('error', onError, { once: true })
      worker.addEventListener('messageerror', onError, { once: true })
    },
    setBusy: () => undefined,
    terminate: async () => end(),
  }
}
