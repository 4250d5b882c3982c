import { concat } from '../bytes/bytes.js'
import type { BlockInput, Compression } from '../engine/engine.js'
import { encodeHeader, paddingBytes } from '../tar/header.js'
import { encodeSparseFrame } from '../zstd/frame.js'
import { tarTypeOf, type Entry, type FileEntry } from './entry.js'
import { encodeMarker } from './marker.js'

/** One entry of a pack: a header, and a block where it has one. */
export interface PackItem {
  readonly entry: Entry
  readonly input?: BlockInput
}

/** The tar bytes before, between and after the blocks of a pack, as frames; and how many frame bytes each item takes. */
export function tarBetween(
  items: readonly PackItem[],
  stored: readonly number[],
  lengths: readonly number[],
  frameBytesOf: (storedBytes: number, length: number) => number,
): { between: Uint8Array[]; itemBytes: number[] } {
  const between: Uint8Array[] = []
  const itemBytes: number[] = []
  let gap: Uint8Array[] = []
  let block = 0
  for (const { entry, input } of items) {
    const size = input ? (stored[block] as number) : 0
    gap.push(encodeSparseFrame(encodeHeader({ ...tarMeta(entry), size })))
    let bytes = gap.at(-1)?.length ?? 0
    if (input) {
      between.push(concat(gap))
      gap = []
      bytes += frameBytesOf(size, lengths[block] as number)
      block += 1
      const padding = paddingBytes(size)
      if (padding > 0) {
        const frame = paddingFrame(padding)
        gap.push(frame)
        bytes += frame.length
      }
    }
    itemBytes.push(bytes)
  }
  between.push(concat(gap))
  return { between, itemBytes }
}

const paddingFrames: (Uint8Array | undefined)[] = []

/** The frame of so many zeros, fewer than a tar block has. It is everybody's: to be copied, not kept. */
function paddingFrame(bytes: number): Uint8Array {
  return (paddingFrames[bytes] ??= encodeSparseFrame(new Uint8Array(bytes)))
}

/** What the tar header says; the index keeps the truth. PyCoffer must be able to read and replace what it unpacks. */
export function tarMeta(entry: Entry): Omit<Parameters<typeof encodeHeader>[0], 'size'> {
  const type = tarTypeOf(entry)
  const mode = type === 'directory' ? entry.mode | 0o700 : entry.mode | 0o600
  const mtime = Math.floor(entry.mtimeMs / 1000)
  return { name: entry.name, type, mode, mtime, ...(type === 'symlink' && entry.type === 'symlink' ? { link: entry.target } : {}) }
}

/** The entry of a file without content, for what is known to be spread over it. */
export function emptyFile(name: string): FileEntry {
  return { type: 'file', name, mode: 0o600, mtimeMs: 0, weight: 0, size: 0, blockBytes: 1, content: { kind: 'inline', blocks: [] } }
}

/** The content of an empty file that is none of ours: no stored bytes at all are more than PyCoffer can read. */
export function placeholder(): BlockInput {
  return { plain: new Uint8Array(0), marker: encodeMarker('deleted') }
}

const memberMarker = encodeMarker('member')

/** A member's first block begins with a marker; one that comes as it was stored has it already. */
export function withMarker(input: BlockInput): BlockInput {
  return ('plain' in input || 'span' in input) && !input.marker ? { ...input, marker: memberMarker } : input
}

/** Whether a block's stored bytes are what is given: where it comes as such, or where the container compresses it. */
export function isStoredAsGiven(input: BlockInput, compression: Compression): boolean {
  return 'stored' in input || compression === 'container'
}
