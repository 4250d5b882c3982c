import { loadSodium } from '../cipher/sodium.js'
import { CofferError, isCofferError, type CofferErrorCode } from '../errors.js'
import { blockCountOf, plainBytesOf, type Entry, type FileEntry } from '../log/entry.js'
import { BlockReader } from '../log/block-reader.js'
import type { Log } from '../log/log.js'
import type { LogFile } from '../log/log-file.js'
import { salvageIndex, type SalvagedIndex } from '../log/salvage-index.js'
import type { CofferStorage, StorageFile } from '../storage/storage.js'
import { identify } from './identify.js'
import { openLogFile } from './log-codecs.js'
import { toMember, type Member } from './member.js'
import { createLog, prepareOpening, takeLock, type Opening } from './open.js'
import type { OpenOptions, TaskOptions } from './options.js'
import { salvageArchive } from './salvage-archive.js'
import { makeRecipe, variantByName } from './variants.js'

/** A member of a damaged coffer that something is left of. */
export interface SalvagedMember {
  readonly member: Member
  /**
   * `newest`: as the newest commit has it. `older`: only an older commit tells of it, and it may have been deleted since. `archive`: found
   * in the tar stream without an index: its content is authentic chunk by chunk, its name and place are not known to be.
   */
  readonly origin: 'newest' | 'older' | 'archive'
}

/** A range of a file: its bytes, or why they are not there. */
export interface SalvagedPiece {
  readonly start: number
  readonly end: number
  readonly bytes: Uint8Array | undefined
  readonly code: CofferErrorCode | undefined
}

/** What is left of a damaged coffer, to be read. The coffer itself is never written. */
export interface Salvage extends AsyncDisposable {
  readonly members: readonly SalvagedMember[]
  /** Whether the list of members is that of one commit, and so complete. */
  readonly isWhole: boolean
  /** The newest commit that verifies. */
  readonly generation: number | undefined
  /** Whether a newer commit was damaged of which nothing is left: what it changed is not here. */
  readonly isBehind: boolean
  /** A file's ranges in order. */
  pieces(member: SalvagedMember, options?: TaskOptions): AsyncGenerator<SalvagedPiece>
}

/** One source of members: the coffer's own log, or what its tar stream was read into. */
interface Source {
  readonly reader: BlockReader
  readonly entry: Entry
  /** Bytes after which the content is missing, where that is so. */
  readonly cutAt: number | undefined
}

/**
 * Opens whatever verifies of a damaged coffer: the newest index that does, what older ones tell beside it, and where there is none, the tar
 * stream itself.
 * @throws CofferError `ERR_COFFER_AUTH` where nothing at all verifies: then the keys are most likely others.
 */
export async function openSalvage(storage: CofferStorage, options: OpenOptions & TaskOptions): Promise<Salvage> {
  const opening = prepareOpening(storage, { ...options, mode: 'r' })
  const lock = await takeLock(opening)
  const closers: (() => Promise<void>)[] = [async () => lock?.release()]
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer()
  }
  try {
    const file = await storage.open('read')
    if (!file) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no coffer at ${storage.name}.`)
    closers.push(() => file.close())
    const logFile = await openLogFile(file, opening.variant, opening.recipe, opening.engine)
    closers.push(() => logFile.codecs.coder.close())
    const index = await readIndex(logFile, opening)
    const sources = new Map<SalvagedMember, Source>()
    const names = new Set<string>(index?.dead)
    const reader = new BlockReader(logFile)
    for (const { entry, isNewest } of index?.entries ?? []) {
      names.add(entry.name)
      sources.set({ member: toMember(entry), origin: isNewest ? 'newest' : 'older' }, { reader, entry, cutAt: undefined })
    }
    if (!index?.isWhole) {
      const { log, cut } = await readArchive(opening, file, options)
      closers.push(() => log.retire())
      for (const entry of log.catalog.entries()) {
        if (names.has(entry.name)) continue
        sources.set({ member: toMember(entry), origin: 'archive' }, { reader: log.reader, entry, cutAt: cut.get(entry.name) })
      }
    }
    if (sources.size === 0 && !index?.isWhole) {
      throw new CofferError('ERR_COFFER_AUTH', 'Nothing in this file verifies with these keys: they are of another coffer, or all of it is damaged.')
    }
    return {
      members: [...sources.keys()].toSorted((a, b) => (a.member.name < b.member.name ? -1 : 1)),
      isWhole: index?.isWhole === true,
      generation: index?.generation,
      isBehind: index?.isBehind === true,
      pieces: (member, task) => piecesOf(sources.get(member), task),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the log tells; `undefined` where its head does not verify, since all other records are bound to it. */
async function readIndex(logFile: LogFile, { variant }: Opening): Promise<SalvagedIndex | undefined> {
  try {
    const identity = await identify(logFile, variant)
    if (identity.kind === 'legacy') return undefined
    logFile.codecs.records.setId(identity.head.id)
  } catch (error) {
    if (isCofferError(error, 'ERR_COFFER_UNSUPPORTED') || isCofferError(error, 'ERR_COFFER_DICTIONARY') || !(error instanceof CofferError)) throw error
    return undefined
  }
  return salvageIndex(logFile)
}

/** Reads the tar stream into a temporary coffer that only this process can open. */
async function readArchive(opening: Opening, file: StorageFile, options: TaskOptions): Promise<{ log: Log; cut: ReadonlyMap<string, number> }> {
  const sodium = await loadSodium()
  const spool = await opening.storage.spool()
  const variant = variantByName('store')
  try {
    const log = await createLog({ ...opening, variant, recipe: makeRecipe(variant, { cofferKey: sodium.randomBytes(32) }, { level: 1 }) }, spool)
    const cut = await salvageArchive(file, opening.recipe, log, { ...options, blockBytes: opening.blockBytes })
    await log.commit('relaxed')
    return { log, cut }
  } catch (error) {
    await spool.close()
    throw error
  }
}

async function* piecesOf(source: Source | undefined, options: TaskOptions = {}): AsyncGenerator<SalvagedPiece> {
  if (source?.entry.type !== 'file') return
  const { reader, entry, cutAt } = source
  for (let index = 0; index < blockCountOf(entry); index++) {
    options.signal?.throwIfAborted()
    const start = index * entry.blockBytes
    const end = start + plainBytesOf(entry, index)
    yield { start, end, ...(await readBlock(reader, entry, index, options)) }
  }
  if (cutAt !== undefined) yield { start: cutAt, end: cutAt, bytes: undefined, code: 'ERR_COFFER_DAMAGED' }
}

async function readBlock(
  reader: BlockReader,
  file: FileEntry,
  index: number,
  { signal }: TaskOptions,
): Promise<Pick<SalvagedPiece, 'bytes' | 'code'>> {
  try {
    for await (const bytes of reader.readBlocks(file, index, index + 1, { signal })) return { bytes, code: undefined }
    return { bytes: undefined, code: 'ERR_COFFER_DAMAGED' }
  } catch (error) {
    if (!(error instanceof CofferError) || !['ERR_COFFER_AUTH', 'ERR_COFFER_DAMAGED', 'ERR_COFFER_LIMIT'].includes(error.code)) throw error
    return { bytes: undefined, code: error.code }
  }
}
