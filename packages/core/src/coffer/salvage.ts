import { bytesToHex } from '../bytes/bytes.js'
import { loadSodium } from '../cipher/sodium.js'
import { CofferError, type CofferErrorCode } from '../errors.js'
import { BlockReader } from '../log/block-reader.js'
import { blockCountOf, plainBytesOf, type Entry, type FileEntry } from '../log/entry.js'
import type { Log } from '../log/log.js'
import type { LogFile } from '../log/log-file.js'
import type { CofferStorage, StorageFile } from '../storage/storage.js'
import { tolerantFile } from '../storage/tolerant-file.js'
import { asyncDispose } from './dispose.js'
import { openLogFile } from './log-codecs.js'
import { toMember, type Member } from './member.js'
import { checkDictionary, createLog, prepareOpening, takeLock, type Opening } from './open.js'
import type { OpenOptions, TaskOptions } from './options.js'
import { salvageArchive } from './salvage-archive.js'
import { identifyDamaged } from './salvage-head.js'
import { committedState, isOfFile, scannedState, type SalvageState, type Version } from './salvage-state.js'
import { makeRecipe, variantByName } from './variants.js'

/** How {@link openSalvage} reads a damaged coffer. */
export interface SalvageOptions
  extends TaskOptions, Pick<OpenOptions, 'keys' | 'variant' | 'dictionary' | 'lock' | 'lockTimeoutMs' | 'engine'> {
  /** The coffer's id in hex, where somebody remembers it: of help where its first record is lost. */
  readonly id?: string | undefined
}

/** A member of a damaged coffer that something is left of. */
export interface SalvagedMember {
  readonly member: Member
  /**
   * `newest`: as the newest index has it. `older`: only another record of the index tells of it, and it may have been replaced
   * or deleted
   * since. `uncommitted`: its own commit is not there, and may never have been. `archive`: found in the tar stream without an
   * index; what
   * seals there are verify one by one, but not that name and content belong together (and nothing at all in a null coffer).
   */
  readonly origin: Version['origin'] | 'archive'
}

/** A range of a file: its bytes, or why they are not there. */
export interface SalvagedPiece {
  readonly start: number
  /** Equal to `start` where it is not known how much is missing. */
  readonly end: number
  /** Authentic, and the caller's. */
  readonly bytes: Uint8Array | undefined
  readonly code: CofferErrorCode | undefined
}

/** What is left of a damaged coffer, to be read. The coffer itself is never written. */
export interface Salvage extends AsyncDisposable {
  /** The coffer's id in hex; `undefined` where no record verifies, so that all is out of the tar stream. */
  readonly id: string | undefined
  /** By name, each name once. */
  readonly members: readonly SalvagedMember[]
  /** Whether the list of members is that of one commit, the file's last, and so complete. */
  readonly isWhole: boolean
  /** Of the newest commit that verifies. */
  readonly generation: number | undefined
  /** Whether a newer commit was damaged of which nothing is left: what it changed is not here. */
  readonly isBehind: boolean
  /** How long the damaged file is, in bytes. */
  readonly fileBytes: number
  /** A file's ranges in order, each block by itself. Nothing for what is no file. */
  pieces(member: SalvagedMember, options?: TaskOptions): AsyncGenerator<SalvagedPiece>
  /**
   * What else there is of a file that is damaged: older versions, the newest first, then what the tar stream has. Searches all
   * of the file.
   */
  alternatives(member: SalvagedMember, options?: TaskOptions): Promise<SalvagedMember[]>
}

/**
 * Opens whatever verifies of a damaged coffer, which need not open otherwise: the newest index that does; where that is damaged,
 * every
 * record of the index that verifies at its own place, and the tar stream itself. What a disk cannot read counts as damaged.
 *
 * @throws CofferError `ERR_COFFER_AUTH` where nothing at all verifies: then the keys are most likely others.
 * `ERR_COFFER_NOT_FOUND`,
 * `ERR_COFFER_KEY`, `ERR_COFFER_DICTIONARY`, `ERR_COFFER_LOCKED`.
 * @example
 * ```ts
 * await using left = await openSalvage(storage, { keys })
 * for (const found of left.members) {
 *   for await (const { start, bytes } of left.pieces(found)) if (bytes) keep(found.member.name, start, bytes)
 * }
 * ```
 */
export async function openSalvage(storage: CofferStorage, options: SalvageOptions): Promise<Salvage> {
  const opening = prepareOpening(storage, { ...options, mode: 'r' })
  options.signal?.throwIfAborted()
  // What a network does not bring would be taken for damage.
  if (storage.isRemote) throw new CofferError('ERR_COFFER_UNSUPPORTED', `${storage.name} is not on this machine: download it, and salvage the file.`)
  const lock = await takeLock(opening)
  const closers: (() => Promise<void>)[] = [async () => lock?.release()]
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer()
  }
  try {
    const file = await storage.open('read')
    if (!file) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no coffer at ${storage.name}.`)
    closers.push(() => file.close())
    const tolerant = await tolerantFile(file)
    const log = await openLogFile(tolerant, opening.variant, opening.recipe, opening.engine)
    closers.push(() => log.codecs.coder.close())
    const left = new DamagedCoffer(opening, tolerant, log, closers, options)
    await left.load()
    return Object.assign(left, { [asyncDispose]: close })
  } catch (error) {
    await close()
    throw error
  }
}

/** Where a member's content comes from: the coffer's own log, or what its tar stream was read into. */
interface Source {
  readonly reader: BlockReader
  readonly entry: Entry
  /** Bytes after which the content is missing, where that is so. */
  readonly cutAt: number | undefined
}

/** What the tar stream was read into. */
interface Archive {
  readonly log: Log
  readonly cut: ReadonlyMap<string, number>
}

class DamagedCoffer implements Omit<Salvage, keyof AsyncDisposable> {
  readonly #opening: Opening
  readonly #file: StorageFile
  readonly #log: LogFile
  readonly #reader: BlockReader
  readonly #closers: (() => Promise<void>)[]
  readonly #options: SalvageOptions
  readonly #sources = new WeakMap<SalvagedMember, Source>()
  #id: Uint8Array | undefined
  #state: SalvageState | undefined
  #scanned: Promise<SalvageState> | undefined
  #archive: Promise<Archive> | undefined
  #members: readonly SalvagedMember[] = []
  #fileBytes = 0

  constructor(opening: Opening, file: StorageFile, log: LogFile, closers: (() => Promise<void>)[], options: SalvageOptions) {
    this.#opening = opening
    this.#file = file
    this.#log = log
    this.#reader = new BlockReader(log)
    this.#closers = closers
    this.#options = options
  }

  get id(): string | undefined {
    return this.#id && bytesToHex(this.#id)
  }

  get members(): readonly SalvagedMember[] {
    return this.#members
  }

  get isWhole(): boolean {
    return this.#state?.isWhole === true
  }

  get generation(): number | undefined {
    return this.#state?.generation
  }

  get isBehind(): boolean {
    return this.#state?.isBehind === true
  }

  get fileBytes(): number {
    return this.#fileBytes
  }

  async load(): Promise<void> {
    this.#fileBytes = await this.#file.size()
    const head = await identifyDamaged(this.#log, this.#opening, this.#options)
    if ('id' in head) {
      if (head.head) await checkDictionary(this.#opening, head.head)
      this.#id = head.id
      this.#state = (await committedState(this.#log)) ?? (await this.#scan(this.#options))
    }
    const { versions = new Map<string, readonly Version[]>(), dead = new Set<string>(), isWhole = false } = this.#state ?? {}
    const members = [...versions.values()].flatMap((known) => known.slice(-1)).map((version) => this.#ofIndex(version))
    if (!isWhole) {
      const archive = await this.#readArchive(this.#options)
      for (const entry of archive.log.catalog.entries()) {
        if (!versions.has(entry.name) && !dead.has(entry.name)) members.push(this.#ofArchive(archive, entry))
      }
    }
    if (members.length === 0 && 'problem' in head) {
      throw new CofferError(
        'ERR_COFFER_AUTH',
        'Nothing in this file verifies with these keys: they are of another coffer, or all of it is damaged.',
        head.problem,
      )
    }
    this.#members = members.toSorted((a, b) => (a.member.name < b.member.name ? -1 : 1))
  }

  async *pieces(found: SalvagedMember, options: TaskOptions = {}): AsyncGenerator<SalvagedPiece> {
    const source = this.#sourceOf(found)
    if (source.entry.type !== 'file') return
    const { reader, entry, cutAt } = source
    for (let index = 0; index < blockCountOf(entry); index++) {
      options.signal?.throwIfAborted()
      const start = index * entry.blockBytes
      const end = start + plainBytesOf(entry, index)
      yield { start, end, ...(await readBlock(reader, entry, index, options)) }
    }
    if (cutAt !== undefined) yield { start: cutAt, end: cutAt, bytes: undefined, code: 'ERR_COFFER_DAMAGED' }
  }

  async alternatives(found: SalvagedMember, options: TaskOptions = {}): Promise<SalvagedMember[]> {
    const { name, type } = found.member
    this.#sourceOf(found)
    if (type !== 'file') return []
    const others: SalvagedMember[] = []
    if (this.#id && found.origin !== 'archive') {
      const { versions } = await this.#scan(options)
      const older = (versions.get(name) ?? []).slice(0, -1).toReversed()
      others.push(...older.map(({ entry, origin }) => this.#ofIndex({ entry, origin: origin === 'newest' ? 'older' : origin })))
    }
    if (found.origin !== 'archive') {
      const archive = await this.#readArchive(options)
      const entry = archive.log.catalog.get(name)
      if (entry) others.push(this.#ofArchive(archive, entry))
    }
    return others.filter(({ member }) => member.type === 'file')
  }

  #ofIndex({ entry, origin }: Version): SalvagedMember {
    return this.#keep({ member: toMember(entry), origin }, { reader: this.#reader, entry, cutAt: undefined })
  }

  #ofArchive({ log, cut }: Archive, entry: Entry): SalvagedMember {
    return this.#keep({ member: toMember(entry), origin: 'archive' }, { reader: log.reader, entry, cutAt: cut.get(entry.name) })
  }

  #keep(found: SalvagedMember, source: Source): SalvagedMember {
    this.#sources.set(found, source)
    return found
  }

  #sourceOf(found: SalvagedMember): Source {
    const source = this.#sources.get(found)
    if (!source) throw new TypeError('This member is not of this salvage.')
    return source
  }

  #scan({ signal, onProgress }: TaskOptions): Promise<SalvageState> {
    this.#scanned ??= (async () => {
      const total = await this.#file.size()
      return scannedState(this.#log, { signal, onBytes: (done) => onProgress?.({ phase: 'search', done, total }) })
    })()
    const scanned = this.#scanned
    scanned.catch(() => (this.#scanned = undefined))
    return scanned
  }

  /** Reads the tar stream into a temporary coffer that only this process can open. */
  #readArchive(options: TaskOptions): Promise<Archive> {
    this.#archive ??= this.#importArchive(options)
    const archive = this.#archive
    archive.catch(() => (this.#archive = undefined))
    return archive
  }

  async #importArchive({ signal, onProgress }: TaskOptions): Promise<Archive> {
    const { storage, recipe, blockBytes } = this.#opening
    const sodium = await loadSodium()
    const spool = await storage.spool()
    const variant = variantByName('store')
    try {
      const temporary = makeRecipe(variant, { cofferKey: sodium.randomBytes(32) }, { level: 1 })
      const log = await createLog({ ...this.#opening, variant, recipe: temporary }, spool)
      const cut = await salvageArchive(this.#file, recipe, log, { signal, onProgress, blockBytes })
      await log.commit('relaxed')
      this.#closers.push(() => log.retire())
      return { log, cut }
    } catch (error) {
      await spool.close()
      throw error
    }
  }
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
    if (!isOfFile(error)) throw error
    return { bytes: undefined, code: error.code }
  }
}
