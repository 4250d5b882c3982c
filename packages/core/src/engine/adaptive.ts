import {
  inputBytes,
  type BlockCoder,
  type BlockInput,
  type BlockPlace,
  type CreateResult,
  type DecodeOptions,
  type EncodedExtent,
  type EncodeOptions,
  type Engine,
  type ExtentSource,
  type FilePlace,
  type NewFile,
  type PlaceExtent,
  type Platform,
  type Recipe,
} from './engine.js'
import { createInlineCoder } from './inline.js'

/** So much is worth threads that run already: a few milliseconds of coding. */
const WORTH_RUNNING_BYTES = 1_048_576
/** Less than this, with nothing else under way, is coded in the time that it takes to go to a thread and back. */
const SHORT_BYTES = 32_768
/** A pause of so many milliseconds ends one go. */
const PAUSE_MS = 200
/** How many bytes are decoded in the time that one takes to be encoded, where nothing is said. */
const DECODED_BYTES = 2

/** How much longer that takes where blocks are sealed twice. */
const SEALED_TWICE = 1.5

export interface AdaptiveOptions {
  /** Threads are started, and waited for, once so many bytes are announced to be encoded. */
  readonly expectedBytes: number
  /** As many bytes to be decoded count for one of those: 2 where it is left out. Two thirds as many where blocks are sealed twice. */
  readonly decodedBytes?: number | undefined
  /** Threads are started, and used when they are there, once so many bytes in one go have been encoded. */
  readonly largeBytes: number
  /** What the calling thread has too where the threads have it. */
  readonly platform?: Platform | undefined
  /** Whether there are threads already. */
  readonly areRunning?: (() => boolean) | undefined
}

/**
 * An engine that codes on the calling thread until more than a little has been coded in one go; then it gets the engine that
 * `createThreads` makes, and hands blocks over as soon as that is there. Only what was announced to be large waits for a thread to
 * start. Closing it leaves the engine of threads to whoever made it.
 */
export function adaptiveEngine(createThreads: () => Promise<Engine>, options: AdaptiveOptions): Engine {
  return {
    createCoder: async (recipe) => new AdaptiveCoder(recipe, await createInlineCoder(recipe, options.platform), createThreads, options),
    platform: options.platform,
    close: () => Promise.resolve(),
  }
}

class AdaptiveCoder implements BlockCoder {
  readonly #recipe: Recipe
  readonly #inline: BlockCoder
  readonly #createThreads: () => Promise<Engine>
  readonly #options: AdaptiveOptions
  readonly #decodedBytes: number
  #starting: Promise<void> | undefined
  #threads: BlockCoder | undefined
  #isClosed = false
  #underWay = 0
  #goBytes = 0
  #expectedBytes = 0
  /** Whether what was announced is worth waiting for threads. */
  #isExpected = false
  #lastMs = 0

  constructor(recipe: Recipe, inline: BlockCoder, createThreads: () => Promise<Engine>, options: AdaptiveOptions) {
    this.#recipe = recipe
    this.#inline = inline
    this.#createThreads = createThreads
    this.#options = options
    this.#decodedBytes = (options.decodedBytes ?? DECODED_BYTES) / (recipe.member && recipe.container ? SEALED_TWICE : 1)
  }

  get concurrency(): number {
    return (this.#threads ?? this.#inline).concurrency
  }

  get usesFiles(): boolean {
    return this.#inline.usesFiles
  }

  expect(bytes: number, work: 'encode' | 'decode'): void {
    if (this.#isOver()) this.#pause()
    this.#lastMs = Date.now()
    this.#expectedBytes += work === 'encode' ? bytes : bytes / this.#decodedBytes
    const ahead = this.#expectedBytes - this.#goBytes
    this.#isExpected ||= ahead >= this.#worthwhile(this.#options.expectedBytes)
    if (this.#isExpected) this.#starting ??= this.#start()
  }

  async encode(blocks: readonly BlockInput[], place: PlaceExtent, options?: EncodeOptions): Promise<EncodedExtent> {
    const bytes = blocks.reduce((sum, block) => sum + inputBytes(block), 0)
    return this.#run(bytes, (coder) => coder.encode(blocks, place, options))
  }

  async decode(extent: ExtentSource, digest: Uint8Array, blocks: readonly BlockPlace[], options?: DecodeOptions): Promise<Uint8Array[]> {
    return this.#run(this.#decodingCost(blocks), (coder) => coder.decode(extent, digest, blocks, options))
  }

  async decodeInto(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    into: FilePlace,
    options?: DecodeOptions,
  ): Promise<void> {
    return this.#run(this.#decodingCost(blocks), (coder) => coder.decodeInto(extent, digest, blocks, into, options))
  }

  async decodeIntoNew(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    files: readonly NewFile[],
    options?: DecodeOptions,
  ): Promise<CreateResult[]> {
    return this.#run(this.#decodingCost(blocks), (coder) => coder.decodeIntoNew(extent, digest, blocks, files, options))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#starting
    await this.#threads?.close()
    await this.#inline.close()
  }

  async #run<T>(bytes: number, work: (coder: BlockCoder) => Promise<T>): Promise<T> {
    if (this.#isOver()) this.#pause()
    this.#goBytes += bytes
    const isLarge = this.#isExpected || this.#goBytes > this.#worthwhile(this.#options.largeBytes)
    if (isLarge) this.#starting ??= this.#start()
    const isAloneAndShort = this.#underWay === 0 && bytes < SHORT_BYTES
    this.#underWay += 1
    try {
      if (this.#isExpected) await this.#starting
      return await work((isLarge && !isAloneAndShort && this.#threads) || this.#inline)
    } finally {
      this.#underWay -= 1
      this.#lastMs = Date.now()
    }
  }

  #decodingCost(blocks: readonly BlockPlace[]): number {
    return blocks.reduce((sum, { plainBytes }) => sum + plainBytes, 0) / this.#decodedBytes
  }

  #worthwhile(bytes: number): number {
    return this.#options.areRunning?.() ? Math.min(bytes, WORTH_RUNNING_BYTES) : bytes
  }

  /** Whether so long nothing was done that what comes now is something else. */
  #isOver(): boolean {
    return this.#underWay === 0 && Date.now() - this.#lastMs > PAUSE_MS
  }

  /** Begins a new go. The threads may have ended meanwhile; if they have not, they are had again at once. */
  #pause(): void {
    this.#goBytes = 0
    this.#expectedBytes = 0
    this.#isExpected = false
    if (!this.#threads) return
    void this.#threads.close()
    this.#threads = undefined
    this.#starting = undefined
  }

  async #start(): Promise<void> {
    // Without them everything goes on as before.
    const threads = await this.#createThreads()
      .then((engine) => engine.createCoder(this.#recipe))
      .catch(() => undefined)
    // An engine that does less than the calling thread is no use: spans may be under way already.
    if (this.#isClosed || (this.usesFiles && !threads?.usesFiles)) await threads?.close()
    else this.#threads = threads
  }
}
