import { allocateFresh, type Allocate } from '../bytes/memory.js'
import { CofferError } from '../errors.js'

// RFC 8878, section 3.1.

/** Skippable frames that hold records of ours (docs/FORMAT.md, Records). */
export const SKIPPABLE_MAGIC = 0x184d2a5c
/** No zstd frame of ours holds more; newer readers of Python misread much larger ones. */
export const FRAME_CONTENT_LIMIT = 1_048_576

const ZSTD_MAGIC = 0xfd2fb528
const SKIPPABLE_FIRST = 0x184d2a50
const BLOCK_LIMIT = 131_072
const RAW = 0
const RLE = 1
const RESERVED = 3
/** Zeros in a row from which on an RLE block is shorter than the bytes. */
const LEAST_RUN = 12
const PLAIN_HEADER_BYTES = 9

/** A frame of data. `isPlain`: made of raw and RLE blocks only and without a checksum, so that it takes no codec. */
export interface ZstdFrame {
  readonly kind: 'zstd'
  readonly frameBytes: number
  readonly headerBytes: number
  readonly contentBytes: number | undefined
  readonly windowBytes: number
  readonly dictionaryId: number
  readonly isPlain: boolean
}

/** A frame that decoders step over. `body` is a view. */
export interface SkippableFrame {
  readonly kind: 'skippable'
  readonly frameBytes: number
  readonly magic: number
  readonly body: Uint8Array
}

/** What a zstd frame's header says. */
export interface FrameHeader {
  readonly headerBytes: number
  readonly contentBytes: number | undefined
  readonly windowBytes: number
  readonly dictionaryId: number
  readonly hasChecksum: boolean
}

/** The length, type and end mark of a block. */
export interface BlockHeader {
  readonly isLast: boolean
  readonly isRle: boolean
  readonly isPlain: boolean
  /** Bytes that follow the three of the header. */
  readonly bodyBytes: number
  /** Decoded bytes of a raw or RLE block. */
  readonly contentBytes: number
}

/** Whether a frame, or the beginning of one, stands at `offset`, and of which kind. */
export function frameKindAt(bytes: Uint8Array, offset: number): 'zstd' | 'skippable' | undefined {
  const magic = u32(bytes, offset)
  if (magic === ZSTD_MAGIC) return 'zstd'
  return (magic & 0xfffffff0) >>> 0 === SKIPPABLE_FIRST ? 'skippable' : undefined
}

/**
 * The frame at `offset`, found by its block headers; nothing is decoded.
 * @throws CofferError `ERR_COFFER_DAMAGED` for anything that is no whole, well-formed frame.
 */
export function parseFrame(bytes: Uint8Array, offset = 0): ZstdFrame | SkippableFrame {
  if (bytes.length - offset < 8) throw damaged('ends early')
  const kind = frameKindAt(bytes, offset)
  if (kind === 'skippable') return parseSkippable(bytes, offset)
  if (!kind) throw damaged('has no magic number')
  const header = parseFrameHeader(bytes, offset)
  const blockLimit = Math.min(BLOCK_LIMIT, header.windowBytes)
  let at = offset + header.headerBytes
  let isPlain = !header.hasChecksum
  let content = 0
  for (let isLast = false; !isLast; ) {
    const block = parseBlockHeader(bytes, at, blockLimit)
    at += 3 + block.bodyBytes
    content += block.contentBytes
    isPlain &&= block.isPlain
    isLast = block.isLast
  }
  if (header.hasChecksum) at += 4
  if (at > bytes.length) throw damaged('ends early')
  if (isPlain && header.contentBytes !== undefined && header.contentBytes !== content) throw damaged('has another length than it says')
  const { headerBytes, contentBytes, windowBytes, dictionaryId } = header
  return { kind: 'zstd', frameBytes: at - offset, headerBytes, contentBytes, windowBytes, dictionaryId, isPlain }
}

/** The header of the zstd frame at `offset`. @throws CofferError `ERR_COFFER_DAMAGED`. */
export function parseFrameHeader(bytes: Uint8Array, offset: number): FrameHeader {
  const descriptor = byte(bytes, offset + 4)
  if (descriptor & 0x08) throw damaged('sets a reserved bit')
  const isSingleSegment = (descriptor & 0x20) !== 0
  let at = offset + 5
  let windowBytes = 0
  if (!isSingleSegment) {
    const window = byte(bytes, at++)
    const base = 2 ** (10 + (window >> 3))
    windowBytes = base + (base / 8) * (window & 7)
  }
  const idBytes = [0, 1, 2, 4][descriptor & 3] as number
  const dictionaryId = littleEndian(bytes, at, idBytes)
  at += idBytes
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag
  const contentBytes = sizeBytes === 0 ? undefined : littleEndian(bytes, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  at += sizeBytes
  if (isSingleSegment) windowBytes = contentBytes ?? 0
  return { headerBytes: at - offset, contentBytes, windowBytes, dictionaryId, hasChecksum: (descriptor & 4) !== 0 }
}

/** The block header at `offset`. @throws CofferError `ERR_COFFER_DAMAGED` for one that is over `blockLimit`. */
export function parseBlockHeader(bytes: Uint8Array, offset: number, blockLimit: number): BlockHeader {
  const bits = littleEndian(bytes, offset, 3)
  const type = (bits >> 1) & 3
  const size = bits >> 3
  if (type === RESERVED) throw damaged('has a block of a reserved type')
  if (size > blockLimit) throw damaged('has a block over its limit')
  const isRle = type === RLE
  const isPlain = isRle || type === RAW
  return { isLast: (bits & 1) !== 0, isRle, isPlain, bodyBytes: isRle ? 1 : size, contentBytes: isPlain ? size : 0 }
}

/** Bytes of the frame that {@link encodeRawFrame} makes of `contentBytes` bytes. */
export function rawFrameBytes(contentBytes: number): number {
  return PLAIN_HEADER_BYTES + 3 * Math.max(1, Math.ceil(contentBytes / BLOCK_LIMIT)) + contentBytes
}

/** A frame that holds `content` as it is. @throws RangeError for more than {@link FRAME_CONTENT_LIMIT} bytes. */
export function encodeRawFrame(content: Uint8Array, allocate: Allocate = allocateFresh): Uint8Array {
  const out = plainFrame(content.length, rawFrameBytes(content.length), allocate)
  let at = PLAIN_HEADER_BYTES
  for (let from = 0; from < content.length || from === 0; from += BLOCK_LIMIT) {
    const piece = content.subarray(from, from + BLOCK_LIMIT)
    at = putBlockHeader(out, at, RAW, piece.length, from + BLOCK_LIMIT >= content.length)
    out.set(piece, at)
    at += piece.length
  }
  return out
}

/** The same with runs of zeros as RLE blocks, for tar headers and padding. No RLE block comes first, which old decoders refuse. */
export function encodeSparseFrame(content: Uint8Array): Uint8Array {
  const blocks: { start: number; end: number; isRun: boolean }[] = []
  let start = 0
  for (let at = 1; at < content.length; ) {
    if (content[at] !== 0) {
      at += 1
      continue
    }
    let end = at + 1
    while (end < content.length && content[end] === 0) end += 1
    if (end - at >= LEAST_RUN) {
      if (at > start) blocks.push({ start, end: at, isRun: false })
      blocks.push({ start: at, end, isRun: true })
      start = end
    }
    at = end
  }
  if (start < content.length || blocks.length === 0) blocks.push({ start, end: content.length, isRun: false })
  const pieces = blocks.flatMap((block) => splitBlock(block))
  const out = plainFrame(content.length, PLAIN_HEADER_BYTES + pieces.reduce((sum, piece) => sum + 3 + (piece.isRun ? 1 : piece.end - piece.start), 0))
  let at = PLAIN_HEADER_BYTES
  for (const [i, piece] of pieces.entries()) {
    at = putBlockHeader(out, at, piece.isRun ? RLE : RAW, piece.end - piece.start, i === pieces.length - 1)
    if (!piece.isRun) out.set(content.subarray(piece.start, piece.end), at)
    at += piece.isRun ? 1 : piece.end - piece.start
  }
  return out
}

/** A frame that decoders step over. */
export function encodeSkippableFrame(magic: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + body.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, magic, true)
  view.setUint32(4, body.length, true)
  out.set(body, 8)
  return out
}

/** The content of a frame that {@link ZstdFrame.isPlain}, which `bytes` begin with. A view where there is one raw block. */
export function decodePlainFrame(bytes: Uint8Array, frame: ZstdFrame, allocate: Allocate = allocateFresh): Uint8Array {
  const contentBytes = frame.contentBytes ?? 0
  if (contentBytes > FRAME_CONTENT_LIMIT) throw damaged('holds more than any of ours')
  const first = parseBlockHeader(bytes, frame.headerBytes, BLOCK_LIMIT)
  const bodyAt = frame.headerBytes + 3
  if (first.isLast && !first.isRle) return bytes.subarray(bodyAt, bodyAt + first.bodyBytes)
  const out = allocate(contentBytes)
  let to = 0
  let at = frame.headerBytes
  for (let isLast = false; !isLast; ) {
    const block = parseBlockHeader(bytes, at, BLOCK_LIMIT)
    if (to + block.contentBytes > out.length) throw damaged('has another length than it says')
    if (block.isRle) out.fill(bytes[at + 3] as number, to, to + block.contentBytes)
    else out.set(bytes.subarray(at + 3, at + 3 + block.bodyBytes), to)
    to += block.contentBytes
    at += 3 + block.bodyBytes
    isLast = block.isLast
  }
  return out
}

function parseSkippable(bytes: Uint8Array, offset: number): SkippableFrame {
  const length = u32(bytes, offset + 4)
  const end = offset + 8 + length
  if (end > bytes.length) throw damaged('ends early')
  return { kind: 'skippable', frameBytes: 8 + length, magic: u32(bytes, offset), body: bytes.subarray(offset + 8, end) }
}

function splitBlock({ start, end, isRun }: { start: number; end: number; isRun: boolean }): { start: number; end: number; isRun: boolean }[] {
  const pieces = []
  for (let at = start; at < end || at === start; at += BLOCK_LIMIT) pieces.push({ start: at, end: Math.min(end, at + BLOCK_LIMIT), isRun })
  return pieces
}

/** Room for a single-segment frame with its content size in four bytes, the header written. */
function plainFrame(contentBytes: number, frameBytes: number, allocate: Allocate = allocateFresh): Uint8Array {
  if (contentBytes > FRAME_CONTENT_LIMIT) throw new RangeError(`a frame holds at most ${FRAME_CONTENT_LIMIT} bytes`)
  const out = allocate(frameBytes)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  view.setUint32(0, ZSTD_MAGIC, true)
  out[4] = 0xa0
  view.setUint32(5, contentBytes, true)
  return out
}

function putBlockHeader(out: Uint8Array, at: number, type: number, size: number, isLast: boolean): number {
  const bits = (size << 3) | (type << 1) | (isLast ? 1 : 0)
  out[at] = bits
  out[at + 1] = bits >> 8
  out[at + 2] = bits >> 16
  return at + 3
}

function byte(bytes: Uint8Array, at: number): number {
  const value = bytes[at]
  if (value === undefined) throw damaged('ends early')
  return value
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + byte(bytes, at + i)
  return value
}

function u32(bytes: Uint8Array, at: number): number {
  return at + 4 <= bytes.length ? littleEndian(bytes, at, 4) : 0
}

function damaged(what: string): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', `A zstd frame of the coffer ${what}.`)
}
