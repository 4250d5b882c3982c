import { createCipheriv, createDecipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../src/bytes/bytes.js'
import { aesOcbKind } from '../../src/cipher/aes-ocb.js'
import { Ocb } from '../../src/cipher/ocb.js'
import { fromHex, hexField, readCases } from './vectors.js'

/** ciphertext | tag, the order of the RFC. */
function seal(mode: Ocb, nonce: Uint8Array, plain: Uint8Array, associated?: Uint8Array): Uint8Array {
  const { ciphertext, tag } = mode.seal(nonce, plain, associated)
  return concat([ciphertext, tag])
}

describe('AES-128-OCB', () => {
  // The RFC has one more, of a 96-bit tag, which is none of ours.
  test.each(['aes-ocb-rfc7253.txt', 'aes-ocb-nonce120.txt'])('gives the published answers of %s', (name) => {
    const cases = readCases(name)
    expect(cases.length).toBe(16)
    for (const fields of cases) {
      const mode = new Ocb(hexField(fields, 'Key'))
      const nonce = hexField(fields, 'Nonce')
      const associated = hexField(fields, 'AAD')
      const plain = hexField(fields, 'Plaintext')
      const sealed = hexField(fields, 'Ciphertext')
      expect(seal(mode, nonce, plain, associated), `case ${fields.get('COUNT')}`).toEqual(sealed)
      const opened = mode.open(nonce, sealed.subarray(0, plain.length), associated)
      expect(opened).toEqual({ plain, tag: sealed.subarray(plain.length) })
    }
  })

  test('gives the answer of the long test of RFC 7253, appendix A', () => {
    const key = new Uint8Array(16)
    key[15] = 128
    const mode = new Ocb(key)
    const parts: Uint8Array[] = []
    const nonceOf = (n: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n >> 8, n & 0xff)
    for (let i = 0; i < 128; i++) {
      const zeros = new Uint8Array(i)
      parts.push(seal(mode, nonceOf(3 * i + 1), zeros, zeros))
      parts.push(seal(mode, nonceOf(3 * i + 2), zeros))
      parts.push(seal(mode, nonceOf(3 * i + 3), new Uint8Array(0), zeros))
    }
    expect(seal(mode, nonceOf(385), new Uint8Array(0), concat(parts))).toEqual(fromHex('67E944D23256C5E0B6C61FA22FDF1EA2'))
  })

  test('agrees with OpenSSL for any nonce and text', () => {
    const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
    const upTo = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
    fc.assert(
      fc.property(bytes(16), bytes(15), upTo(700), upTo(70), (key, nonce, plain, associated) => {
        const theirs = createCipheriv('aes-128-ocb', key, nonce, { authTagLength: 16 }).setAAD(associated)
        const ciphertext = concat([theirs.update(plain), theirs.final()])
        const sealed = new Ocb(key).seal(nonce, plain, associated)
        expect(sealed.ciphertext).toEqual(Uint8Array.from(ciphertext))
        expect(sealed.tag).toEqual(Uint8Array.from(theirs.getAuthTag()))
        expect(new Ocb(key).open(nonce, sealed.ciphertext, associated)).toEqual({ plain, tag: sealed.tag })
      }),
    )
  })

  test('agrees with OpenSSL where the doublings are many', () => {
    const key = fromHex('000102030405060708090a0b0c0d0e0f')
    const plain = Uint8Array.from({ length: 300_007 }, (_, i) => i * 31)
    // All 64 values of the bits that shift the first offset.
    for (let bottom = 0; bottom < 64; bottom++) {
      const nonce = fromHex('ffeeddccbbaa99887766554433221100').subarray(0, 15)
      nonce[14] = 0xc0 | bottom
      const text = bottom === 63 ? plain : plain.subarray(0, 100)
      const theirs = createCipheriv('aes-128-ocb', key, nonce, { authTagLength: 16 })
      const expected = concat([theirs.update(text), theirs.final(), theirs.getAuthTag()])
      expect(seal(new Ocb(key), nonce, text)).toEqual(Uint8Array.from(expected))
    }
  })

  test('lays a chunk out as tag, nonce, ciphertext', async () => {
    const key = fromHex('000102030405060708090a0b0c0d0e0f')
    const cipher = await aesOcbKind.create(key)
    const plain = fromHex('deadbeef')
    const body = new Uint8Array(cipher.bodyBytes(plain.length))
    await cipher.seal(plain, body)
    const theirs = createDecipheriv('aes-128-ocb', key, body.subarray(16, 31), { authTagLength: 16 })
    theirs.setAuthTag(body.subarray(0, 16))
    expect(Uint8Array.from(concat([theirs.update(body.subarray(31)), theirs.final()]))).toEqual(plain)
    expect(cipher.seals(body)).toEqual(body.subarray(0, 31))
  })
})
