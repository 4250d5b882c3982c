import { describe, expect, test } from 'vitest'
import { generatePassword } from '../../src/plugins/password-generator.js'
import type { CharacterKind } from '../../src/plugins/passwords.js'

const patterns: Readonly<Record<CharacterKind, RegExp>> = { lower: /[a-z]/, upper: /[A-Z]/, digit: /[0-9]/, symbol: /[^A-Za-z0-9]/ }

describe('a generated password', () => {
  test('has 20 characters of all kinds, unless told', () => {
    for (let i = 0; i < 200; i++) {
      const password = generatePassword()
      expect(password).toMatch(/^[!-~]{20}$/)
      for (const pattern of Object.values(patterns)) expect(password).toMatch(pattern)
    }
  })

  test('has of each kind that was asked for, and of no other', () => {
    const sets: CharacterKind[][] = [['digit'], ['lower', 'digit'], ['upper', 'symbol'], ['lower', 'lower'], ['symbol']]
    for (const characters of sets) {
      for (let i = 0; i < 100; i++) {
        const password = generatePassword({ length: 4, characters })
        expect(password).toHaveLength(4)
        for (const [kind, pattern] of Object.entries(patterns)) expect(pattern.test(password)).toBe(characters.includes(kind as CharacterKind))
      }
    }
  })

  test('is readable where that is asked for', () => {
    expect(generatePassword({ length: 1024, readable: true })).not.toMatch(/[Il1O0o|]/)
    const all = generatePassword({ length: 1024 }) + generatePassword({ length: 1024 })
    for (const letter of 'Il1O0o') expect(all).toContain(letter)
    for (const letter of '"\'\\`|') expect(all).not.toContain(letter)
  })

  test('draws every character as often as any other', () => {
    const counts = new Map<string, number>()
    const draws = 200
    for (let i = 0; i < draws; i++) for (const letter of generatePassword({ length: 1024, characters: ['digit', 'lower'] })) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(36)
    const expected = (draws * 1024) / 36
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 35 degrees of freedom: above 100 once in 10 million runs. Bytes modulo 36 without rejection give about 700.
    expect(chiSquare).toBeLessThan(100)
  })

  test('is never the same', () => {
    expect(new Set(Array.from({ length: 100 }, () => generatePassword())).size).toBe(100)
  })

  test.each([{ length: 3 }, { length: 1025 }, { length: 8.5 }, { characters: [] }, { characters: ['emoji' as CharacterKind] }, { characters: ['constructor' as CharacterKind] }])(
    'is not made of %o',
    (options) => {
      expect(() => generatePassword(options)).toThrow(RangeError)
    },
  )
})
