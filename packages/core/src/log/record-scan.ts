import { concat } from '../bytes/bytes.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import { SKIPPABLE_MAGIC } from '../zstd/frame.js'
import { LONGEST_BYTES, ScanInput, scanChunks, u32At, type ScanOptions } from './chunk-scan.js'
import type { LogFile } from './log-file.js'
import { FORMAT_VERSION, FRAME_HEADER_BYTES, RECORD_PREFIX_BYTES, recordTypes, type RecordType } from './record.js'

/** What looks like a record; its body was not opened, and may be anything. */
export interface RecordCandidate {
  readonly type: RecordType
  readonly offset: number
  /** Bytes in the file. */
  readonly length: number
  readonly body: Uint8Array
}

/**
 * Everything in a file that looks like a record, from its beginning to its end, whatever stands between. Where there is a
 * container
 * cipher, their chunks are authentic.
 */
export async function* scanRecords(log: LogFile, options: ScanOptions = {}): AsyncGenerator<RecordCandidate> {
  const input = await ScanInput.of(log.file, options)
  yield* log.codecs.container ? recordsInChunks(input, log.codecs.container) : recordsInFrames(input)
}

async function* recordsInFrames(input: ScanInput): AsyncGenerator<RecordCandidate> {
  const isStart = (bytes: Uint8Array, i: number): boolean => frameStart.every((byte, k) => bytes[i + k] === byte)
  for (let at = await input.find(0, isStart, headBytes); at !== undefined; at = await input.find(at + 1, isStart, headBytes)) {
    const head = await input.read(at, headBytes)
    const bodyBytes = u32At(head, 4)
    const type = typeOf(head)
    if (type === undefined || bodyBytes > LONGEST_BYTES || !input.mayRead(bodyBytes)) continue
    const body = await input.read(at + FRAME_HEADER_BYTES, bodyBytes)
    if (body.length === bodyBytes) yield { type, offset: at, length: FRAME_HEADER_BYTES + bodyBytes, body }
  }
}

/** A record whose first chunks were seen. */
interface OpenRecord {
  readonly type: RecordType
  readonly offset: number
  readonly frameBytes: number
  readonly parts: Uint8Array[]
}

/** A record begins with a chunk, and takes as many as its frame needs. */
async function* recordsInChunks(input: ScanInput, container: ChunkCipher): AsyncGenerator<RecordCandidate> {
  let open: OpenRecord | undefined
  let have = 0
  let end = 0
  for await (const chunk of scanChunks(input, container)) {
    const { plain, offset } = chunk
    if (!open || offset !== end) {
      const type = typeOf(plain)
      const frameBytes = FRAME_HEADER_BYTES + u32At(plain, 4)
      open = type === undefined || frameBytes > LONGEST_BYTES ? undefined : { type, offset, frameBytes, parts: [] }
      have = 0
    }
    end = chunk.end
    if (!open) continue
    open.parts.push(plain)
    have += plain.length
    if (have < open.frameBytes) continue
    const { type, offset: start, frameBytes, parts } = open
    open = undefined
    if (have === frameBytes) yield { type, offset: start, length: end - start, body: concat(parts).subarray(FRAME_HEADER_BYTES) }
  }
}

const headBytes: number = FRAME_HEADER_BYTES + RECORD_PREFIX_BYTES
const frameStart: readonly number[] = [0, 8, 16, 24].map((shift) => (SKIPPABLE_MAGIC >>> shift) & 0xff)

/** The type of the record that frames begin with, as far as its clear beginning tells. */
function typeOf(frames: Uint8Array): RecordType | undefined {
  if (frames.length < headBytes || u32At(frames, 0) !== SKIPPABLE_MAGIC) return undefined
  if (frames[FRAME_HEADER_BYTES] !== FORMAT_VERSION) return undefined
  const type = frames[FRAME_HEADER_BYTES + 1]
  return frames[FRAME_HEADER_BYTES + 3] === 0 ? Object.values(recordTypes).find((known) => known === type) : undefined
}
