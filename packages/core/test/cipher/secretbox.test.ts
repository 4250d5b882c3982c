import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSecretbox } from '../../src/cipher/secretbox.js'
import { loadSalsa20, type Salsa20 } from '../../src/cipher/salsa20.js'
import { loadSodium } from '../../src/cipher/sodium.js'

const sodium = await loadSodium()
const salsa20 = (await loadSalsa20()) as Salsa20

/** Around every boundary of blocks, strides and the limits of the fast way, and what a full chunk holds. */
const lengths = [0, 1, 31, 32, 33, 63, 64, 65, 223, 224, 225, 255, 256, 257, 511, 512, 513, 767, 768, 1023, 4096, 65_463, 65_464, 65_465, 130_015, 1_048_576, 1_048_577]

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 2_654_435_761) >>> 24)
}

describe('Salsa20 by SIMD', () => {
  // ECRYPT test vectors of Salsa20/20, 256-bit key, set 1, vector 0 and set 6, vector 0: the first 64 bytes of the keystream.
  test.each([
    [
      '8000000000000000000000000000000000000000000000000000000000000000',
      '0000000000000000',
      'e3be8fdd8beca2e3ea8ef9475b29a6e7003951e1097a5c38d23b7a5fad9f6844b22c97559e2723c7cbbd3fe4fc8d9a0744652a83e72a9c461876af4d7ef1a117',
    ],
    [
      '0053a6f94c9ff24598eb3e91e4378add3083d6297ccf2275c81b6ec11467ba0d',
      '0d74db42a91077de',
      'f5fad53f79f9df58c4aea0d0ed9a9601f278112ca7180d565b420a48019670eaf24ce493a86263f677b46ace1924773d2bb25571e1aa8593758fc382b1280b71',
    ],
  ])('the keystream of key %s', (key, nonce, expected) => {
    const stream = salsa20.xor(Buffer.from(key, 'hex'), Buffer.from(nonce, 'hex'), 0, new Uint8Array(64))
    expect(Buffer.from(stream).toString('hex')).toBe(expected)
  })

  test('the counter goes on beyond the first four blocks', () => {
    const [key, nonce] = [pattern(32), pattern(8)]
    const long = salsa20.xor(key, nonce, 0, new Uint8Array(4096)).slice()
    const skipped = salsa20.xor(key, nonce, 2048, new Uint8Array(2048)).slice()
    expect(Buffer.compare(long, skipped)).toBe(0)
    expect(new Set(Array.from({ length: 64 }, (_, i) => Buffer.from(long.subarray(64 * i, 64 * i + 64)).toString('hex'))).size).toBe(64)
  })

  test('nothing of a call stays in its memory', () => {
    const message = salsa20.xor(pattern(32), pattern(8), 32, pattern(1000))
    expect(message.some((byte) => byte !== 0)).toBe(true)
    salsa20.wipe()
    expect(new Uint8Array(message.buffer).every((byte) => byte === 0)).toBe(true)
  })
})

describe('secretbox', () => {
  const key = pattern(32)

  test.each(lengths)('of %i bytes: both ways open what the other one sealed, and libsodium does', async (length) => {
    const [fast, slow] = [await createSecretbox(key), await createSecretbox(key, { fast: false })]
    const plain = pattern(length)
    for (const [sealer, opener] of [[fast, slow], [slow, fast]] as const) {
      const body = new Uint8Array(sealer.bodyBytes(length))
      await sealer.seal(plain, body)
      expect(Buffer.compare(await opener.open(body), plain)).toBe(0)
      const own = sodium.secretboxOpen(body.subarray(24), body.subarray(0, 24), key)
      expect(own && Buffer.compare(own, plain)).toBe(0)
    }
  })

  test('for the same nonce the bytes are libsodium’s', async () => {
    const cipher = await createSecretbox(key)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 512, maxLength: 3000 }), async (plain) => {
        const body = new Uint8Array(cipher.bodyBytes(plain.length))
        await cipher.seal(plain, body)
        expect(Buffer.from(sodium.secretboxSeal(plain, body.slice(0, 24), key)).equals(body.subarray(24))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('a flipped bit anywhere is noticed', async () => {
    const cipher = await createSecretbox(key)
    const body = new Uint8Array(cipher.bodyBytes(700))
    await cipher.seal(pattern(700), body)
    for (let at = 0; at < body.length; at++) {
      const changed = body.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      expect(() => cipher.open(changed)).toThrow(/does not verify/)
    }
    expect(() => cipher.open(body.subarray(0, -1))).toThrow(/does not verify/)
  })

  test('what is returned does not change with the next call', async () => {
    const cipher = await createSecretbox(key)
    const bodies = await Promise.all([1, 2].map(async (fill) => {
      const body = new Uint8Array(cipher.bodyBytes(5000))
      await cipher.seal(new Uint8Array(5000).fill(fill), body)
      return body
    }))
    const [first, second] = await Promise.all(bodies.map(async (body) => cipher.open(body)))
    expect([first?.[4999], second?.[0]]).toEqual([1, 2])
  })
})
