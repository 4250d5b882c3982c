import { CHUNK_BODY_LIMIT, CHUNK_HEADER_BYTES } from '../cipher/chunk-stream.js'
import type { StorageFile } from '../storage/storage.js'

const WINDOW_BYTES = 1_048_576
const HEADER_ZEROS = CHUNK_HEADER_BYTES - 4
const ZSTD_MAGIC: readonly number[] = [0x28, 0xb5, 0x2f, 0xfd]
/** The last three bytes of the magic of a skippable frame; the first is 0x50 to 0x5f. */
const SKIPPABLE_END: readonly number[] = [0x2a, 0x4d, 0x18]

/** The length of what has the header of a chunk at `at`, with the header; `undefined` where there is none, or it would not end in the file. */
export async function chunkLengthAt(file: StorageFile, at: number, size: number): Promise<number | undefined> {
  const header = await file.read(at, CHUNK_HEADER_BYTES)
  if (header.length < CHUNK_HEADER_BYTES || header.subarray(4).some((byte) => byte !== 0)) return undefined
  const body = new DataView(header.buffer, header.byteOffset).getUint32(0, true)
  return body === 0 || body > CHUNK_BODY_LIMIT || at + CHUNK_HEADER_BYTES + body > size ? undefined : CHUNK_HEADER_BYTES + body
}

/** Where the next chunk may begin, from `from` on: four bytes before 28 zeros. `size` where nowhere. */
export async function nextChunkHeader(file: StorageFile, from: number, size: number): Promise<number> {
  for (let start = from; start < size; start += WINDOW_BYTES) {
    const window = await file.read(start, WINDOW_BYTES + CHUNK_HEADER_BYTES)
    let zeros = 0
    for (let i = 4; i < window.length; i++) {
      zeros = window[i] === 0 ? zeros + 1 : 0
      if (zeros >= HEADER_ZEROS) return start + i - HEADER_ZEROS - 3
    }
  }
  return size
}

/** Every place from `from` on where a frame may begin. */
export async function* frameStarts(file: StorageFile, from: number, size: number, onRead: (done: number) => void): AsyncGenerator<number> {
  for (let start = from; start < size; start += WINDOW_BYTES) {
    onRead(start)
    const window = await file.read(start, WINDOW_BYTES + 3)
    for (let i = 0; i < Math.min(WINDOW_BYTES, window.length - 3); i++) if (isMagic(window, i)) yield start + i
  }
}

function isMagic(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at] as number
  if (first === ZSTD_MAGIC[0]) return ZSTD_MAGIC.every((byte, i) => bytes[at + i] === byte)
  return first >= 0x50 && first <= 0x5f && SKIPPABLE_END.every((byte, i) => bytes[at + 1 + i] === byte)
}
