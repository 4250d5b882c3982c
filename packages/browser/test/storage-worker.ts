import { indexedDbStorage, opfsStorage } from '@coffer/browser'
import { CofferError } from '@coffer/core'
import { expose } from 'comlink'
import type { Answer, StorageHost } from './storage-in-worker.js'

// Runs the methods of storages, and of what they give out, that a page asks for.

type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>

const things = new Map<number, Methods>()
const aborts = new Map<number, AbortController>()
let made = 0

function keep(thing: unknown): number {
  things.set(++made, thing as Methods)
  return made
}

const host: StorageHost = {
  make: (kind, name) => Promise.resolve(keep(kind === 'opfs' ? opfsStorage(name) : indexedDbStorage(name))),
  async call(thing, method, args, abortId): Promise<Answer> {
    const withSignal = abortId === undefined ? args : [...args.slice(0, -1), { ...(args.at(-1) as object), signal: signalOf(abortId) }]
    try {
      const value = await things.get(thing)?.[method]?.(...withSignal)
      const isThing = typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
      return isThing ? { thing: keep(value) } : { value }
    } catch (error) {
      const { code, message } = error instanceof CofferError ? error : { code: undefined, message: String(error) }
      return { error: { code, message } }
    }
  },
  abort(abortId) {
    aborts.get(abortId)?.abort(new Error('aborted'))
    return Promise.resolve()
  },
}

function signalOf(abortId: number): AbortSignal {
  const controller = new AbortController()
  aborts.set(abortId, controller)
  return controller.signal
}

expose(host)
