import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../src/bytes/bytes.js'
import { CofferError, isCofferError } from '../../src/errors.js'
import { loadZstd } from '../../src/zstd/codec.js'
import { encodeRawFrame, encodeSkippableFrame, parseBlockHeader, parseFrame, parseFrameHeader } from '../../src/zstd/frame.js'
import { decodeZstdStream } from '../../src/zstd/stream.js'
import { collect, decodeAll, failureOf, fixture, flip, inPieces, noise, sha256, words } from './support.js'

const zstd = await loadZstd()
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]

/** A frame of `count` RLE blocks of 128 KiB after a raw one; four bytes a block. */
async function* bomb(count: number, onTaken: () => void = () => undefined): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(...MAGIC, 0x00, 0x38, 0b1000, 0, 0, 65)
  const blocks = concat(Array.from({ length: 4096 }, () => Uint8Array.of(0x02, 0, 0x10, 65)))
  for (let i = 0; i < count; i += 4096) {
    onTaken()
    yield blocks
  }
  yield Uint8Array.of(1, 0, 0)
}

describe('frames', () => {
  test('of any kind and in any pieces', async () => {
    const contents = [words(200_000, 1), noise(1000, 2), new Uint8Array(0), new Uint8Array(300_000)]
    const frames = await Promise.all(contents.map((content) => zstd.compressFrame(content, 5)))
    const bytes = concat([...frames, encodeSkippableFrame(0x184d2a50, noise(99, 3)), ...frames])
    const expected = sha256(concat([...contents, ...contents]))
    for (const pieceBytes of [1, 2, 7, 1000, 65_536, bytes.length]) expect(sha256(await decodeAll(bytes, pieceBytes))).toBe(expected)
  })

  test('none at all give nothing', async () => {
    expect((await decodeAll(new Uint8Array(0))).length).toBe(0)
    expect((await decodeAll(encodeSkippableFrame(0x184d2a50, new Uint8Array(3)))).length).toBe(0)
  })

  test('are given in pieces of a block at the most', async () => {
    const plain = words(524_288, 1)
    const frame = await zstd.compressFrame(plain, 3)
    for await (const piece of decodeZstdStream(inPieces(frame), {})) {
      expect(piece.length).toBeGreaterThan(0)
      expect(piece.length).toBeLessThanOrEqual(131_072)
    }
  })

  test('pieces are the caller\'s own: the next one does not change them', async () => {
    const frame = await zstd.compressFrame(words(500_000, 1), 3)
    const pieces: { piece: Uint8Array; digest: string }[] = []
    for await (const piece of decodeZstdStream(inPieces(frame), {})) pieces.push({ piece, digest: sha256(piece) })
    for (const { piece, digest } of pieces) expect(sha256(piece)).toBe(digest)
  })

  test('with windows of 8 MiB are decoded side by side', async () => {
    const bytes = fixture('frames/window-8m.zst')
    const streams = Array.from({ length: 4 }, () => decodeZstdStream(inPieces(bytes, 10_000), {}))
    const lengths = streams.map(() => 0)
    for (let isOpen = true; isOpen; ) {
      isOpen = false
      for (const [i, stream] of streams.entries()) {
        const next = await stream.next()
        if (next.done) continue
        isOpen = true
        lengths[i] = (lengths[i] as number) + next.value.length
      }
    }
    expect(lengths).toEqual(streams.map(() => 132_649 * 70))
  })

  test('that claim another length than they have are refused', async () => {
    const frame = await zstd.compressFrame(words(1000, 1), 3)
    expect(parseFrameHeader(frame, 0)).toMatchObject({ headerBytes: 7, contentBytes: 1000 })
    for (const claimed of [999, 1001, 1100]) {
      const forged = frame.slice()
      forged[5] = (claimed - 256) & 0xff
      forged[6] = (claimed - 256) >> 8
      expect(await failureOf(() => decodeAll(forged)), String(claimed)).toBe('ERR_COFFER_DAMAGED')
    }
  })
})

describe('skippable frames', () => {
  test('are reported with magic and body, those over 64 KiB stepped over', async () => {
    const small = noise(65_536, 1)
    const bytes = concat([
      encodeSkippableFrame(0x184d2a5c, small),
      encodeSkippableFrame(0x184d2a51, new Uint8Array(65_537)),
      encodeRawFrame(words(5, 1)),
      encodeSkippableFrame(0x184d2a5f, new Uint8Array(0)),
    ])
    for (const pieceBytes of [999, bytes.length]) {
      const seen: [number, string][] = []
      const content = await decodeAll(bytes, pieceBytes, { onSkippable: (magic, body) => void seen.push([magic, sha256(body)]) })
      expect(seen).toEqual([
        [0x184d2a5c, sha256(small)],
        [0x184d2a5f, sha256(new Uint8Array(0))],
      ])
      expect(content.length).toBe(5)
    }
    expect((await decodeAll(bytes)).length).toBe(5)
  })

  test('can end the decoding', async () => {
    const bytes = concat([encodeSkippableFrame(0x184d2a5c, new Uint8Array(4)), encodeRawFrame(words(5, 1))])
    const refuse = (): never => {
      throw new CofferError('ERR_COFFER_AUTH', 'not this one')
    }
    expect(await failureOf(() => decodeAll(bytes, 3, { onSkippable: refuse }))).toBe('ERR_COFFER_AUTH')
  })
})

describe('hostile streams', () => {
  test('every cut is noticed, but between frames', async () => {
    const frames = [encodeSkippableFrame(0x184d2a5c, noise(9, 1)), await zstd.compressFrame(words(300, 1), 3), encodeRawFrame(noise(20, 1))]
    const bytes = concat(frames)
    const ends = [0, 17, 17 + (frames[1] as Uint8Array).length, bytes.length]
    for (let length = 0; length <= bytes.length; length++) {
      const expected = ends.includes(length) ? 'no failure' : 'ERR_COFFER_DAMAGED'
      expect(await failureOf(() => decodeAll(bytes.subarray(0, length))), String(length)).toBe(expected)
    }
    const checked = fixture('frames/level-1.zst')
    for (let less = 1; less < 8; less++) expect(await failureOf(() => decodeAll(checked.subarray(0, -less)))).toBe('ERR_COFFER_DAMAGED')
  })

  test('a bomb of 8 GiB is given as slowly as it is taken', async () => {
    let taken = 0
    const stream = decodeZstdStream(bomb(65_536, () => void (taken += 1)), {})
    let length = 0
    for await (const piece of stream) {
      expect(piece.length).toBeLessThanOrEqual(131_072)
      length += piece.length
      if (length > 64 * 2 ** 20) break
    }
    expect(taken).toBe(1)
  })

  test('a bomb is whole when it is taken to the end', async () => {
    let length = 0
    for await (const piece of decodeZstdStream(bomb(4096), {})) length += piece.length
    expect(length).toBe(1 + 4096 * 131_072)
  })

  test.each([
    ['a window of 8 MiB and an eighth', [...MAGIC, 0x00, 0x69, 1, 0, 0], 'ERR_COFFER_LIMIT'],
    ['a window of 3.75 TiB', [...MAGIC, 0x00, 0xff, 1, 0, 0], 'ERR_COFFER_LIMIT'],
    ['one segment of 16 EiB', [...MAGIC, 0xe0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0], 'ERR_COFFER_LIMIT'],
    ['a reserved bit', [...MAGIC, 0x08, 0x00, 1, 0, 0], 'ERR_COFFER_DAMAGED'],
    ['a reserved block type', [...MAGIC, 0x00, 0x00, 7, 0, 0], 'ERR_COFFER_DAMAGED'],
    ['a block over its window', [...MAGIC, 0x00, 0x00, 0x0b, 0x20, 0, 65], 'ERR_COFFER_DAMAGED'],
    ['zeros', [0, 0, 0, 0, 0, 0, 0, 0], 'ERR_COFFER_DAMAGED'],
    ['zeros behind a frame', [...MAGIC, 0x00, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'ERR_COFFER_DAMAGED'],
    ['a skippable frame of 4 GiB that is cut', [0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 1, 2, 3], 'ERR_COFFER_DAMAGED'],
  ])('%s', async (_, bytes, code) => {
    expect(await failureOf(() => decodeAll(Uint8Array.from(bytes)))).toBe(code)
  })

  test('flipped bits give an error or as much as the headers allow, and no stream after them suffers', async () => {
    const plain = words(3000, 9)
    const frame = await zstd.compressFrame(plain, 3)
    const withSum = fixture('frames/flushed.zst').subarray(0, 4000)
    for (let bit = 0; bit < frame.length * 8; bit += 5) {
      try {
        expect((await decodeAll(flip(frame, bit))).length).toBeLessThanOrEqual(2 ** 20)
      } catch (error) {
        if (!isCofferError(error)) throw error
      }
      if (bit % 400 === 0) expect(Buffer.compare(await decodeAll(frame), plain)).toBe(0)
    }
    for (let bit = 0; bit < 400; bit++) expect(await failureOf(() => decodeAll(flip(withSum, bit)))).toMatch(/^ERR_COFFER_/)
  })

  test('anything gives bytes or a CofferError, in no time', async () => {
    const start = fc.constantFrom([...MAGIC, 0x00, 0x58], [...MAGIC, 0x20], MAGIC, [0x5c, 0x2a, 0x4d, 0x18], [])
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 90 }), async (magic, rest, pieceBytes) => {
        try {
          await decodeAll(concat([Uint8Array.from(magic), rest]), pieceBytes)
        } catch (error) {
          if (!isCofferError(error)) throw error
        }
      }),
      { numRuns: 1500 },
    )
  }, 60_000)

  test('the source is closed when the reader leaves, and its error comes through', async () => {
    const frame = await zstd.compressFrame(words(300_000, 1), 3)
    let isClosed = false
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(frame, 1000)
      } finally {
        isClosed = true
      }
    }
    for await (const piece of decodeZstdStream(source(), {})) if (piece.length > 0) break
    expect(isClosed).toBe(true)
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield frame.subarray(0, 100)
      throw new Error('of the source')
    }
    await expect(collect(decodeZstdStream(failing(), {}))).rejects.toThrow('of the source')
  })

  test('blocks end where their headers say', () => {
    const frame = fixture('frames/level-1.zst')
    const header = parseFrameHeader(frame, 0)
    let at = header.headerBytes
    let count = 0
    for (let isLast = false; !isLast; count++) {
      const block = parseBlockHeader(frame, at, 131_072)
      at += 3 + block.bodyBytes
      isLast = block.isLast
    }
    expect({ count, end: at + 4 }).toEqual({ count: 2, end: parseFrame(frame).frameBytes })
  })
})
