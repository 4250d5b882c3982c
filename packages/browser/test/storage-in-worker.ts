import { CofferError, type CofferErrorCode, type CofferStorage, type StorageFile, type StorageLock, type StorageReplacement } from '@coffer/core'
import { wrap, type Remote } from 'comlink'

export type Answer = { readonly value: unknown } | { readonly thing: number } | { readonly error: { readonly code: string | undefined; readonly message: string } }

export interface StorageHost {
  make(kind: 'indexeddb' | 'opfs', name: string): Promise<number>
  call(thing: number, method: string, args: unknown[], abortId?: number): Promise<Answer>
  abort(abortId: number): Promise<void>
}

let remote: Remote<StorageHost> | undefined
let aborts = 0

function hostInWorker(): Remote<StorageHost> {
  remote ??= wrap<StorageHost>(new Worker(new URL('storage-worker.ts', import.meta.url), { type: 'module' }))
  return remote
}

/** A storage whose code runs in a worker, for suites that run in the page. */
export async function storageInWorker(kind: 'indexeddb' | 'opfs', name: string): Promise<CofferStorage> {
  const id = await hostInWorker().make(kind, name)
  return {
    name,
    open: async (access) => fileOf(await ask(id, 'open', [access])),
    replace: async () => fileOf(await ask(id, 'replace', [])) as StorageReplacement,
    spool: async () => fileOf(await ask(id, 'spool', [])) as StorageFile,
    backup: async (extension) => void (await ask(id, 'backup', [extension])),
    lock: async (lockKind, { timeoutMs, signal }) => {
      signal?.throwIfAborted()
      const abortId = ++aborts
      const onAbort = (): void => void hostInWorker().abort(abortId)
      signal?.addEventListener('abort', onAbort)
      try {
        return lockOf((await ask(id, 'lock', [lockKind, { timeoutMs }], abortId)) as Thing)
      } catch (error) {
        signal?.throwIfAborted()
        throw error
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },
  }
}

interface Thing {
  readonly thing: number
}

async function ask(thing: number, method: string, args: unknown[], abortId?: number): Promise<unknown> {
  const answer = await hostInWorker().call(thing, method, args, abortId)
  if ('error' in answer) throw new CofferError(answer.error.code as CofferErrorCode, answer.error.message)
  return 'thing' in answer ? answer : answer.value
}

function fileOf(found: unknown): StorageReplacement | undefined {
  if (found === undefined) return undefined
  const { thing } = found as Thing
  return {
    size: () => ask(thing, 'size', []) as Promise<number>,
    read: (offset, length) => ask(thing, 'read', [offset, length]) as Promise<Uint8Array>,
    write: async (offset, bytes) => void (await ask(thing, 'write', [offset, bytes.slice()])),
    truncate: async (size) => void (await ask(thing, 'truncate', [size])),
    sync: async () => void (await ask(thing, 'sync', [])),
    publish: async () => void (await ask(thing, 'publish', [])),
    isCurrent: () => ask(thing, 'isCurrent', []) as Promise<boolean>,
    close: async () => void (await ask(thing, 'close', [])),
  }
}

function lockOf({ thing }: Thing): StorageLock {
  return {
    isHeld: () => ask(thing, 'isHeld', []) as Promise<boolean>,
    release: async () => void (await ask(thing, 'release', [])),
  }
}
