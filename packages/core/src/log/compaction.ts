import type { BlockStage } from '../engine/engine.js'
import { blockCountOf, plainBytesOf, type Block, type Entry, type FileEntry } from './entry.js'
import type { Log } from './log.js'
import type { SourceBlock } from './log-writer.js'

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined
  /** Told the plaintext bytes of each block that was copied. */
  readonly onBlock?: ((plainBytes: number) => void) | undefined
  /** `stored` copies sealed members as they are; `payload` opens and seals them anew, for other keys. */
  readonly stage?: Extract<BlockStage, 'stored' | 'payload'> | undefined
}

/** Copies every member of `from` into `to`, a new log; blocks are not decompressed. What is dead stays behind. */
export async function copyMembers(from: Log, to: Log, options: CopyOptions = {}): Promise<void> {
  for (const batch of sharingExtents(from.catalog.entries())) {
    options.signal?.throwIfAborted()
    const [only] = batch
    if (batch.length === 1 && only) {
      to.catalog.put(await copyEntry(from, to, only, options))
      continue
    }
    // Members that share an extent: it is opened once for all of them.
    const files = batch as FileEntry[]
    const places = files.map((file) => ({ block: singleBlock(file) as Block, plainBytes: file.size }))
    const stage = options.stage ?? 'stored'
    const blocks = await from.reader.decode((places[0] as { block: Block }).block.extent, places, { stage, signal: options.signal })
    for (const [i, file] of files.entries()) {
      const source = one({ input: asInput(stage, blocks[i] as Uint8Array), plainBytes: file.size })
      to.catalog.put(await to.writer.putFile(file, source, options))
    }
  }
}

/** Copies one member to the end of `to`, which may be the same log, under its own or another name. */
export async function copyEntry(from: Log, to: Log, entry: Entry, options: CopyOptions & { name?: string } = {}): Promise<Entry> {
  const { mode, mtimeMs } = entry
  const name = options.name ?? entry.name
  if (entry.type === 'directory') return to.writer.putDirectory({ name, mode, mtimeMs })
  if (entry.type === 'symlink') return to.writer.putSymlink({ name, mode, mtimeMs, target: entry.target })
  const { blockBytes } = entry
  if (from === to && blockCountOf(entry) === 1) {
    // It may stay in memory for a while, where it is read as plaintext.
    const plain = readPlain(from, entry, options)
    return to.writer.putFile({ name, mode, mtimeMs, blockBytes }, plain, options)
  }
  return to.writer.putFile({ name, mode, mtimeMs, blockBytes }, sourceBlocks(from, entry, 0, blockCountOf(entry), options), options)
}

/** Blocks of a file as a source for another; a block that is only in memory comes as plaintext. */
export async function* sourceBlocks(from: Log, file: FileEntry, first: number, end: number, options: CopyOptions = {}): AsyncGenerator<SourceBlock> {
  const stage = options.stage ?? 'stored'
  const isPending = file.content.kind === 'pending'
  let index = first
  for await (const bytes of from.reader.readBlocks(file, first, end, { stage, signal: options.signal })) {
    yield { input: isPending ? { plain: bytes } : asInput(stage, bytes), plainBytes: plainBytesOf(file, index) }
    index += 1
  }
}

async function* readPlain(from: Log, file: FileEntry, { signal }: CopyOptions): AsyncGenerator<SourceBlock> {
  for await (const plain of from.reader.readBlocks(file, 0, 1, { signal })) yield { input: { plain }, plainBytes: plain.length }
}

function asInput(stage: 'stored' | 'payload', bytes: Uint8Array): SourceBlock['input'] {
  return stage === 'stored' ? { stored: bytes } : { payload: bytes }
}

/** Batches of neighbours that share an extent; all else comes alone. */
function* sharingExtents(entries: Iterable<Entry>): Generator<Entry[]> {
  let batch: Entry[] = []
  for (const entry of entries) {
    const [head] = batch
    if (head && !shareExtent(head, entry)) {
      yield batch
      batch = []
    }
    batch.push(entry)
  }
  if (batch.length > 0) yield batch
}

function shareExtent(a: Entry, b: Entry): boolean {
  const extent = singleBlock(a)?.extent
  return extent !== undefined && extent === singleBlock(b)?.extent
}

function singleBlock(entry: Entry): Block | undefined {
  if (entry.type !== 'file' || entry.content.kind !== 'inline' || entry.content.blocks.length !== 1) return undefined
  return entry.content.blocks[0]
}

async function* one(block: SourceBlock): AsyncGenerator<SourceBlock> {
  yield block
}
