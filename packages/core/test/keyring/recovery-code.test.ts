import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatRecoveryCode, isRecoveryCode, normalizeRecoveryCode } from '../../src/keyring/recovery-code.js'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const random = fc.uint8Array({ minLength: 26, maxLength: 26 })

test('has eight groups of four characters that are hard to take for one another', () => {
  const groups = /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){7}$/
  fc.assert(fc.property(random, (bytes) => groups.test(formatRecoveryCode(bytes))))
})

test('takes five bits of every byte: 130 bits', () => {
  const codes = new Set<string>()
  for (let at = 0; at < 26; at++) {
    for (let value = 0; value < 32; value++) {
      const bytes = new Uint8Array(26)
      bytes[at] = value
      codes.add(formatRecoveryCode(bytes))
    }
  }
  expect(codes.size).toBe(26 * 31 + 1)
})

test('has the checksum of bech32m', () => {
  const charset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
  const polymod = (values: readonly number[]): number => {
    let sum = 1
    for (const value of values) {
      const top = sum >>> 25
      sum = ((sum & 0x1ffffff) << 5) ^ value
      for (let i = 0; i < 5; i++) sum ^= (top >>> i) & 1 ? ([0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3][i] ?? 0) : 0
    }
    return sum >>> 0
  }
  // One of the valid strings of BIP 350 says that this is bech32m, and then that our codes are.
  const vector = 'abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx'
  const data = Array.from(vector.slice(7), (letter) => charset.indexOf(letter))
  const part = [...Array.from('abcdef', (letter) => letter.charCodeAt(0) >> 5), 0, ...Array.from('abcdef', (letter) => letter.charCodeAt(0) & 31)]
  expect(polymod([...part, ...data])).toBe(0x2bc830a3)
  const code = formatRecoveryCode(Uint8Array.from({ length: 26 }, (_, i) => i * 9))
  expect(polymod(Array.from(code.replaceAll('-', ''), (letter) => alphabet.indexOf(letter)))).toBe(0x2bc830a3)
})

describe('what was typed', () => {
  test('is the code, whatever its case and blanks, and with the letters that are no symbols for the digits they look like', () => {
    fc.assert(
      fc.property(random, (bytes) => {
        const code = formatRecoveryCode(bytes)
        const plain = code.replaceAll('-', '')
        for (const typed of [code, plain, code.toLowerCase(), ` ${code.replaceAll('-', ' ')}\n`, code.replaceAll('-', ' – '), code.replaceAll('0', 'o').replaceAll('1', 'l'), code.replaceAll('1', 'I')]) {
          expect(normalizeRecoveryCode(typed)).toBe(plain)
        }
      }),
    )
  })

  test('with up to four wrong characters is refused, wherever they are', () => {
    const mistakes = fc.uniqueArray(fc.tuple(fc.nat(31), fc.integer({ min: 1, max: 31 })), { minLength: 1, maxLength: 4, selector: ([at]) => at })
    fc.assert(
      fc.property(random, mistakes, (bytes, wrong) => {
        const symbols = Array.from(formatRecoveryCode(bytes).replaceAll('-', ''), (letter) => alphabet.indexOf(letter))
        for (const [at, by] of wrong) symbols[at] = ((symbols[at] ?? 0) + by) % 32
        expect(isRecoveryCode(symbols.map((symbol) => alphabet.charAt(symbol)).join(''))).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('with two neighbours exchanged is refused', () => {
    fc.assert(
      fc.property(random, fc.nat(30), (bytes, at) => {
        const plain = formatRecoveryCode(bytes).replaceAll('-', '')
        const swapped = plain.slice(0, at) + plain.charAt(at + 1) + plain.charAt(at) + plain.slice(at + 2)
        expect(isRecoveryCode(swapped)).toBe(swapped === plain)
      }),
    )
  })

  test.each(['', 'ABCD', 'U'.repeat(32), '0'.repeat(31), '0'.repeat(33), '0'.repeat(32), '€'.repeat(32)])('is refused: %s', (typed) => {
    expect(isRecoveryCode(typed)).toBe(false)
    expect(() => normalizeRecoveryCode(typed)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_AUTH' }))
  })

  test('is in no error', () => {
    const typed = `Z${formatRecoveryCode(new Uint8Array(26).fill(3)).slice(1)}`
    expect(() => normalizeRecoveryCode(typed)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('Z') as unknown }))
  })
})
