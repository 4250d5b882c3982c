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

/** So much that it is worth waiting for threads to start, instead of doing as much as possible without them until they are there. */
const EXPECTED_BYTES = 4_194_304
/** Bytes in one go after which threads are worth their start, a few milliseconds of coding; so much is worth threads that run already. */
const LARGE_BYTES = 1_048_576
/** A pause of so many milliseconds ends one go. */
const PAUSE_MS = 200

/**
 * An engine that codes on the calling thread until more than a little has been coded in one go; then it gets the engine that
 * `createThreads` makes, and hands blocks over as soon as that is there. Only what was announced to be large waits for a thread to
 * start.
 *
 * `platform`: what the calling thread has too where the threads have it. `areRunning`: whether there are threads already. Closing it
 * leaves the engine of threads to whoever made it.
 */
export function adaptiveEngine(createThreads: () => Promise<Engine>, platform?: Platform, areRunning: () => boolean = () => false): Engine {
  return {
    createCoder: async (recipe) => new AdaptiveCoder(recipe, await createInlineCoder(recipe, platform), createThreads, areRunning),
    close: () => Promise.resolve(),
  }
}

class AdaptiveCoder implements BlockCoder {
  readonly #recipe: Recipe
  readonly #inline: BlockCoder
  readonly #createThreads: () => Promise<Engine>
  readonly #areRunning: () => boolean
  #starting: Promise<void> | undefined
  #threads: BlockCoder | undefined
  #isClosed = false
  #underWay = 0
  #goBytes = 0
  #expectedBytes = 0
  /** Whether what was announced is worth waiting for threads. */
  #isExpected = false
  #lastMs = 0

  constructor(recipe: Recipe, inline: BlockCoder, createThreads: () => Promise<Engine>, areRunning: () => boolean) {
    this.#recipe = recipe
    this.#inline = inline
    this.#createThreads = createThreads
    this.#areRunning = areRunning
  }

  get concurrency(): number {
    return (this.#threads ?? this.#inline).concurrency
  }

  get usesFiles(): boolean {
    return this.#inline.usesFiles
  }

  expect(bytes: number): void {
    if (this.#isOver()) this.#pause()
    this.#lastMs = Date.now()
    this.#expectedBytes += bytes
    this.#isExpected ||= this.#expectedBytes >= (this.#areRunning() ? LARGE_BYTES : EXPECTED_BYTES)
    if (this.#isExpected) this.#starting ??= this.#start()
  }

  async encode(blocks: readonly BlockInput[], place: PlaceExtent, options?: EncodeOptions): Promise<EncodedExtent> {
    const bytes = blocks.reduce((sum, block) => sum + inputBytes(block), 0)
    return this.#run(bytes, (coder) => coder.encode(blocks, place, options))
  }

  async decode(extent: ExtentSource, digest: Uint8Array, blocks: readonly BlockPlace[], options?: DecodeOptions): Promise<Uint8Array[]> {
    return this.#run(extent.length, (coder) => coder.decode(extent, digest, blocks, options))
  }

  async decodeInto(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    into: FilePlace,
    options?: DecodeOptions,
  ): Promise<void> {
    return this.#run(extent.length, (coder) => coder.decodeInto(extent, digest, blocks, into, options))
  }

  async decodeIntoNew(
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    files: readonly NewFile[],
    options?: DecodeOptions,
  ): Promise<CreateResult[]> {
    return this.#run(extent.length, (coder) => coder.decodeIntoNew(extent, digest, blocks, files, options))
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
    const isLarge = this.#isExpected || this.#goBytes > LARGE_BYTES
    if (isLarge) this.#starting ??= this.#start()
    this.#underWay += 1
    try {
      if (this.#isExpected) await this.#starting
      return await work((isLarge && this.#threads) || this.#inline)
    } finally {
      this.#underWay -= 1
      this.#lastMs = Date.now()
    }
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
