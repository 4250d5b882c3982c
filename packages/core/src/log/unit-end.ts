import { isZero } from '../bytes/bytes.js'
import { CHUNK_BODY_LIMIT, CHUNK_HEADER_BYTES } from '../cipher/chunk-stream.js'
import { CofferError } from '../errors.js'
import { frameKindAt, parseBlockHeader, parseFrameHeader } from '../zstd/frame.js'
import { u32At, type ScanInput } from './chunk-scan.js'
import { FRAME_HEADER_BYTES } from './record.js'

/** Disks write whole sectors of this many bytes, or leave them as they were. */
export const SECTOR_BYTES = 512
/** Magic number, descriptor, window, dictionary and content size at most. */
const LONGEST_FRAME_HEADER = 18
const BLOCK_LIMIT = 131_072

/** Where a chunk or frame ends; or, by `lostAt`, the place in it where no length stands that a writer would have put there. */
export interface UnitEnd {
  readonly end: number | undefined
  readonly lostAt: number
  /** A length lies across two sectors, of which a crash may have left out one: what it says may be half of the truth. */
  readonly isSplit: boolean
}

/** The end of the chunk at `offset`, by its header alone. */
export async function chunkEnd(input: ScanInput, offset: number): Promise<UnitEnd> {
  const header = await input.read(offset, CHUNK_HEADER_BYTES)
  const bodyBytes = u32At(header, 0)
  const isSound = header.length === CHUNK_HEADER_BYTES && bodyBytes > 0 && bodyBytes <= CHUNK_BODY_LIMIT && isZero(header, 4, header.length)
  return { end: isSound ? offset + CHUNK_HEADER_BYTES + bodyBytes : undefined, lostAt: offset, isSplit: crosses(offset, 4) }
}

/** The end of the frame at `offset`, by the headers of the frame and its blocks alone. */
export async function frameEnd(input: ScanInput, offset: number): Promise<UnitEnd> {
  const header = await input.read(offset, LONGEST_FRAME_HEADER)
  const kind = frameKindAt(header, 0)
  if (kind === 'skippable' && header.length >= FRAME_HEADER_BYTES) {
    return { end: offset + FRAME_HEADER_BYTES + u32At(header, 4), lostAt: offset, isSplit: crosses(offset, FRAME_HEADER_BYTES) }
  }
  let lostAt = offset
  let isSplit = crosses(offset, FRAME_HEADER_BYTES)
  try {
    if (kind !== 'zstd') return { end: undefined, lostAt, isSplit }
    const { headerBytes, hasChecksum } = parseFrameHeader(header, 0)
    lostAt += headerBytes
    for (;;) {
      isSplit ||= crosses(lostAt, 3)
      const { bodyBytes, isLast } = parseBlockHeader(await input.read(lostAt, 3), 0, BLOCK_LIMIT)
      // Only the zeros of a sector that is missing look so.
      if (bodyBytes === 0 && !isLast) return { end: undefined, lostAt, isSplit }
      lostAt += 3 + bodyBytes
      if (isLast) return { end: lostAt + (hasChecksum ? 4 : 0), lostAt, isSplit }
    }
  } catch (error) {
    if (error instanceof CofferError) return { end: undefined, lostAt, isSplit }
    throw error
  }
}

function crosses(offset: number, length: number): boolean {
  return (offset % SECTOR_BYTES) + length > SECTOR_BYTES
}
