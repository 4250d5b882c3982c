import { toMember, type Entry } from '@coffer/core/internal'

/** Passes pieces on until the signal is aborted, and tells their bytes. */
export async function* tapped(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    signal?.throwIfAborted()
    yield piece
    onBytes(piece.length)
  }
}

/** Of the plaintext of all files. */
export function totalBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + toMember(entry).size, 0)
}
