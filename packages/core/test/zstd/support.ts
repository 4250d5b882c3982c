import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { concat } from '../../src/bytes/bytes.js'
import { isCofferError } from '../../src/errors.js'
import { decodeZstdStream, type ZstdStreamOptions } from '../../src/zstd/stream.js'

/** A file beside the tests. */
export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, import.meta.url)))
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** `bytes` in pieces of `pieceBytes`. */
export async function* inPieces(bytes: Uint8Array, pieceBytes: number = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return concat(parts)
}

export function decodeAll(bytes: Uint8Array, pieceBytes?: number, options: ZstdStreamOptions = {}): Promise<Uint8Array> {
  return collect(decodeZstdStream(inPieces(bytes, pieceBytes), options))
}

/** The code of the CofferError that `action` fails with; any other outcome is said in words. */
export async function failureOf(action: () => unknown): Promise<string> {
  try {
    await action()
    return 'no failure'
  } catch (error) {
    return isCofferError(error) ? error.code : String(error)
  }
}

/** The same bytes for the same seed. */
export function noise(length: number, seed: number): Uint8Array {
  const out = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[i] = state >>> 24
  }
  return out
}

/** Text that compresses to about half. */
export function words(length: number, seed: number): Uint8Array {
  return noise(length, seed).map((byte) => 'etaoin srhld'.charCodeAt(byte % 12))
}

export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice()
  out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7))
  return out
}
