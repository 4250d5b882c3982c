import type { PasswordHash } from '@coffer/core'
import type {
  BlockInput,
  BlockPlace,
  BlockStage,
  CreateResult,
  EncodedExtent,
  EncodeOptions,
  ExtentPlace,
  ExtentSource,
  FilePlace,
  NewFile,
} from '@coffer/core/internal'
import type { Child, SmallFiles } from './node-trees.js'
import type { WireError } from './wire-error.js'
import type { WireRecipe } from './wire-recipe.js'

/** What a call came to. Comlink would cut an error down to its message. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WireError }

export type PasswordHashOptions = Parameters<PasswordHash>[1]

/**
 * What a worker does for its pool. Coders and jobs are named by numbers that the pool chooses. All bytes that cross in either
 * direction are transferred and belong to the receiver.
 */
export interface WorkerApi {
  /** Makes the coder `coder` for later calls: the one time that keys enter. */
  createCoder(coder: number, recipe: WireRecipe): Promise<Outcome<undefined>>
  closeCoder(coder: number): Promise<void>
  /** Encodes up to where the lengths are known, and says them; the job then waits for {@link seal}. */
  prepare(coder: number, job: number, blocks: readonly BlockInput[], into: EncodeOptions['into']): Promise<Outcome<number[]>>
  seal(job: number, place: ExtentPlace): Promise<Outcome<EncodedExtent>>
  /** The blocks come back, or go into a file. */
  decode(
    coder: number,
    job: number,
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    stage: BlockStage,
    into: FilePlace | undefined,
  ): Promise<Outcome<Uint8Array[]>>
  decodeIntoNew(
    coder: number,
    job: number,
    extent: ExtentSource,
    digest: Uint8Array,
    blocks: readonly BlockPlace[],
    files: readonly NewFile[],
  ): Promise<Outcome<CreateResult[]>>
  /** Gives a job up, wherever it is. */
  drop(job: number): Promise<void>
  /** See `TreeAccess`; on Node only. */
  list(path: string): Promise<Outcome<Child[]>>
  readSmall(paths: readonly string[], mostBytes: number): Promise<Outcome<SmallFiles>>
  /** What Argon2id makes of a password. WebAssembly gives no memory back, so that the worker is thrown away afterwards. */
  hashPassword(password: string, options: PasswordHashOptions): Promise<Outcome<Uint8Array>>
}
