import { isCofferError } from '@coffer/core'
import {
  checkNewEntry,
  ENTRIES_AT_ONCE,
  inOrder,
  ownedBlocks,
  putEntries,
  rechunk,
  type CofferSettings,
  type Log,
  type PutSettings,
  type Session,
  type SourceBlock,
  type StartedEntry,
} from '@coffer/core/internal'
import { ENTRY_COST_BYTES, runningThreads } from './threads.js'
import { openSource, readSource, type OpenSource, type SourceEntry } from './tree-walk.js'

/** Larger files are read while they are written, not before; smaller ones many in one go by a thread, where there is one. */
const READ_AHEAD_BYTES = 524_288
/** Entries that are listed before the first of them is written, so that threads for what comes are started in time. */
const ENTRIES_AHEAD = 256
/** How many files, and after how many bytes no more, in one go. */
const BATCH_FILES = 64
const BATCH_BYTES = 1_048_576

/** Something on the file system, and what it is to be called in the coffer. */
export interface NamedSource {
  readonly entry: SourceEntry
  readonly name: string
}

export interface TreeChange {
  /** Members to delete first, what is in a directory before the directory. */
  readonly deletes?: readonly string[]
  readonly sources: AsyncIterable<NamedSource> | Iterable<NamedSource>
  /** With `false`, `ERR_COFFER_EXISTS` where a file to be added is there already. */
  readonly replace?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Told the plaintext bytes of each block. */
  readonly onBlock: (bytes: number) => void
  /** Told of each file that was removed since it was listed, which is left out then. Without it, that is an error. */
  readonly onGone?: ((entry: SourceEntry) => void) | undefined
  /** Told what is written. */
  readonly onEntry?: ((entry: SourceEntry) => void) | undefined
}

/** What the functions of this package need of a coffer beyond its methods. */
export interface CofferParts {
  readonly session: Session
  readonly settings: CofferSettings
}

const parts = new WeakMap<object, CofferParts>()

/** Lets {@link partsOf} find them. */
export function keepParts(coffer: object, of: CofferParts): void {
  parts.set(coffer, of)
}

/** The parts of a coffer that this package has opened. */
export function partsOf(coffer: object): CofferParts | undefined {
  return parts.get(coffer)
}

/** Deletes and adds in one change: when it fails or is aborted, nothing of it remains. */
export async function changeTree({ session, settings }: CofferParts, change: TreeChange): Promise<void> {
  const { deletes = [], sources, signal, replace } = change
  await session.mutate(async (log) => {
    const { catalog, writer } = log
    for (const name of deletes) {
      signal?.throwIfAborted()
      if (catalog.get(name)?.type === 'file') await writer.putTombstone(name)
      catalog.remove(name)
    }
    const { coder } = log.file.codecs
    const announced = inOrder(sources, ENTRIES_AHEAD, (source) => {
      coder.expect?.(source.entry.size + ENTRY_COST_BYTES, 'encode')
      return Promise.resolve(source)
    })
    const loaded = inOrder(inBatches(announced), ENTRIES_AT_ONCE, (batch) => loadBatch(batch, change))
    const { blockBytes, portable } = settings
    const put = { blockBytes, portable, replace }
    await putEntries(log, startAll(log, loaded, change, put), (entry) => checkNewEntry(log, entry, put))
  }, { signal })
}

type StartSettings = PutSettings & Pick<CofferSettings, 'blockBytes'>

async function* startAll(
  log: Log,
  loaded: AsyncIterable<readonly LoadedSource[]>,
  change: TreeChange,
  settings: StartSettings,
): AsyncGenerator<StartedEntry> {
  for await (const batch of loaded) {
    for (const { source, pieces } of batch) {
      change.signal?.throwIfAborted()
      const started = await start(log, settings, source, pieces, change)
      if (!started) continue
      yield started
      change.onEntry?.(source.entry)
    }
  }
}

/** Does without a file that was removed since it was listed, where somebody wants to be told of it; not without the whole source. */
async function unlessGone<T>({ entry }: NamedSource, { onGone }: TreeChange, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    if (!onGone || entry.name === '' || !isCofferError(error, 'ERR_COFFER_NOT_FOUND')) throw error
    onGone(entry)
    return undefined
  }
}

/** Resolves when the next one may be started, to the promise of its entry; to nothing for a file that is gone. */
async function start(
  log: Log,
  settings: StartSettings,
  named: NamedSource,
  pieces: readonly Uint8Array[] | undefined,
  change: TreeChange,
): Promise<StartedEntry | undefined> {
  const { entry, name } = named
  const { signal, onBlock } = change
  const { writer } = log
  checkNewEntry(log, { name, type: entry.type }, settings)
  const meta = { name, mode: entry.mode, mtimeMs: entry.mtimeMs }
  const options = { signal, onBlock, inBackground: true }
  if (entry.type === 'directory') return { entry: Promise.resolve(await writer.putDirectory(meta, options)) }
  if (entry.type === 'symlink') {
    const link = await writer.putSymlink({ ...meta, target: entry.target ?? '' }, options)
    return { entry: Promise.resolve(link) }
  }
  const { blockBytes } = settings
  const file = { ...meta, blockBytes }
  if (pieces) return writer.startFile(file, ownedBlocks(pieces, blockBytes), options)
  const source = await unlessGone(named, change, () => openSource(entry))
  if (!source) return undefined
  try {
    const { usesFiles } = log.file.codecs.coder
    const started = await writer.startFile(file, blocksOf(source, entry.path, blockBytes, usesFiles, signal), options)
    return { entry: thenClose(started.entry, source) }
  } catch (error) {
    await source.close()
    throw error
  }
}

async function thenClose<T>(work: Promise<T>, source: OpenSource): Promise<T> {
  try {
    return await work
  } finally {
    await source.close()
  }
}

/** The blocks of a source, or where the coder finds them. */
async function* blocksOf(
  source: OpenSource,
  path: string,
  blockBytes: number,
  usesFiles: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceBlock> {
  if (!usesFiles || source.size <= blockBytes) {
    yield* rechunk(source.pieces(signal), blockBytes, true)
    return
  }
  for (let offset = 0; offset < source.size; offset += blockBytes) {
    const length = Math.min(blockBytes, source.size - offset)
    yield { input: { span: { descriptor: source.descriptor, offset, length, name: path } }, plainBytes: length }
  }
}

/** Groups what a thread can read together, where there is one: small files that follow each other. All else is by itself. */
async function* inBatches(sources: AsyncIterable<NamedSource> | Iterable<NamedSource>): AsyncGenerator<readonly NamedSource[]> {
  let batch: NamedSource[] = []
  let bytes = 0
  for await (const source of sources) {
    batch.push(source)
    bytes += source.entry.size
    if (sharesRead(source) && batch.length < BATCH_FILES && bytes < BATCH_BYTES && runningThreads()) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** Whether it takes no descriptor of this thread's, or only for files that have changed meanwhile. */
const sharesRead = ({ entry: { type, size } }: NamedSource): boolean => type !== 'file' || (size > 0 && size <= READ_AHEAD_BYTES)

interface LoadedSource {
  readonly source: NamedSource
  /** The content of a small file. */
  readonly pieces: readonly Uint8Array[] | undefined
}

async function loadBatch(batch: readonly NamedSource[], change: TreeChange): Promise<LoadedSource[]> {
  const contents = await readTogether(batch)
  const loaded: LoadedSource[] = []
  for (const source of batch) {
    const content = contents.get(source)
    const one = content ? { source, pieces: [content] } : await unlessGone(source, change, () => loadSmall(source, change.signal))
    if (one) loaded.push(one)
  }
  return loaded
}

/** The contents of small files, read by a thread; those that it could not have are missing. */
async function readTogether(batch: readonly NamedSource[]): Promise<Map<NamedSource, Uint8Array>> {
  const contents = new Map<NamedSource, Uint8Array>()
  const files = batch.filter((source) => source.entry.type === 'file' && sharesRead(source))
  if (files.length === 0) return contents
  // Threads may end: then each is read by itself.
  const paths = files.map(({ entry }) => entry.path)
  const read = await runningThreads()?.readSmall(paths, READ_AHEAD_BYTES).catch(() => undefined)
  for (const [i, content] of read?.entries() ?? []) if (content) contents.set(files[i] as NamedSource, content)
  return contents
}

/** Reads a small file at once, so that several can be read at a time; a large one is left for when its turn comes. */
async function loadSmall(source: NamedSource, signal: AbortSignal | undefined): Promise<LoadedSource> {
  const { entry } = source
  if (entry.type !== 'file' || entry.size > READ_AHEAD_BYTES) return { source, pieces: undefined }
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of readSource(entry, signal)) {
    pieces.push(piece)
    bytes += piece.length
    // It has grown.
    if (bytes > READ_AHEAD_BYTES) return { source, pieces: undefined }
  }
  return { source, pieces }
}
