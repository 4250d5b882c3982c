import { describe, expect, test } from 'vitest'
import { concat } from '../../src/bytes/bytes.js'
import { loadZstd } from '../../src/zstd/codec.js'
import { parseFrame } from '../../src/zstd/frame.js'
import { decodeAll, failureOf, fixture, sha256 } from './support.js'

interface Expected {
  readonly bytes: number
  readonly sha256: string
}

const manifest = JSON.parse(new TextDecoder().decode(fixture('frames/manifest.json'))) as Record<string, Expected>

describe("zstd's golden files", () => {
  test('rle-first-block is decompressed', async () => {
    const bytes = fixture('golden/rle-first-block.zst')
    expect(parseFrame(bytes).frameBytes).toBe(bytes.length)
    expect(Buffer.compare(await decodeAll(bytes), new Uint8Array(1_048_576))).toBe(0)
  })

  // The zstd inside zstd-codec is older than the fixes that these are about. libzstd never wrote such blocks, and neither do we.
  test.each(['empty-block', 'zeroSeq_2B', 'block-128k'])('%s is well-formed, and refused by the codec', async (name) => {
    const bytes = fixture(`golden/${name}.zst`)
    expect(parseFrame(bytes)).toMatchObject({ frameBytes: bytes.length, isPlain: false })
    expect(await failureOf(() => decodeAll(bytes))).toBe('ERR_COFFER_DAMAGED')
  })

  test.each(['truncated_huff_state', 'zeroSeq_extraneous'])('%s is refused', async (name) => {
    const bytes = fixture(`golden/${name}.zst`)
    expect(await failureOf(() => decodeAll(bytes))).toBe('ERR_COFFER_DAMAGED')
    const zstd = await loadZstd()
    for (const plainBytes of [1, 11, 100, 131_072]) {
      expect(await failureOf(() => zstd.decompress(bytes, plainBytes))).toBe('ERR_COFFER_DAMAGED')
    }
  })

  test('off0.bin, an offset of zero, is taken for some bytes as zstd did up to 1.5.4', async () => {
    expect((await decodeAll(fixture('golden/off0.bin.zst'))).length).toBe(18)
  })

  test('the dictionary with missing symbols, and inputs that once came out larger', async () => {
    const zstd = await loadZstd()
    const dictionary = fixture('golden/http-dict-missing-symbols')
    for (const name of ['http', 'huffman-compressed-larger']) {
      const plain = fixture(`golden/${name}`)
      for (const level of [1, 3, 9, 15, 19]) {
        const frame = await zstd.compressFrame(plain, level, dictionary)
        expect(Buffer.compare(await zstd.decompress(frame, plain.length, dictionary), plain)).toBe(0)
      }
    }
  })
})

describe("frames of Python's pyzstd", () => {
  test.each(['level-1', 'level-3', 'level-12', 'level-19', 'sized', 'flushed', 'many', 'window-8m'])('%s', async (name) => {
    const bytes = fixture(`frames/${name}.zst`)
    const expected = manifest[name] as Expected
    for (const pieceBytes of [bytes.length, 65_536, 999, ...(bytes.length < 60_000 ? [1] : [])]) {
      const content = await decodeAll(bytes, pieceBytes)
      expect({ bytes: content.length, sha256: sha256(content) }).toEqual(expected)
    }
  })

  test('a block with its length in the header is decompressed at once', async () => {
    const { bytes, sha256: digest } = manifest['sized'] as Expected
    const zstd = await loadZstd()
    expect(sha256(await zstd.decompress(fixture('frames/sized.zst'), bytes))).toBe(digest)
  })

  test('a window of 16 MiB is refused', async () => {
    expect(await failureOf(() => decodeAll(fixture('frames/window-16m.zst')))).toBe('ERR_COFFER_LIMIT')
  })

  test('a dictionary is used, and its lack or another one is noticed', async () => {
    const { bytes, sha256: digest } = manifest['dictionary'] as Expected
    const frame = fixture('frames/dictionary.zst')
    const dictionary = fixture('frames/dictionary.bin')
    const zstd = await loadZstd()
    expect(sha256(await zstd.decompress(frame, bytes, dictionary))).toBe(digest)
    expect(await failureOf(() => zstd.decompress(frame, bytes))).toBe('ERR_COFFER_DAMAGED')
    const other = concat([dictionary.subarray(0, 4), Uint8Array.of(1, 2, 3, 4), dictionary.subarray(8)])
    expect(await failureOf(() => zstd.decompress(frame, bytes, other))).toBe('ERR_COFFER_DAMAGED')
    expect(await failureOf(() => decodeAll(frame))).toBe('ERR_COFFER_DAMAGED')
  })

  test('a wrong checksum is noticed', async () => {
    const bytes = fixture('frames/level-3.zst')
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
    expect(await failureOf(() => decodeAll(bytes))).toBe('ERR_COFFER_DAMAGED')
  })
})
