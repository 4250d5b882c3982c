import type { BlockStage } from '../engine/engine.js'
import { readMembers } from './block-reader.js'
import { blockCountOf, plainBytesOf, type Entry, type FileEntry } from './entry.js'
import type { Log } from './log.js'
import type { PutOptions, SourceBlock } from './log-writer.js'
import { putEntries, type StartedEntry } from './put-entries.js'

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined
  /** Told the plaintext bytes of each block that was copied. */
  readonly onBlock?: ((plainBytes: number) => void) | undefined
  /** `stored` copies sealed members as they are; `payload` opens and seals them anew, for other keys. */
  readonly stage?: Extract<BlockStage, 'stored' | 'payload'> | undefined
}

/** Copies every member of `from` into `to`, a new log; blocks are not decompressed. What is dead stays behind. */
export async function copyMembers(from: Log, to: Log, options: CopyOptions = {}): Promise<void> {
  const { stage = 'stored', signal } = options
  async function* started(): AsyncGenerator<StartedEntry> {
    for await (const { entry, blocks } of readMembers(from.reader, from.catalog.entries(), { stage, signal })) {
      signal?.throwIfAborted()
      yield startCopy(to, entry, asSource(blocks(), entry, stage), { ...options, inBackground: true })
    }
  }
  await putEntries(to, started())
}

/** Copies one member to the end of its own log under another name. */
export async function copyEntry(log: Log, entry: Entry, name: string, options: Omit<CopyOptions, 'stage'> = {}): Promise<Entry> {
  const { signal } = options
  if (entry.type !== 'file') return (await startCopy(log, { ...entry, name }, asSource(nothing(), entry, 'stored'), options)).entry
  // A small one may stay in memory for a while, where it is read as plaintext.
  const stage = blockCountOf(entry) === 1 ? 'plain' : 'stored'
  const blocks = log.reader.readBlocks(entry, 0, blockCountOf(entry), { stage, signal })
  return (await startCopy(log, { ...entry, name }, asSource(blocks, entry, stage), options)).entry
}

/** The first `count` blocks of a file of several blocks, as they are stored, as a source for another. */
export function storedBlocks(log: Log, file: FileEntry, count: number, options: CopyOptions = {}): AsyncIterable<SourceBlock> {
  return asSource(log.reader.readBlocks(file, 0, count, { stage: 'stored', signal: options.signal }), file, 'stored')
}

async function startCopy({ writer }: Log, entry: Entry, source: AsyncIterable<SourceBlock>, options: PutOptions): Promise<StartedEntry> {
  const { name, mode, mtimeMs } = entry
  if (entry.type === 'file') return writer.startFile({ name, mode, mtimeMs, blockBytes: entry.blockBytes }, source, options)
  const put = entry.type === 'directory' ? writer.putDirectory(entry, options) : writer.putSymlink(entry, options)
  return { entry: Promise.resolve(await put) }
}

async function* asSource(blocks: AsyncIterable<Uint8Array>, entry: Entry, stage: BlockStage): AsyncGenerator<SourceBlock> {
  let index = 0
  for await (const bytes of blocks) {
    const input = stage === 'plain' ? { plain: bytes } : stage === 'stored' ? { stored: bytes } : { payload: bytes }
    yield { input, plainBytes: entry.type === 'file' ? plainBytesOf(entry, index) : 0, owned: true }
    index += 1
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // What is no file has no blocks.
}
