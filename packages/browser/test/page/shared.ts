export type Storage = 'indexeddb' | 'opfs'

/** The key of every store in these tests: nothing that is in them is secret. */
export const keys = { cofferKey: new Uint8Array(32).fill(7) }

/** Bytes that follow from a number, and do not shrink. */
export function bytesOf(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
