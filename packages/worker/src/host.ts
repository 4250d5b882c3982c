import { deriveKey } from '@coffer/core'
import { createInlineCoder, deferred, loadZstd, type BlockCoder, type EncodedExtent, type ExtentPlace, type Platform } from '@coffer/core/internal'
import { transfer } from 'comlink/dist/esm/comlink.mjs'
import { TransferList } from './bytes-transfer.js'
import { nextTask } from './next-task.js'
import type { TreeAccess } from './node-trees.js'
import type { Outcome, WorkerApi } from './protocol.js'
import { toWireError } from './wire-error.js'
import { fromWireRecipe } from './wire-recipe.js'

/** A job between its two halves. */
interface PreparedJob {
  readonly sealed: Promise<EncodedExtent>
  readonly place: (place: ExtentPlace) => void
  readonly abandon: (reason: unknown) => void
}

/** The worker's end of the protocol, over the coder that every engine comes down to. `platform` and `trees`: what this one's workers can do beyond that. */
export function createHost(platform?: Platform, trees?: TreeAccess): WorkerApi {
  const coders = new Map<number, Promise<BlockCoder>>()
  const prepared = new Map<number, PreparedJob>()
  const waiting = new Set<number>()
  let turn: Promise<unknown> = Promise.resolve()

  const coderOf = (id: number): Promise<BlockCoder> => {
    const coder = coders.get(id)
    if (!coder) throw new Error('no such coder')
    return coder
  }

  /** One job after the other, with a look at the messages between them: a job may have been dropped meanwhile. */
  const start = <T>(job: number, work: () => Promise<T>): Promise<T> => {
    waiting.add(job)
    const started = turn.then(nextTask).then(() => {
      if (!waiting.delete(job)) throw new Error('the job was dropped')
      return work()
    })
    turn = started.catch(() => undefined)
    return started
  }

  const treesHere = (): TreeAccess => {
    if (!trees) throw new Error('this worker has no access to trees')
    return trees
  }

  return {
    createCoder: (id, recipe) =>
      outcomeOf(async () => {
        const coder = createInlineCoder(fromWireRecipe(recipe), platform)
        coders.set(id, coder)
        // So that the first block does not wait for it.
        if (recipe.compression !== 'none') await loadZstd(platform?.zstd)
        await coder
        return undefined
      }),
    async closeCoder(id) {
      const coder = coders.get(id)
      coders.delete(id)
      await (await coder)?.close()
    },
    prepare: (id, job, blocks, into) =>
      outcomeOf(() =>
        start(job, async () => {
          const coder = await coderOf(id)
          return new Promise<number[]>((resolve, reject) => {
            const placed = deferred<ExtentPlace>()
            const onLengths = (lengths: readonly number[]): Promise<ExtentPlace> => {
              resolve([...lengths])
              return placed.promise
            }
            const sealed = coder.encode(blocks, onLengths, { into })
            sealed.catch(reject)
            prepared.set(job, { sealed, place: placed.resolve, abandon: placed.reject })
          })
        }),
      ),
    async seal(job, place) {
      const found = prepared.get(job)
      prepared.delete(job)
      return transferred(
        await outcomeOf(async () => {
          if (!found) throw new Error('no such job')
          found.place(place)
          return found.sealed
        }),
        (extent, list) => ({ ...extent, bytes: extent.bytes && list.add(extent.bytes, true) }),
      )
    },
    async decode(id, job, extent, digest, blocks, stage, into) {
      const outcome = await outcomeOf(() =>
        start(job, async () => {
          const coder = await coderOf(id)
          if (!into) return coder.decode(extent, digest, blocks, { stage })
          await coder.decodeInto(extent, digest, blocks, into, { stage })
          return []
        }),
      )
      return transferred(outcome, (decoded, list) => decoded.map((bytes) => list.add(bytes, true)))
    },
    decodeIntoNew: (id, job, extent, digest, blocks, newFiles) =>
      outcomeOf(() => start(job, async () => (await coderOf(id)).decodeIntoNew(extent, digest, blocks, newFiles))),
    async drop(job) {
      waiting.delete(job)
      prepared.get(job)?.abandon(new Error('the job was dropped'))
      prepared.delete(job)
    },
    list: (path) => outcomeOf(async () => treesHere().list(path)),
    async readSmall(paths, mostBytes) {
      const outcome = await outcomeOf(async () => treesHere().readSmall(paths, mostBytes))
      return transferred(outcome, (files, list) => list.addFiles(files))
    },
    hashPassword: (password, options) => outcomeOf(async () => (await deriveKey(password, options)).key),
  }
}

async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    return { ok: false, error: toWireError(error) }
  }
}

/** The outcome with its bytes to be transferred. */
function transferred<T>(outcome: Outcome<T>, move: (value: T, list: TransferList) => T): Outcome<T> {
  if (!outcome.ok) return outcome
  const list = new TransferList()
  return transfer({ ok: true, value: move(outcome.value, list) }, list.buffers)
}
