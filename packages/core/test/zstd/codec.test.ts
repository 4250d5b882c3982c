import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../src/bytes/bytes.js'
import { isCofferError } from '../../src/errors.js'
import { loadZstd, ZSTD_BLOCK_LIMIT } from '../../src/zstd/codec.js'
import { encodeRawFrame, encodeSkippableFrame, parseFrame, SKIPPABLE_MAGIC } from '../../src/zstd/frame.js'
import { decodeAll, failureOf, fixture, flip, noise, words } from './support.js'

const zstd = await loadZstd()

describe('blocks', () => {
  const levels = Array.from({ length: 19 }, (_, i) => i + 1)

  test.each(levels)('of every size come back at level %i', async (level) => {
    for (const size of [0, 1, 2, 100, 65_537, ZSTD_BLOCK_LIMIT]) {
      const contents = [words(size, level), noise(size, level), new Uint8Array(size)]
      for (const plain of contents) {
        const frame = await zstd.compressFrame(plain, level)
        expect(parseFrame(frame)).toMatchObject({ kind: 'zstd', frameBytes: frame.length, contentBytes: size })
        expect(Buffer.compare(await zstd.decompress(frame, size), plain)).toBe(0)
      }
    }
  })

  test('come out in memory that had something in it as they do in fresh memory', async () => {
    const dirty = (length: number): Uint8Array => new Uint8Array(length + 5).fill(0xa5).subarray(3, 3 + length)
    for (const plain of [words(300_000, 1), noise(300_000, 1), new Uint8Array(300_000), noise(100, 1)]) {
      const frame = await zstd.compressFrame(plain, 3, undefined, dirty)
      expect(Buffer.compare(frame, await zstd.compressFrame(plain, 3))).toBe(0)
      expect(Buffer.compare(await zstd.decompress(frame, plain.length, undefined, dirty), plain)).toBe(0)
    }
  })

  test('of the first 16 MiB are decompressed by what the platform brings, and then by zstd-codec', async () => {
    const plain = words(ZSTD_BLOCK_LIMIT, 1)
    const frame = await zstd.compressFrame(plain, 3)
    let calls = 0
    const decompress = (): Uint8Array => {
      calls += 1
      return plain.slice()
    }
    const native = await loadZstd({ compress: (bytes) => bytes, decompress })
    for (let i = 0; i < 40; i++) expect(Buffer.compare(await native.decompress(frame, plain.length), plain)).toBe(0)
    expect(calls).toBe(32)
  })

  test('that are short come back after long ones', async () => {
    for (const size of [ZSTD_BLOCK_LIMIT, 10, 70_000, 1]) {
      const plain = words(size, size)
      expect(Buffer.compare(await zstd.decompress(await zstd.compressFrame(plain, 3), size), plain)).toBe(0)
    }
  })

  test('compress: text to less than 0.6, zeros to almost nothing', async () => {
    expect((await zstd.compressFrame(words(ZSTD_BLOCK_LIMIT, 1), 3)).length).toBeLessThan(0.6 * ZSTD_BLOCK_LIMIT)
    expect((await zstd.compressFrame(new Uint8Array(ZSTD_BLOCK_LIMIT), 3)).length).toBeLessThan(200)
  })

  test('that do not shrink by one part in 64 are stored as they are', async () => {
    const random = noise(100_000, 3)
    expect(await zstd.compressFrame(random, 3)).toEqual(encodeRawFrame(random))
    // Shrinks by 1 %, and in its last block by more than zstd itself asks for.
    const almost = concat([noise(ZSTD_BLOCK_LIMIT - 5000, 3), new Uint8Array(5000)])
    expect(await zstd.compressFrame(almost, 3)).toEqual(encodeRawFrame(almost))
    // Shrinks by 3 %.
    const enough = concat([noise(97_000, 3), new Uint8Array(3000)])
    expect(parseFrame(await zstd.compressFrame(enough, 3))).toMatchObject({ isPlain: false })
  })

  test('that barely shrink are not searched for long at levels 2 and 3', async () => {
    const barely = concat(Array.from({ length: 256 }, (_, i) => concat([noise(1900, i), words(120, i % 3)])))
    const [hurried, third, fourth] = [await zstd.compressFrame(barely, 1), await zstd.compressFrame(barely, 3), await zstd.compressFrame(barely, 4)]
    expect(parseFrame(hurried)).toMatchObject({ isPlain: false })
    expect(Buffer.compare(third, hurried)).toBe(0)
    expect(Buffer.compare(fourth, hurried)).not.toBe(0)
    // What shrinks more is.
    const half = concat(Array.from({ length: 256 }, (_, i) => concat([noise(1000, i), words(1000, i)])))
    expect((await zstd.compressFrame(half, 3)).length).not.toBe((await zstd.compressFrame(half, 1)).length)
  })

  test('of a higher level are no larger, so that the level is not lost', async () => {
    const plain = await decodeAll(fixture('frames/level-1.zst'))
    expect((await zstd.compressFrame(plain, 19)).length).toBeLessThan((await zstd.compressFrame(plain, 1)).length)
  })

  test('over 512 KiB and other levels are the mistake of the caller', async () => {
    await expect(zstd.compressFrame(new Uint8Array(ZSTD_BLOCK_LIMIT + 1), 3)).rejects.toThrow(RangeError)
    for (const level of [0, -1, 20, 22, 1.5, Number.NaN]) await expect(zstd.compressFrame(new Uint8Array(10), level)).rejects.toThrow(RangeError)
  })

  test('are coded the same by calls at once', async () => {
    const plains = Array.from({ length: 20 }, (_, i) => words(10_000 + i, i))
    const frames = await Promise.all(plains.map((plain) => zstd.compressFrame(plain, 3)))
    const back = await Promise.all(frames.map((frame, i) => zstd.decompress(frame, 10_000 + i)))
    for (const [i, plain] of plains.entries()) expect(Buffer.compare(back[i] as Uint8Array, plain)).toBe(0)
  })
})

describe('dictionaries', () => {
  const dictionary = words(20_000, 4)
  const covered = concat([dictionary.subarray(3000, 8000), words(100, 5)])

  test.each([1, 3, 12, 19])('make small blocks smaller at level %i, which need them to be read', async (level) => {
    const alone = await zstd.compressFrame(covered, level)
    const frame = await zstd.compressFrame(covered, level, dictionary)
    expect(frame.length).toBeLessThan(alone.length / 4)
    expect(Buffer.compare(await zstd.decompress(frame, covered.length, dictionary), covered)).toBe(0)
    expect(await failureOf(() => zstd.decompress(frame, covered.length))).toBe('ERR_COFFER_DAMAGED')
    expect(Buffer.compare(await zstd.decompress(alone, covered.length, dictionary), covered)).toBe(0)
  })

  test('that fill the memory of the codec cost it an instance and no block', async () => {
    for (let i = 0; i < 40; i++) {
      const other = words(110_000, i)
      const block = other.subarray(500, 5000)
      const frame = await zstd.compressFrame(block, 19, other)
      expect(frame.length).toBeLessThan(300)
      expect(Buffer.compare(await zstd.decompress(frame, block.length, other), block)).toBe(0)
    }
  })
})

const plain = words(1000, 6)
const frame = await zstd.compressFrame(plain, 3)

describe('decompress refuses', () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['another length', frame, 999],
    ['two frames', concat([frame, frame])],
    ['bytes behind the frame', concat([frame, Uint8Array.of(0)])],
    ['bytes behind a raw frame', concat([encodeRawFrame(plain), Uint8Array.of(0)])],
    ['a skippable frame', encodeSkippableFrame(SKIPPABLE_MAGIC, plain)],
    ['a skippable frame before it', concat([encodeSkippableFrame(SKIPPABLE_MAGIC, plain), frame])],
    ['a frame without its length', fixture('frames/window-16m.zst'), 5000],
  ])('%s', async (_, bytes, plainBytes = 1000) => {
    expect(await failureOf(() => zstd.decompress(bytes, plainBytes))).toBe('ERR_COFFER_DAMAGED')
  })

  test('every cut', async () => {
    for (let length = 0; length < frame.length; length++) {
      expect(await failureOf(() => zstd.decompress(frame.subarray(0, length), 1000))).toBe('ERR_COFFER_DAMAGED')
    }
  })

  test('sizes and windows that would take the codec down, before it sees them', async () => {
    const body = [0b1_0101, 0, 0, 0, 0]
    const huge = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40, ...body)
    expect(await failureOf(() => zstd.decompress(huge, 0x4000_0000))).toBe('ERR_COFFER_LIMIT')
    const long = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x80, 0, 0, 0, 0, 0x40, ...body)
    expect(parseFrame(long)).toMatchObject({ windowBytes: 1024, contentBytes: 0x4000_0000 })
    expect(await failureOf(() => zstd.decompress(long, 0x4000_0000))).toBe('ERR_COFFER_LIMIT')
    const wide = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x80, 0xa0, 100, 0, 0, 0, ...body)
    expect(parseFrame(wide)).toMatchObject({ windowBytes: 2 ** 30, contentBytes: 100 })
    expect(await failureOf(() => zstd.decompress(wide, 100))).toBe('ERR_COFFER_LIMIT')
  })

  test('flipped bits, or gives as many bytes as asked for; and goes on working', async () => {
    for (let bit = 0; bit < frame.length * 8; bit += 3) {
      try {
        expect((await zstd.decompress(flip(frame, bit), 1000)).length).toBe(1000)
      } catch (error) {
        if (!isCofferError(error, 'ERR_COFFER_DAMAGED') && !isCofferError(error, 'ERR_COFFER_LIMIT')) throw error
      }
    }
    expect(Buffer.compare(await zstd.decompress(frame, 1000), plain)).toBe(0)
  })

  test('anything that begins like a frame', async () => {
    const head = frame.subarray(0, 9)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 4, max: 9 }), async (rest, kept) => {
        try {
          expect((await zstd.decompress(concat([head.subarray(0, kept), rest]), 1000)).length).toBe(1000)
        } catch (error) {
          if (!isCofferError(error)) throw error
        }
      }),
      { numRuns: 1000 },
    )
    expect(Buffer.compare(await decodeAll(frame), plain)).toBe(0)
  })
})
