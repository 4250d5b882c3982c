import type { Engine } from '../engine/engine.js'
import { CofferError } from '../errors.js'
import type { PluginSource } from '../plugins/plugin.js'
import type { CofferKeys, Variant, VariantName } from './variants.js'

/** `r`: read. `w`: start anew. `a`: read and add; made where there is none. `x`: create, refuse an existing one. */
export type OpenMode = 'r' | 'w' | 'a' | 'x'

/** How a coffer is opened. */
export interface OpenOptions {
  /** `'r'` where nothing is said. */
  readonly mode?: OpenMode | undefined
  /** May be left out where the keys say it: both a bank, `cofferKey` a store, `secureKey` a market, none a null. */
  readonly variant?: VariantName | Variant | undefined
  readonly keys?: CofferKeys | undefined
  /** Whether every change is flushed by itself; the variant's own where nothing is said. */
  readonly autoFlush?: boolean | undefined
  /** zstd level, 1 to 19. */
  readonly level?: number | undefined
  /** Plaintext bytes of a member's block, 4096 to 524288. A read decodes whole blocks. */
  readonly blockBytes?: number | undefined
  /** Chunks end on multiples of this many bytes, 4096 to 1048576 in steps of 4. */
  readonly chunkBytes?: number | undefined
  /** A zstd dictionary; the coffer cannot be read without it. */
  readonly dictionary?: Uint8Array | undefined
  /** `rw`: alone, also for reading. `w`: one writer. `none`: no lock; readers keep the state that they opened. */
  readonly lock?: 'rw' | 'w' | 'none' | undefined
  /** How long to wait for a lock, in milliseconds; 1000 where nothing is said. */
  readonly lockTimeoutMs?: number | undefined
  /** `full`: a commit is on the disk when its flush returns, whatever happens. `relaxed`: one sync less. */
  readonly durability?: 'full' | 'relaxed' | undefined
  /** Keeps the file as it was when opened, under its name and this extension, once something is written. */
  readonly backup?: string | undefined
  /** What to do with a file that PyCoffer wrote (`read`), or one of ours that it changed (`rewritten`). */
  readonly legacy?: 'refuse' | 'read' | 'rewritten' | undefined
  /** Refuses what is older than, or different from, what is remembered of the coffer; also to make a new one, and what PyCoffer wrote. */
  readonly expect?: Expectation | undefined
  /** Opens the last commit that verifies, where the end of the file is damaged. */
  readonly recover?: boolean | undefined
  /** Refuses names that another system could not hold. */
  readonly portable?: boolean | undefined
  /** Where blocks are coded; on the calling thread where nothing is said. The caller closes it. */
  readonly engine?: Engine | undefined
  /** Plugins beside the built-in ones; one of the same name takes its place. */
  readonly plugins?: readonly PluginSource[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** What is remembered of a coffer: its `id`, `generation` and `fingerprint`. */
export interface Expectation {
  readonly id?: string | undefined
  readonly generation?: number | undefined
  readonly fingerprint?: string | undefined
}

/** What opening left behind at the end of a file. */
export interface RecoveryReport {
  /** The generation that was opened. */
  readonly generation: number
  /** Bytes behind it that do not count. */
  readonly droppedBytes: number
  /** `torn`: a write that a crash cut off. `damaged`: a commit that does not verify. `unverified`: a relaxed commit whose content does not. */
  readonly reason: 'torn' | 'damaged' | 'unverified'
}

/** Tells how far something that takes long is. An error that it throws ends the work. */
export type OnProgress = (progress: Progress) => void

export interface Progress {
  /** What is being done. */
  readonly phase: string
  /** Bytes done so far. */
  readonly done: number
  /** Bytes in all, where that is known. */
  readonly total: number | undefined
}

export interface TaskOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

const modes: readonly unknown[] = ['r', 'w', 'a', 'x']

/** @throws TypeError or RangeError for options that no coffer can be opened with. */
export function checkOpenOptions(options: OpenOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('The options of openCoffer are an object, such as { keys }.')
  const { mode = 'r', lock = 'rw', durability = 'full', legacy = 'refuse', backup, lockTimeoutMs = 0, expect, keys, variant, engine } = options
  if (!modes.includes(mode)) throw new TypeError('`mode` is "r", "w", "a" or "x".')
  if (!['rw', 'w', 'none'].includes(lock)) throw new TypeError('`lock` is "rw", "w" or "none".')
  if (!['full', 'relaxed'].includes(durability)) throw new TypeError('`durability` is "full" or "relaxed".')
  if (!['refuse', 'read', 'rewritten'].includes(legacy)) throw new TypeError('`legacy` is "refuse", "read" or "rewritten".')
  if (!(lockTimeoutMs >= 0)) throw new RangeError('`lockTimeoutMs` is a number of milliseconds, 0 or more.')
  if (expect !== undefined) checkExpect(expect)
  if (engine !== undefined && typeof (engine as Partial<Engine> | null)?.createCoder !== 'function') {
    throw new TypeError('`engine` is what inlineEngine() gives, or createWorkerEngine() with an `await`.')
  }
  if (keys !== undefined) checkKeys(keys, variant)
  if (backup !== undefined && !/^[^/\\\0]{1,64}$/.test(backup)) throw new RangeError('`backup` is an extension, such as ".bak".')
}

function checkExpect(expect: Partial<Record<keyof Expectation, unknown>> | null): void {
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string'
  const { id, generation, fingerprint } = expect ?? {}
  // One that says nothing was meant to say something, and would accept any coffer.
  const saysAny = id !== undefined || generation !== undefined || fingerprint !== undefined
  if (saysAny && isText(id) && isText(fingerprint) && (generation === undefined || Number.isSafeInteger(generation))) return
  throw new TypeError('`expect` is { id, generation, fingerprint } as a coffer has them, or some of these.')
}

/** Something that was meant to be keys and holds none would make a coffer that anybody reads. */
function checkKeys(keys: unknown, variant: OpenOptions['variant']): void {
  if (typeof keys !== 'object' || keys === null) throw new TypeError('`keys` is { cofferKey, secureKey }, as generateKeys gives them.')
  const { cofferKey, secureKey } = keys as CofferKeys
  if (variant !== undefined || cofferKey !== undefined || secureKey !== undefined) return
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(keys) as object | null)
  if (isPlain && Object.keys(keys).length === 0) return
  throw new CofferError('ERR_COFFER_KEY', 'There is neither a cofferKey nor a secureKey in `keys`. (Is an `await` missing? A coffer without encryption has variant: "null".)')
}
