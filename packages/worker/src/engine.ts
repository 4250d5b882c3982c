import { CofferError, type Engine } from '@coffer/core'
import {
  cipherKind,
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
  type KeyedCipher,
  type NewFile,
  type PlaceExtent,
  type Platform,
  type Recipe,
} from '@coffer/core/internal'
import { transfer } from 'comlink/dist/esm/comlink.mjs'
import { TransferList } from './bytes-transfer.js'
import { JOBS_PER_WORKER, Pool, type PoolSettings } from './pool.js'
import type { WireCipher, WireRecipe } from './protocol.js'

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
  readonly #platform: Platform | undefined
  readonly #open = new Set<number>()
  #coders = 0

  constructor(settings: EngineSettings) {
    this.#pool = new Pool(settings)
    this.#endWithLast = settings.endWithLast
    this.#platform = settings.platform
  }

  async createCoder(recipe: Recipe): Promise<BlockCoder> {
    const wire = toWireRecipe(recipe)
    // A cipher that somebody brought with a variant of his own is code, which does not cross.
    if (!wire) return createInlineCoder(recipe, this.#platform)
    const id = this.#coders++
    this.#open.add(id)
    try {
      await this.#pool.warm(id, wire)
    } catch (error) {
      this.#forget(id)
      if (error instanceof CofferError && error.code === 'ERR_COFFER_CLOSED') throw error
      // No threads to be had here, or none that can load the worker's script.
      return createInlineCoder(recipe, this.#platform)
    }
    return new PoolCoder(this.#pool, id, wire, this.#platform !== undefined, () => this.#forget(id))
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
  readonly #id: number
  readonly #recipe: WireRecipe
  readonly #onClose: () => void

  constructor(pool: Pool, id: number, recipe: WireRecipe, usesFiles: boolean, onClose: () => void) {
    this.concurrency = pool.size * JOBS_PER_WORKER
    this.usesFiles = usesFiles
    this.#pool = pool
    this.#id = id
    this.#recipe = recipe
    this.#onClose = onClose
  }

  encode(
    blocks: readonly BlockInput[],
    place: PlaceExtent,
    { signal, into, transfer: mayTake = false }: EncodeOptions = {},
  ): Promise<EncodedExtent> {
    return this.#pool.run(this.#id, this.#recipe, signal, async (worker, job) => {
      const list = new TransferList()
      const wired = blocks.map((block) => list.addBlock(block, mayTake))
      const lengths = await worker.call((remote) => remote.prepare(this.#id, job, transfer(wired, list.buffers), into))
      signal?.throwIfAborted()
      const position = await place(lengths)
      return worker.call((remote) => remote.seal(job, position))
    })
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
    { signal, transfer: mayTake = false }: DecodeOptions = {},
  ): Promise<CreateResult[]> {
    return this.#pool.run(this.#id, this.#recipe, signal, (worker, job) => {
      const list = new TransferList()
      const wired = list.addExtent(extent, mayTake)
      return worker.call((remote) => remote.decodeIntoNew(this.#id, job, transfer(wired, list.buffers), digest, blocks, files))
    })
  }

  #decode(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    into: FilePlace | undefined,
    { signal, stage = 'plain', transfer: mayTake = false }: DecodeOptions,
  ): Promise<Uint8Array[]> {
    return this.#pool.run(this.#id, this.#recipe, signal, (worker, job) => {
      const list = new TransferList()
      const wired = list.addExtent(extent, mayTake)
      return worker.call((remote) => remote.decode(this.#id, job, transfer(wired, list.buffers), digest, blocks, stage, into))
    })
  }

  close(): Promise<void> {
    this.#onClose()
    return Promise.resolve()
  }
}

/** `undefined` for what cannot be sent. */
function toWireRecipe({ compression, member, container, level, chunkBytes, dictionary }: Recipe): WireRecipe | undefined {
  const ciphers = [member, container].map((cipher) => cipher && toWireCipher(cipher))
  if (ciphers.includes(null)) return undefined
  const [wireMember, wireContainer] = ciphers as (WireCipher | undefined)[]
  return { compression, member: wireMember, container: wireContainer, level, chunkBytes, dictionary: dictionary && new Uint8Array(dictionary) }
}

/** `null` for a cipher that is none of Coffer's own. */
function toWireCipher({ kind, key }: KeyedCipher): WireCipher | null {
  const name = (['secretbox', 'fernet', 'aes-ocb'] as const).find((known) => cipherKind(known) === kind)
  return name ? { name, key: new Uint8Array(key) } : null
}
