import { CofferError, type Engine } from '@coffer/core'
import {
  createInlineCoder,
  type BlockCoder,
  type BlockInput,
  type BlockPlace,
  type CreateResult,
  type DecodeOptions,
  type EncodedExtent,
  type EncodeOptions,
  type ExtentSource,
  type FilePlace,
  type NewFile,
  type PlaceExtent,
  type Platform,
  type Recipe,
} from '@coffer/core/internal'
import type { Remote } from 'comlink'
import { transfer } from 'comlink/dist/esm/comlink.mjs'
import { TransferList } from './bytes-transfer.js'
import { JOBS_PER_WORKER, Pool, type CoderRecipe, type PoolSettings } from './pool.js'
import type { PoolWorker } from './pool-worker.js'
import type { Outcome, WorkerApi } from './protocol.js'
import { fromWireRecipe, toWireRecipe } from './wire-recipe.js'

export interface EngineSettings extends PoolSettings {
  /** The workers end with the last coder, not only when nothing has been done for a while. */
  readonly endWithLast: boolean
  /** What the workers can do on this platform, for what is coded on the calling thread all the same. */
  readonly platform: Platform | undefined
}

/** An engine whose blocks are coded by a pool of workers; what cannot be done there is done on the calling thread. */
export class PoolEngine implements Engine {
  readonly #pool: Pool
  readonly #endWithLast: boolean
  readonly platform: Platform | undefined
  readonly #open = new Set<number>()
  #coders = 0

  constructor(settings: EngineSettings) {
    this.#pool = new Pool(settings)
    this.#endWithLast = settings.endWithLast
    this.platform = settings.platform
  }

  /** Whether there are workers, so that nothing waits for them to start. */
  get isRunning(): boolean {
    return this.#pool.isRunning
  }

  async createCoder(recipe: Recipe): Promise<BlockCoder> {
    const wire = toWireRecipe(recipe)
    // A cipher that somebody brought with a variant of his own is code, which does not cross.
    if (!wire) return createInlineCoder(recipe, this.platform)
    const id = this.#coders++
    const coder: CoderRecipe = { id, recipe: wire }
    this.#open.add(id)
    try {
      await this.#pool.warm(coder)
    } catch (error) {
      this.#forget(id)
      if (error instanceof CofferError && error.code === 'ERR_COFFER_CLOSED') throw error
      // No threads to be had here, or none that can load the worker's script.
      return createInlineCoder(recipe, this.platform)
    }
    return new PoolCoder(this.#pool, coder, this.platform, () => this.#forget(id))
  }

  /** See {@link Pool.ask}. */
  ask<T>(call: (remote: Remote<WorkerApi>) => Promise<Outcome<T>>): Promise<T> {
    return this.#pool.ask(call)
  }

  close(): Promise<void> {
    this.#pool.close()
    return Promise.resolve()
  }

  #forget(id: number): void {
    if (!this.#open.delete(id)) return
    this.#pool.forgetCoder(id)
    if (this.#endWithLast && this.#open.size === 0) this.#pool.rest()
  }
}

class PoolCoder implements BlockCoder {
  readonly concurrency: number
  readonly usesFiles: boolean
  readonly #pool: Pool
  readonly #coder: CoderRecipe
  readonly #platform: Platform | undefined
  readonly #onClose: () => void
  /** For when workers that have ended do not come again. */
  #inline: Promise<BlockCoder> | undefined

  constructor(pool: Pool, coder: CoderRecipe, platform: Platform | undefined, onClose: () => void) {
    this.concurrency = pool.size * JOBS_PER_WORKER
    this.usesFiles = platform?.files !== undefined
    this.#pool = pool
    this.#coder = coder
    this.#platform = platform
    this.#onClose = onClose
  }

  encode(
    blocks: readonly BlockInput[],
    place: PlaceExtent,
    options: EncodeOptions = {},
  ): Promise<EncodedExtent> {
    const { signal, into, transfer: mayTake = false } = options
    const work = async (worker: PoolWorker, job: number): Promise<EncodedExtent> => {
      const list = new TransferList()
      const wired = list.addBlocks(blocks, mayTake)
      const lengths = await worker.call((remote) => remote.prepare(this.#coder.id, job, transfer(wired, list.buffers), into))
      signal?.throwIfAborted()
      const position = await place(lengths)
      const sealed = new TransferList()
      const between = sealed.addTogether(position.between)
      return worker.call((remote) => remote.seal(job, transfer({ ...position, between }, sealed.buffers)))
    }
    return this.#pool.run(this.#coder, signal, work, async () => (await this.#here()).encode(blocks, place, options))
  }

  decode(extent: ExtentSource, digest: Uint8Array, blocks: readonly BlockPlace[], options: DecodeOptions = {}): Promise<Uint8Array[]> {
    return this.#decode(extent, digest, blocks, undefined, options)
  }

  async decodeInto(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    into: FilePlace,
    options: DecodeOptions = {},
  ): Promise<void> {
    await this.#decode(extent, digest, blocks, into, options)
  }

  decodeIntoNew(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    files: readonly NewFile[],
    options: DecodeOptions = {},
  ): Promise<CreateResult[]> {
    const work = (worker: PoolWorker, job: number): Promise<CreateResult[]> => {
      const list = new TransferList()
      const wired = list.addExtent(extent, options.transfer ?? false)
      return worker.call((remote) => remote.decodeIntoNew(this.#coder.id, job, transfer(wired, list.buffers), digest, blocks, files))
    }
    return this.#pool.run(this.#coder, options.signal, work, async () => (await this.#here()).decodeIntoNew(extent, digest, blocks, files, options))
  }

  #decode(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    into: FilePlace | undefined,
    options: DecodeOptions,
  ): Promise<Uint8Array[]> {
    const { signal, stage = 'plain', transfer: mayTake = false } = options
    const work = (worker: PoolWorker, job: number): Promise<Uint8Array[]> => {
      const list = new TransferList()
      const wired = list.addExtent(extent, mayTake)
      return worker.call((remote) => remote.decode(this.#coder.id, job, transfer(wired, list.buffers), digest, blocks, stage, into))
    }
    const here = async (): Promise<Uint8Array[]> => {
      const inline = await this.#here()
      if (!into) return inline.decode(extent, digest, blocks, options)
      await inline.decodeInto(extent, digest, blocks, into, options)
      return []
    }
    return this.#pool.run(this.#coder, signal, work, here)
  }

  #here(): Promise<BlockCoder> {
    this.#inline ??= createInlineCoder(fromWireRecipe(this.#coder.recipe), this.#platform)
    return this.#inline
  }

  async close(): Promise<void> {
    this.#onClose()
    await (await this.#inline)?.close()
  }
}
