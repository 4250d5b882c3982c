import { onAbort, orAborted } from '../async/on-abort.js'
import { equalBytes } from '../bytes/bytes.js'
import { loadSodium } from '../cipher/sodium.js'
import type { Engine, Recipe } from '../engine/engine.js'
import { inlineEngine } from '../engine/inline.js'
import { createCiphers } from '../engine/layout.js'
import { CofferError } from '../errors.js'
import type { Head } from '../log/commit.js'
import { Log } from '../log/log.js'
import type { LogFile } from '../log/log-file.js'
import { ID_BYTES } from '../log/record.js'
import type { CofferStorage, StorageFile, StorageLock, StorageReplacement } from '../storage/storage.js'
import type { Coffer } from './coffer.js'
import { identify } from './identify.js'
import { loadCommitted } from './load.js'
import { openLogFile } from './log-codecs.js'
import { checkBlockBytes, OpenCoffer } from './open-coffer.js'
import { checkOpenOptions, type OpenOptions, type RecoveryReport } from './options.js'
import { Session } from './session.js'
import { describeVariant, makeRecipe, resolveVariant, variantByName, type Variant } from './variants.js'

const DEFAULT_LOCK_TIMEOUT_MS = 1000

/** Everything about opening that follows from the options alone. */
export interface Opening {
  readonly storage: CofferStorage
  readonly options: OpenOptions
  readonly variant: Variant
  readonly recipe: Recipe
  readonly engine: Engine
  readonly blockBytes: number
}

/**
 * Opens a coffer, or makes one.
 *
 * @throws CofferError `ERR_COFFER_NOT_FOUND`, `ERR_COFFER_EXISTS` (mode `x`), `ERR_COFFER_LOCKED`, `ERR_COFFER_KEY`,
 * `ERR_COFFER_AUTH` (wrong key, or changed), `ERR_COFFER_VARIANT`, `ERR_COFFER_LEGACY`, `ERR_COFFER_DAMAGED`,
 * `ERR_COFFER_EXPECT`, `ERR_COFFER_NOT_A_COFFER`, and what the storage says.
 * @example
 * ```ts
 * const keys = await generateKeys('store')
 * await using coffer = await openCoffer(memoryStorage(), { mode: 'x', variant: 'store', keys })
 * await coffer.write('notes/today.txt', 'nobody else reads this')
 * console.log(await coffer.readText('notes/today.txt'))
 * ```
 */
export async function openCoffer(storage: CofferStorage, options: OpenOptions): Promise<Coffer> {
  const { session, opening } = await openSession(storage, options)
  return new OpenCoffer(session, settingsOf(opening))
}

/** What an {@link OpenCoffer} is made with beside its session. */
export function settingsOf({ options, blockBytes }: Opening): ConstructorParameters<typeof OpenCoffer>[1] {
  return { blockBytes, portable: options.portable ?? false, plugins: options.plugins ?? [] }
}

/** {@link openCoffer}, below the methods. */
export async function openSession(storage: CofferStorage, options: OpenOptions): Promise<{ session: Session; opening: Opening }> {
  const opening = prepareOpening(storage, options)
  options.signal?.throwIfAborted()
  // Made ready while somebody else may hold the lock, and its own program starts.
  createCiphers(opening.recipe).catch(() => undefined)
  const lock = await takeLock(opening)
  try {
    const session = await orGivenUp(opening, openUnderLock(opening, lock))
    return { session, opening }
  } catch (error) {
    await lock?.release()
    throw error
  }
}

/** A server may be silent for long: what is on its way is not waited for where the signal is aborted. Nobody else waits for its lock. */
async function orGivenUp({ storage, options }: Opening, session: Promise<Session>): Promise<Session> {
  if (!storage.isRemote) return session
  try {
    return await orAborted(session, [options.signal])
  } catch (error) {
    session.then((late) => late.discard()).catch(() => undefined)
    throw error
  }
}

/** Checks the options. @throws TypeError, RangeError, CofferError `ERR_COFFER_KEY`. */
export function prepareOpening(storage: CofferStorage, options: OpenOptions): Opening {
  checkOpenOptions(options)
  const keys = options.keys ?? {}
  const variant = resolveVariant(options.variant, keys)
  return {
    storage,
    options,
    variant,
    recipe: makeRecipe(variant, keys, options),
    engine: options.engine ?? inlineEngine(),
    blockBytes: checkBlockBytes(options.blockBytes),
  }
}

export async function takeLock({ storage, options }: Opening): Promise<StorageLock | undefined> {
  const { lock = 'rw', mode = 'r', lockTimeoutMs = DEFAULT_LOCK_TIMEOUT_MS, signal } = options
  if (lock === 'none' || (lock === 'w' && mode === 'r')) return undefined
  return storage.lock('exclusive', { timeoutMs: lockTimeoutMs, signal })
}

async function openUnderLock(opening: Opening, lock: StorageLock | undefined): Promise<Session> {
  const { storage, options } = opening
  const { mode = 'r', signal } = options
  if (mode === 'w') return createNew(opening, lock)
  const file = await storage.open(mode === 'r' ? 'read' : 'write', signal)
  // Nobody waits for it any more: nothing else is asked of a server.
  const stop = storage.isRemote ? onAbort(signal, () => void file?.close()) : undefined
  try {
    if (storage.isRemote) signal?.throwIfAborted()
    if (!file) {
      if (mode !== 'r') return await createNew(opening, lock)
      throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no coffer at ${storage.name}: check the name, or make one with mode "x".`)
    }
    if (mode === 'x') {
      throw new CofferError('ERR_COFFER_EXISTS', `There is a file at ${storage.name} already: open it with mode "a", or choose another name.`)
    }
    return await openExisting(opening, file, lock)
  } catch (error) {
    await file?.close()
    throw error
  } finally {
    stop?.()
  }
}

async function openExisting(opening: Opening, file: StorageFile, lock: StorageLock | undefined): Promise<Session> {
  const { variant, recipe, engine, options } = opening
  const logFile = await openLogFile(file, variant, recipe, engine)
  try {
    const identity = await identify(logFile, variant)
    if (identity.kind === 'legacy') {
      const session = await openLegacy(opening, file, lock)
      await logFile.codecs.coder.close()
      return session
    }
    logFile.codecs.records.setId(identity.head.id)
    await checkDictionary(opening, identity.head)
    const { log, recovered } = await loadCommitted(logFile, identity.head, options, lock !== undefined)
    return makeSession(opening, { log, lock, recovered })
  } catch (error) {
    await logFile.codecs.coder.close()
    throw error
  }
}

async function createNew(opening: Opening, lock: StorageLock | undefined): Promise<Session> {
  const { storage, options } = opening
  if (options.expect) {
    throw new CofferError('ERR_COFFER_EXPECT', `A new coffer at ${storage.name} would not be the one that is remembered: leave \`expect\` out to make it.`)
  }
  const unpublished = await storage.replace()
  try {
    const log = await createLog(opening, unpublished)
    const session = makeSession(opening, { log, lock, unpublished })
    try {
      // Where each change is a commit, one that fails takes back what is in memory: not what stands there from the beginning.
      if (session.autoFlush) await log.writer.sealPack()
      return session
    } catch (error) {
      await log.file.codecs.coder.close()
      throw error
    }
  } catch (error) {
    await unpublished.close()
    throw error
  }
}

/** A new log of the variant that is asked for, in an empty file. */
export async function createLog({ variant, recipe, engine }: Opening, file: StorageFile): Promise<Log> {
  const logFile: LogFile = await openLogFile(file, variant, recipe, engine)
  const { sodium, coder } = logFile.codecs
  const dictionaryDigest = recipe.dictionary ? sodium.blake2b(recipe.dictionary) : new Uint8Array(0)
  try {
    return await Log.create(logFile, { id: sodium.randomBytes(ID_BYTES), descriptor: describeVariant(variant), dictionaryDigest })
  } catch (error) {
    await coder.close()
    throw error
  }
}

/** Serves a file of PyCoffer's, read-only, out of a temporary coffer of ours that only this process can open. */
async function openLegacy(opening: Opening, file: StorageFile, lock: StorageLock | undefined): Promise<Session> {
  const { storage, options, recipe, blockBytes } = opening
  const { legacy = 'refuse', mode = 'r' } = options
  // What opens coffers of its own only does not load it.
  const { importLegacy, probeLegacy } = await import('./legacy.js')
  if (legacy === 'refuse') {
    await probeLegacy(file, recipe)
    throw new CofferError(
      'ERR_COFFER_LEGACY',
      `${storage.name} was written by PyCoffer. Open it with legacy: "read", or make it a coffer of this kind with convert().`,
    )
  }
  if (mode !== 'r') {
    throw new CofferError('ERR_COFFER_LEGACY', `${storage.name} was written by PyCoffer and can only be read as it is: convert() it first.`)
  }
  if (options.expect) {
    throw new CofferError('ERR_COFFER_EXPECT', `${storage.name} was written by PyCoffer, and has nothing that \`expect\` could be compared with.`)
  }
  const sodium = await loadSodium()
  const spool = await storage.spool()
  try {
    const keys = { cofferKey: sodium.randomBytes(32) }
    const variant = variantByName('store')
    const temporary = { ...opening, variant, recipe: makeRecipe(variant, keys, { level: 1 }) }
    const log = await createLog(temporary, spool)
    try {
      const markers = legacy === 'rewritten' ? 'accept' : 'refuse'
      await importLegacy(file, recipe, log, { markers, blockBytes, signal: options.signal })
      await log.commit('relaxed')
      await file.close()
      return makeSession(opening, { log, lock })
    } catch (error) {
      await log.file.codecs.coder.close()
      throw error
    }
  } catch (error) {
    await spool.close()
    throw error
  }
}

function makeSession(
  { storage, options, variant, recipe, engine }: Opening,
  parts: { log: Log; lock: StorageLock | undefined; unpublished?: StorageReplacement; recovered?: RecoveryReport | undefined },
): Session {
  return new Session({
    storage,
    mode: options.mode ?? 'r',
    variant,
    recipe,
    engine,
    log: parts.log,
    lock: parts.lock,
    unpublished: parts.unpublished,
    recovered: parts.recovered,
    autoFlush: options.autoFlush ?? variant.autoFlush,
    durability: options.durability ?? 'full',
    backup: options.backup,
  })
}

/** @throws CofferError `ERR_COFFER_DICTIONARY` where the coffer needs another dictionary than was given. */
export async function checkDictionary({ recipe }: Pick<Opening, 'recipe'>, head: Head): Promise<void> {
  const sodium = await loadSodium()
  const digest = recipe.dictionary ? sodium.blake2b(recipe.dictionary) : new Uint8Array(0)
  if (equalBytes(digest, head.dictionaryDigest)) return
  const what = head.dictionaryDigest.length === 0 ? 'was made without a dictionary' : 'needs the dictionary that it was made with'
  throw new CofferError('ERR_COFFER_DICTIONARY', `The coffer ${what}.`)
}

