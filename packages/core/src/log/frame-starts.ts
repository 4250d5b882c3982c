import type { StorageFile } from '../storage/storage.js'

const WINDOW_BYTES = 1_048_576
const ZSTD_MAGIC: readonly number[] = [0x28, 0xb5, 0x2f, 0xfd]
/** The last three bytes of the magic of a skippable frame; the first is 0x50 to 0x5f. */
const SKIPPABLE_END: readonly number[] = [0x2a, 0x4d, 0x18]

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
