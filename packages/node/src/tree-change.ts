import { CofferError } from '@coffer/core'
import {
  checkName,
  inOrder,
  portabilityProblem,
  rechunk,
  type CofferSettings,
  type Entry,
  type Log,
  type Session,
  type SourceBlock,
} from '@coffer/core/internal'
import { openSource, readSource, type OpenSource, type SourceEntry } from './tree-walk.js'

/** Files that are read at once; each takes a descriptor. */
export const FILES_AT_ONCE = 8
/** Larger files are read while they are written, not before. */
const READ_AHEAD_BYTES = 524_288

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
  const { deletes = [], sources, signal, onEntry } = change
  await session.mutate(async (log) => {
    const { catalog, writer } = log
    for (const name of deletes) {
      signal?.throwIfAborted()
      if (catalog.get(name)?.type === 'file') await writer.putTombstone(name)
      catalog.remove(name)
    }
    const started: Promise<void>[] = []
    // Entries come into the catalog in the order of the sources, each when it is written.
    let last = Promise.resolve()
    const { coder } = log.file.codecs
    const loaded = inOrder(sources, FILES_AT_ONCE, (source) => {
      coder.expect?.(source.entry.size)
      return loadSmall(source, signal)
    })
    try {
      for await (const { source, pieces } of loaded) {
        signal?.throwIfAborted()
        const put = await start(log, settings, source, pieces, change)
        last = putAfter(last, log, put.entry)
        last.catch(() => undefined)
        started.push(last)
        if (started.length >= FILES_AT_ONCE) await started.shift()
        onEntry?.(source.entry)
      }
      await last
      await writer.settle()
    } finally {
      await Promise.allSettled(started)
    }
  }, { signal })
}

/** Resolves when the next one may be started, to the promise of its entry. */
async function start(
  log: Log,
  settings: CofferSettings,
  { entry, name }: NamedSource,
  pieces: readonly Uint8Array[] | undefined,
  { replace, signal, onBlock }: TreeChange,
): Promise<{ readonly entry: Promise<Entry> }> {
  const { catalog, writer } = log
  checkName(name)
  const problem = settings.portable ? portabilityProblem(name) : undefined
  if (problem !== undefined) throw new CofferError('ERR_COFFER_NAME', `${JSON.stringify(name)} is not portable: ${problem}.`)
  if (replace === false && entry.type !== 'directory' && catalog.get(name)) {
    throw new CofferError('ERR_COFFER_EXISTS', `There is a ${JSON.stringify(name)} in this coffer already.`)
  }
  catalog.checkPlace(name, entry.type)
  const meta = { name, mode: entry.mode, mtimeMs: entry.mtimeMs }
  const options = { signal, onBlock, inBackground: true }
  if (entry.type === 'directory') return { entry: Promise.resolve(await writer.putDirectory(meta, options)) }
  if (entry.type === 'symlink') {
    const link = await writer.putSymlink({ ...meta, target: entry.target ?? '' }, options)
    return { entry: Promise.resolve(link) }
  }
  const { blockBytes } = settings
  const file = { ...meta, blockBytes }
  if (pieces) return writer.startFile(file, rechunk(given(pieces), blockBytes, true), options)
  const source = await openSource(entry)
  try {
    const { usesFiles } = log.file.codecs.coder
    const started = await writer.startFile(file, blocksOf(source, entry.path, blockBytes, usesFiles, signal), options)
    const close = (): Promise<void> => source.close()
    started.entry.then(close, close).catch(() => undefined)
    return started
  } catch (error) {
    await source.close()
    throw error
  }
}

async function putAfter(before: Promise<void>, { catalog }: Log, entry: Promise<Entry>): Promise<void> {
  await before
  catalog.put(await entry)
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

/** Reads a small file at once, so that several can be read at a time; a large one is left for when its turn comes. */
async function loadSmall(
  source: NamedSource,
  signal: AbortSignal | undefined,
): Promise<{ readonly source: NamedSource; readonly pieces: Uint8Array[] | undefined }> {
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

async function* given(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}
