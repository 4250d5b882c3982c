import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  CHUNK_BODY_LIMIT,
  CHUNK_HEADER_BYTES,
  collectSeals,
  createChunkReader,
  openChunks,
  sealChunks,
  splitChunks,
} from '../../src/cipher/chunk-stream.js'
import { concat } from '../../src/bytes/bytes.js'
import type { ChunkCipher } from '../../src/cipher/cipher.js'
import { cipherKind } from '../../src/cipher/kinds.js'
import { failureOf } from './failure.js'

function chunk(body: Uint8Array, length: number = body.length): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES + body.length)
  new DataView(bytes.buffer).setUint32(0, length, true)
  bytes.set(body, CHUNK_HEADER_BYTES)
  return bytes
}

const bodies = [Uint8Array.of(1), new Uint8Array(300).fill(2), Uint8Array.of(3, 0, 0), new Uint8Array(40)]
const stream = concat(bodies.map((body) => chunk(body)))
const anyBodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 8 })

let cipher: ChunkCipher
beforeAll(async () => {
  cipher = await cipherKind('secretbox').create(new Uint8Array(32))
})

describe('splitting whole chunks', () => {
  test('gives the bodies, as views', () => {
    const found = splitChunks(stream)
    expect(found).toEqual(bodies)
    expect(found.every((body) => body.buffer === stream.buffer)).toBe(true)
    expect(splitChunks(new Uint8Array(0))).toEqual([])
  })

  test('gives what was framed, at any place in memory', () => {
    fc.assert(
      fc.property(anyBodies, fc.nat(9), (some, shift) => {
        const memory = concat([new Uint8Array(shift), ...some.map((body) => chunk(body)), new Uint8Array(0)])
        expect(splitChunks(memory.subarray(shift))).toEqual(some)
      }),
    )
  })

  test('refuses to stop anywhere but where a chunk ends', async () => {
    const ends = new Set([0])
    let end = 0
    for (const body of bodies) ends.add((end += CHUNK_HEADER_BYTES + body.length))
    for (let length = 0; length <= stream.length; length++) {
      const expected = ends.has(length) ? 'no failure' : 'ERR_COFFER_AUTH'
      expect(await failureOf(() => splitChunks(stream.subarray(0, length))), `${length} bytes`).toBe(expected)
    }
  })

  test('refuses every bit set in the reserved bytes', async () => {
    for (let at = 4; at < CHUNK_HEADER_BYTES; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = stream.slice()
        changed[at] = 1 << bit
        expect(await failureOf(() => splitChunks(changed)), `byte ${at}`).toBe('ERR_COFFER_AUTH')
      }
    }
  })

  const wrongLengths = [0, 2, CHUNK_BODY_LIMIT, CHUNK_BODY_LIMIT + 1, 0x7fffffff, 0x80000000, 0xffffffff]
  test.each(wrongLengths)('refuses a length of %d for one byte', async (length) => {
    expect(await failureOf(() => splitChunks(chunk(Uint8Array.of(1), length)))).toBe('ERR_COFFER_AUTH')
  })

  test('takes a body of the limit, and none longer', async () => {
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES + CHUNK_BODY_LIMIT + 1)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, CHUNK_BODY_LIMIT, true)
    expect(splitChunks(bytes.subarray(0, -1))[0]?.length).toBe(CHUNK_BODY_LIMIT)
    view.setUint32(0, CHUNK_BODY_LIMIT + 1, true)
    expect(await failureOf(() => splitChunks(bytes))).toBe('ERR_COFFER_AUTH')
  })
})

describe('sealing and opening chunks', () => {
  test('gives back what was sealed, for any length and offset', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.nat(10_000), async (plain, offset) => {
        const { bytes, seals } = await sealChunks(cipher, plain, offset, 512)
        const split = splitChunks(bytes)
        expect(await openChunks(cipher, split)).toEqual(plain)
        expect(collectSeals(cipher, split)).toEqual(seals)
      }),
    )
  })

  test('opens into memory that is the caller’s alone', async () => {
    const { bytes } = await sealChunks(cipher, Uint8Array.of(1, 2, 3), 0, 512)
    const opened = await openChunks(cipher, splitChunks(bytes))
    bytes.fill(0)
    expect(opened).toEqual(Uint8Array.of(1, 2, 3))
  })

  test('gives nothing of any chunk where one does not verify', async () => {
    const { bytes } = await sealChunks(cipher, new Uint8Array(2000), 0, 512)
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
    expect(await failureOf(() => openChunks(cipher, splitChunks(bytes)))).toBe('ERR_COFFER_AUTH')
  })

  test('has seals that notice chunks moved, repeated and left out, which chunks themselves do not', async () => {
    const { bytes, seals } = await sealChunks(cipher, new Uint8Array(1200), 0, 512)
    const [a, b, c] = splitChunks(bytes) as [Uint8Array, Uint8Array, Uint8Array]
    for (const changed of [[b, a, c], [a, a, b, c], [a, c], [a, b]]) {
      expect(await failureOf(() => openChunks(cipher, changed))).toBe('no failure')
      expect(collectSeals(cipher, changed)).not.toEqual(seals)
    }
  })
})

describe('a reader of chunks in pieces', () => {
  function readIn(pieces: readonly Uint8Array[]): Uint8Array[] {
    const reader = createChunkReader()
    const found = pieces.flatMap((piece) => reader.push(piece))
    reader.end()
    return found
  }

  test('gives the bodies for pieces of any lengths', () => {
    fc.assert(
      fc.property(anyBodies, fc.array(fc.nat(60)), (some, lengths) => {
        const whole = concat([...some.map((body) => chunk(body)), new Uint8Array(0)])
        const pieces: Uint8Array[] = []
        let at = 0
        for (const length of lengths) {
          pieces.push(whole.subarray(at, at + length))
          at += length
        }
        pieces.push(whole.subarray(at))
        expect(readIn(pieces)).toEqual(some)
      }),
    )
  })

  test('gives them byte by byte, each once it is complete', () => {
    const reader = createChunkReader()
    const found: number[] = []
    for (let at = 0; at < stream.length; at++) if (reader.push(stream.subarray(at, at + 1)).length > 0) found.push(at + 1)
    let end = 0
    expect(found).toEqual(bodies.map((body) => (end += CHUNK_HEADER_BYTES + body.length)))
  })

  test('keeps nothing of the memory that it is given', () => {
    const reader = createChunkReader()
    const found: Uint8Array[] = []
    // As a file is read: again and again into one Buffer.
    const memory = Buffer.alloc(50)
    for (let at = 0; at < stream.length; at += memory.length) {
      const piece = stream.subarray(at, at + memory.length)
      memory.set(piece)
      found.push(...reader.push(memory.subarray(0, piece.length)))
      memory.fill(0xee)
    }
    reader.end()
    expect(found.map((body) => Uint8Array.from(body))).toEqual(bodies)
  })

  test('says where a stream was cut inside a chunk', async () => {
    const ends = new Set([0])
    let end = 0
    for (const body of bodies) ends.add((end += CHUNK_HEADER_BYTES + body.length))
    for (let length = 0; length <= stream.length; length++) {
      const expected = ends.has(length) ? 'no failure' : 'ERR_COFFER_DAMAGED'
      expect(await failureOf(() => readIn([stream.subarray(0, length)])), `${length} bytes`).toBe(expected)
    }
  })

  test('refuses a header as soon as it is there', async () => {
    for (const length of [0, CHUNK_BODY_LIMIT + 1, 0xffffffff]) {
      const reader = createChunkReader()
      expect(await failureOf(() => reader.push(chunk(new Uint8Array(0), length)))).toBe('ERR_COFFER_AUTH')
    }
    const reserved = chunk(Uint8Array.of(1))
    reserved[31] = 1
    expect(await failureOf(() => createChunkReader().push(reserved))).toBe('ERR_COFFER_AUTH')
  })

  test('takes time that grows with the stream, not with its square', () => {
    const whole = concat([chunk(new Uint8Array(8_000_000).fill(1)), chunk(new Uint8Array(1))])
    const start = performance.now()
    const pieces = Array.from({ length: Math.ceil(whole.length / 1000) }, (_, i) => whole.subarray(i * 1000, i * 1000 + 1000))
    expect(readIn(pieces).length).toBe(2)
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
