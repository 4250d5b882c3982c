import { deriveKey, isCofferError, type PasswordHash } from '@coffer/core'
import { PoolWorker } from './pool-worker.js'
import type { SpawnThread } from './thread.js'

/** Derives in a thread of its own for each password, and ends it: the memory that Argon2id took goes with it. */
export function passwordHashOn(spawn: SpawnThread, signal: AbortSignal | undefined): PasswordHash {
  return async (password, options) => {
    signal?.throwIfAborted()
    const worker = startWorker(spawn)
    if (!worker) return deriveKey(password, options)
    const onAbort = (): void => worker.end(new Error('The derivation was given up.'))
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return { key: await worker.call((remote) => remote.hashPassword(password, options)) }
    } catch (error) {
      signal?.throwIfAborted()
      // No thread that can load the worker's script.
      if (isCofferError(error, 'ERR_COFFER_WORKER')) return await deriveKey(password, options)
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      worker.end(new Error('The derivation is done.'))
    }
  }
}

function startWorker(spawn: SpawnThread): PoolWorker | undefined {
  try {
    return new PoolWorker(spawn(), () => undefined)
  } catch {
    return undefined
  }
}
