import { expect, test } from 'vitest'
import { expand, hkdfSha256 } from '../../src/cipher/hkdf.js'
import { loadSodium } from '../../src/cipher/sodium.js'
import { bytesToHex } from '../../src/bytes/bytes.js'
import { fromHex } from '../cipher/vectors.js'

// RFC 5869, appendix A.1 and A.3; A.2 has a salt that is longer than any of ours.
test('derives what RFC 5869 says', async () => {
  const sodium = await loadSodium()
  const input = fromHex('0b'.repeat(22))
  const key = fromHex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5')
  const first = '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'
  expect(bytesToHex(sodium.hmacSha256(input, Uint8Array.from({ length: 32 }, (_, i) => (i < 13 ? i : 0))))).toBe(bytesToHex(key))
  expect(bytesToHex(expand(sodium, key, fromHex('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(first)
  const third = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'
  expect(bytesToHex(hkdfSha256(sodium, input, new Uint8Array(0), '', 42))).toBe(third)
})

test('derives the same with a salt and an info as node:crypto', async () => {
  const { hkdfSync } = await import('node:crypto')
  const sodium = await loadSodium()
  const [input, salt] = [Uint8Array.from({ length: 32 }, (_, i) => i), Uint8Array.from({ length: 16 }, (_, i) => 3 * i)]
  for (const length of [1, 32, 33, 64, 100]) {
    const expected = new Uint8Array(hkdfSync('sha256', input, salt, 'an info', length))
    expect(hkdfSha256(sodium, input, salt, 'an info', length)).toEqual(expected)
  }
  expect(() => hkdfSha256(sodium, input, new Uint8Array(33), '', 1)).toThrow(RangeError)
})
