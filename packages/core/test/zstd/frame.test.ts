import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../src/bytes/bytes.js'
import { isCofferError } from '../../src/errors.js'
import {
  decodePlainFrame,
  encodeRawFrame,
  encodeSkippableFrame,
  encodeSparseFrame,
  FRAME_CONTENT_LIMIT,
  frameKindAt,
  parseFrame,
  rawFrameBytes,
  SKIPPABLE_MAGIC,
  type ZstdFrame,
} from '../../src/zstd/frame.js'
import { decodeAll, failureOf, noise } from './support.js'

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const sizes = [0, 1, 2, 255, 256, 511, 131_071, 131_072, 131_073, 262_144, 524_288, FRAME_CONTENT_LIMIT - 1, FRAME_CONTENT_LIMIT]

function parseZstd(bytes: Uint8Array, offset = 0): ZstdFrame {
  const frame = parseFrame(bytes, offset)
  if (frame.kind !== 'zstd') throw new Error('a skippable frame')
  return frame
}

describe('raw frames', () => {
  test.each(sizes)('of %i bytes', async (size) => {
    const content = noise(size, size + 1)
    const bytes = encodeRawFrame(content)
    expect(bytes.length).toBe(rawFrameBytes(size))
    const frame = parseZstd(bytes)
    expect(frame).toMatchObject({ frameBytes: bytes.length, contentBytes: size, isPlain: true, dictionaryId: 0, windowBytes: size })
    expect(Buffer.compare(decodePlainFrame(bytes, frame), content)).toBe(0)
    expect(Buffer.compare(await decodeAll(bytes), content)).toBe(0)
  })

  test('are written out as RFC 8878 says', () => {
    expect([...encodeRawFrame(Uint8Array.of(7, 8))]).toEqual([...MAGIC, 0xa0, 2, 0, 0, 0, 0b1_0001, 0, 0, 7, 8])
    expect([...encodeRawFrame(new Uint8Array(0))]).toEqual([...MAGIC, 0xa0, 0, 0, 0, 0, 1, 0, 0])
  })

  test('hold no more than the limit', () => {
    expect(() => encodeRawFrame(new Uint8Array(FRAME_CONTENT_LIMIT + 1))).toThrow(RangeError)
    expect(() => encodeSparseFrame(new Uint8Array(FRAME_CONTENT_LIMIT + 1))).toThrow(RangeError)
  })
})

describe('sparse frames', () => {
  test.each(sizes)('of %i zeros are a few bytes', async (size) => {
    const bytes = encodeSparseFrame(new Uint8Array(size))
    expect(bytes.length).toBeLessThan(64)
    expect(Buffer.compare(decodePlainFrame(bytes, parseZstd(bytes)), new Uint8Array(size))).toBe(0)
    expect(Buffer.compare(await decodeAll(bytes), new Uint8Array(size))).toBe(0)
  })

  const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.uint8Array({ maxLength: 20 })), { maxLength: 20 })

  test('give their content back and never begin with an RLE block', () => {
    fc.assert(
      fc.property(runs, (pieces) => {
        const content = concat(pieces.flatMap(([zeros, bytes]) => [new Uint8Array(zeros), bytes]))
        const bytes = encodeSparseFrame(content)
        const frame = parseZstd(bytes)
        expect(frame.frameBytes).toBe(bytes.length)
        expect(bytes.length).toBeLessThanOrEqual(rawFrameBytes(content.length))
        expect(((bytes[frame.headerBytes] as number) >> 1) & 3).toBe(0)
        expect(Buffer.compare(decodePlainFrame(bytes, frame), content)).toBe(0)
      }),
    )
  })

  test('are what a codec reads, too', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (pieces) => {
        const content = concat(pieces.flatMap(([zeros, bytes]) => [new Uint8Array(zeros), bytes]))
        expect(Buffer.compare(await decodeAll(encodeSparseFrame(content)), content)).toBe(0)
      }),
      { numRuns: 30 },
    )
  })
})

describe('skippable frames', () => {
  test('keep magic and body', () => {
    const bytes = encodeSkippableFrame(SKIPPABLE_MAGIC, Uint8Array.of(1, 2, 3))
    expect([...bytes]).toEqual([0x5c, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    expect(parseFrame(bytes)).toEqual({ kind: 'skippable', frameBytes: 11, magic: SKIPPABLE_MAGIC, body: Uint8Array.of(1, 2, 3) })
  })

  test('have sixteen magics', () => {
    const kinds = Array.from({ length: 18 }, (_, i) => frameKindAt(Uint8Array.of(0x4f + i, 0x2a, 0x4d, 0x18), 0))
    expect(kinds).toEqual([undefined, ...Array.from({ length: 16 }, () => 'skippable'), undefined])
  })
})

describe('parseFrame', () => {
  const header = (descriptor: number, ...rest: number[]): Uint8Array => Uint8Array.of(...MAGIC, descriptor, ...rest)
  const lastRaw = [1, 0, 0]

  test.each([
    ['no content size', header(0x00, 0x58, ...lastRaw), { contentBytes: undefined, windowBytes: 2_097_152, headerBytes: 6 }],
    ['a window with a mantissa', header(0x00, 0x0f, ...lastRaw), { windowBytes: 2048 + 7 * 256 }],
    ['a size of one byte', header(0x20, 2, 0b1_0001, 0, 0, 9, 9), { contentBytes: 2, windowBytes: 2, headerBytes: 6 }],
    ['a size of two bytes', header(0x60, 0, 0, 0b1_0000_0001 & 0xff, 8, 0, ...new Uint8Array(256).fill(1)), { contentBytes: 256, headerBytes: 7 }],
    ['a dictionary of one byte', header(0x01, 0, 0xfe, ...lastRaw), { dictionaryId: 0xfe, headerBytes: 7 }],
    ['a dictionary of two bytes', header(0x02, 0, 1, 2, ...lastRaw), { dictionaryId: 0x201 }],
    ['a dictionary of four bytes', header(0x03, 0, 1, 2, 3, 0xff, ...lastRaw), { dictionaryId: 0xff030201 }],
    ['a checksum', header(0x04, 0, ...lastRaw, 1, 2, 3, 4), { isPlain: false, frameBytes: 13 }],
    ['a compressed block', header(0x00, 0, 0b1_0101, 0, 0, 0, 0), { isPlain: false, frameBytes: 11 }],
    ['a size of eight bytes', header(0xc0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0b1_0101, 0, 0, 0, 0), { contentBytes: 2 ** 32, windowBytes: 1024 }],
  ])('reads %s', (_, bytes, expected) => {
    expect(parseFrame(bytes)).toMatchObject({ kind: 'zstd', frameBytes: bytes.length, ...expected })
  })

  test.each([
    ['nothing', new Uint8Array(0)],
    ['another magic', Uint8Array.of(0x27, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0)],
    ['a reserved bit', header(0x28, 0, ...lastRaw)],
    ['a reserved block type', header(0x00, 0, 7, 0, 0)],
    ['a block over 128 KiB', concat([header(0x00, 0x58, 0x09, 0, 0x10), new Uint8Array(131_073)])],
    ['a block over the window', concat([header(0x00, 0x00, 0x09, 0x20, 0), new Uint8Array(1025)])],
    ['an RLE block over the window', header(0x00, 0x00, 0x0b, 0x20, 0, 65)],
    ['more content than it says', header(0x20, 2, 0b0_0010_000, 0, 0, 9, 9, 0b1_0001 - 8, 0, 0, 9)],
    ['less content than it says', header(0x20, 2, 0b0_1001, 0, 0, 9)],
    ['no last block', header(0x20, 2, 0b1_0000, 0, 0, 9, 9)],
    ['a skippable frame that is cut', Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1)],
    ['a skippable frame of 4 GiB', Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 1)],
    ['a cut checksum', header(0x04, 0, ...lastRaw, 1, 2, 3)],
  ])('refuses %s', async (_, bytes) => {
    expect(await failureOf(() => parseFrame(bytes))).toBe('ERR_COFFER_DAMAGED')
  })

  test('finds frames one after the other, and notices every cut', async () => {
    const frames = [encodeRawFrame(noise(300, 1)), encodeSkippableFrame(SKIPPABLE_MAGIC, noise(20, 2)), encodeSparseFrame(new Uint8Array(2048))]
    const bytes = concat(frames)
    let at = 0
    for (const frame of frames) {
      expect(parseFrame(bytes, at).frameBytes).toBe(frame.length)
      for (let cut = 0; cut < frame.length; cut++) {
        expect(await failureOf(() => parseFrame(bytes.subarray(0, at + cut), at))).toBe('ERR_COFFER_DAMAGED')
      }
      at += frame.length
    }
    expect(await failureOf(() => parseFrame(bytes, at))).toBe('ERR_COFFER_DAMAGED')
  })

  test('gives a frame inside the bytes or ERR_COFFER_DAMAGED for anything', () => {
    const start = fc.constantFrom(MAGIC, MAGIC, [0x5c, 0x2a, 0x4d, 0x18], [])
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 4 }), (magic, rest, before) => {
        const bytes = concat([before, Uint8Array.from(magic), rest])
        try {
          const frame = parseFrame(bytes, before.length)
          expect(frame.frameBytes).toBeGreaterThan(7)
          expect(before.length + frame.frameBytes).toBeLessThanOrEqual(bytes.length)
          if (frame.kind === 'zstd' && frame.isPlain && frame.contentBytes !== undefined) {
            expect(decodePlainFrame(bytes.subarray(before.length), frame).length).toBe(frame.contentBytes)
          }
        } catch (error) {
          if (!isCofferError(error, 'ERR_COFFER_DAMAGED')) throw error
        }
      }),
      { numRuns: 5000 },
    )
  })
})
