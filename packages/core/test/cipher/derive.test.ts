import { expect, test } from 'vitest'
import { deriveKey } from '../../src/cipher/derive.js'
import { fromHex, readJson } from './vectors.js'

const MIB = 1_048_576
// The least that is accepted: a test needs no more.
const cheap = { passes: 2, memoryBytes: 19 * MIB }

interface Argon2Case {
  readonly password: string
  readonly salt: string
  readonly passes: number
  readonly memoryBytes: number
  readonly key: string
}

const vectors = readJson('argon2id.json') as Argon2Case[]

test.each(vectors)('derives what the reference does ($passes passes, $memoryBytes bytes)', async (vector) => {
  const { password, passes, memoryBytes } = vector
  const salt = fromHex(vector.salt)
  const key = fromHex(vector.key)
  expect(await deriveKey(password, { salt, passes, memoryBytes, keyBytes: key.length })).toEqual({
    key,
    algorithm: 'argon2id13',
    salt,
    passes,
    memoryBytes,
  })
})

test('takes 3 passes over 256 MiB for 32 bytes, with a fresh salt, unless told', async () => {
  const derived = await deriveKey('a password')
  expect(derived).toMatchObject({ algorithm: 'argon2id13', passes: 3, memoryBytes: 256 * MIB })
  expect(derived.key.length).toBe(32)
  expect(derived.salt.length).toBe(16)
  const again = await deriveKey('a password', { salt: derived.salt, passes: 3, memoryBytes: 256 * MIB })
  expect(again.key).toEqual(derived.key)
  const other = await deriveKey('a password', cheap)
  expect(other.salt).not.toEqual(derived.salt)
})

test('takes one password however it is composed, and tells others apart', async () => {
  const salt = new Uint8Array(16)
  const keyOf = async (password: string): Promise<string> => String((await deriveKey(password, { ...cheap, salt })).key)
  expect(await keyOf('caf\u0065\u0301')).toBe(await keyOf('caf\u00e9'))
  // Compatibility forms are other passwords: NFKC would take them for the same.
  expect(await keyOf('\ufb01')).not.toBe(await keyOf('fi'))
  expect(await keyOf('a')).not.toBe(await keyOf('a '))
})

test('keeps a copy of the salt', async () => {
  const salt = new Uint8Array(16)
  const derived = await deriveKey('a password', { ...cheap, salt })
  salt.fill(1)
  expect(derived.salt).toEqual(new Uint8Array(16))
})

test.each([
  { passes: 1 },
  { passes: 17 },
  { passes: 2.5 },
  { passes: Number.NaN },
  { memoryBytes: 19 * MIB - 1 },
  { memoryBytes: 1024 * MIB + 1 },
  { memoryBytes: Infinity },
  { keyBytes: 15 },
  { keyBytes: 65 },
  { salt: new Uint8Array(15) },
  { salt: new Uint8Array(17) },
])('refuses %o', async (options) => {
  await expect(deriveKey('a password', { ...cheap, ...options })).rejects.toThrow(RangeError)
})

test('refuses an empty password', async () => {
  await expect(deriveKey('', cheap)).rejects.toThrow(TypeError)
})
