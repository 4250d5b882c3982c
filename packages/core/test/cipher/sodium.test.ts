import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, utf8 } from '../../src/bytes/bytes.js'
import { loadSodium } from '../../src/cipher/sodium.js'
import { fromHex, hexField, readCases, readJson, readText, readWycheproof } from './vectors.js'

interface AeadCase {
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
}

describe('XChaCha20-Poly1305', () => {
  const cases = readWycheproof<AeadCase>('xchacha20_poly1305_test.json')

  test('opens what Wycheproof calls valid, and nothing else', async () => {
    const sodium = await loadSodium()
    expect(cases.length).toBe(306)
    for (const { tcId, key, iv, aad, msg, ct, tag, result } of cases) {
      const plain = sodium.aeadOpen(fromHex(key), fromHex(aad), fromHex(iv + ct + tag))
      expect(plain, `case ${tcId}`).toEqual(result === 'valid' ? fromHex(msg) : undefined)
    }
    expect(new Set(cases.map((each) => each.result))).toEqual(new Set(['valid', 'invalid']))
  })

  test('seals what another implementation opens, under a fresh nonce', async () => {
    const sodium = await loadSodium()
    const key = sodium.randomBytes(32)
    const nonces = new Set<string>()
    const lengths = [0, 1, 15, 16, 63, 64, 65, 1000]
    for (const length of lengths) {
      const plain = sodium.randomBytes(length)
      const associated = sodium.randomBytes(length % 40)
      const sealed = sodium.aeadSeal(key, associated, plain)
      expect(sealed.length).toBe(24 + length + 16)
      expect(xchacha20poly1305(key, sealed.subarray(0, 24), associated).decrypt(sealed.subarray(24))).toEqual(plain)
      nonces.add(String(sealed.subarray(0, 24)))
    }
    expect(nonces.size).toBe(lengths.length)
  })

  test('refuses every changed bit, other associated data, another key and a cut', async () => {
    const sodium = await loadSodium()
    const key = sodium.randomBytes(32)
    const associated = utf8('where it lies')
    const sealed = sodium.aeadSeal(key, associated, utf8('a record'))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice()
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(sodium.aeadOpen(key, associated, changed), `bit ${bit}`).toBeUndefined()
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(sodium.aeadOpen(key, associated, sealed.subarray(0, length)), `cut to ${length}`).toBeUndefined()
    }
    expect(sodium.aeadOpen(key, utf8('elsewhere'), sealed)).toBeUndefined()
    expect(sodium.aeadOpen(sodium.randomBytes(32), associated, sealed)).toBeUndefined()
    expect(sodium.aeadOpen(key, associated, sealed)).toEqual(utf8('a record'))
  })
})

describe('secretbox', () => {
  // D. J. Bernstein, "Cryptography in NaCl", section 10; libsodium's test/default/secretbox.c.
  const paper = {
    key: '1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389',
    nonce: '69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37',
    plain:
      'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce' +
      '314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040' +
      'e082f937763848645e0705',
    sealed:
      'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011' +
      'ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de' +
      '56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
  }
  // Go's x/crypto, nacl/secretbox/secretbox_test.go, made with NaCl's C implementation.
  const fromGo = {
    key: '01'.repeat(32),
    nonce: '02'.repeat(24),
    plain: '03'.repeat(64),
    sealed:
      '8442bc313f4626f1359e3b50122b6ce6fe66ddfe7d39d14e637eb4fd5b45beadab55198df6ab5368439792a23c87db70acb6156dc5ef957ac04f6276' +
      'cf6093b84be77ff0849cc33e34b7254d5a8f65ad',
  }

  test.each([paper, fromGo])('gives the published answer for key $key', async ({ key, nonce, plain, sealed }) => {
    const sodium = await loadSodium()
    expect(sodium.secretboxSeal(fromHex(plain), fromHex(nonce), fromHex(key))).toEqual(fromHex(sealed))
    expect(sodium.secretboxOpen(fromHex(sealed), fromHex(nonce), fromHex(key))).toEqual(fromHex(plain))
  })

  test('agrees with another implementation', async () => {
    const sodium = await loadSodium()
    const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(bytes(32), bytes(24), fc.uint8Array({ maxLength: 300 }), (key, nonce, plain) => {
        expect(sodium.secretboxSeal(plain, nonce, key)).toEqual(xsalsa20poly1305(key, nonce).encrypt(plain))
      }),
    )
  })

  test('opens no box that was changed or cut', async () => {
    const sodium = await loadSodium()
    const key = sodium.randomBytes(32)
    const nonce = sodium.randomBytes(24)
    const sealed = sodium.secretboxSeal(utf8('a box'), nonce, key)
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice()
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(sodium.secretboxOpen(changed, nonce, key), `bit ${bit}`).toBeUndefined()
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(sodium.secretboxOpen(sealed.subarray(0, length), nonce, key), `cut to ${length}`).toBeUndefined()
    }
  })
})

describe('BLAKE2b', () => {
  const counting = Uint8Array.from({ length: 256 }, (_, i) => i)

  test('gives the published answers without a key', async () => {
    const sodium = await loadSodium()
    const cases = readCases('blake2b-unkeyed.txt')
    expect(cases.length).toBe(7)
    for (const fields of cases) {
      const message = hexField(fields, 'Msg').subarray(0, Number(fields.get('Len')) / 8)
      expect(sodium.blake2b(message, 64)).toEqual(hexField(fields, 'MD'))
    }
  })

  test('gives the published answers under a key', async () => {
    const sodium = await loadSodium()
    const answers = readText('blake2b-keyed.txt').trim().split('\n')
    expect(answers.length).toBe(256)
    for (const [length, answer] of answers.entries()) {
      expect(sodium.blake2b(counting.subarray(0, length), 64, counting.subarray(0, 64))).toEqual(fromHex(answer))
    }
  })

  test('gives 32 bytes unless told, which are not the first of a longer one', async () => {
    const sodium = await loadSodium()
    // Python: hashlib.blake2b(b'abc', digest_size=32).hexdigest()
    const short = fromHex('bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319')
    expect(sodium.blake2b(utf8('abc'))).toEqual(short)
    expect(sodium.blake2b(utf8('abc'), 64).subarray(0, 32)).not.toEqual(short)
  })
})

interface Argon2Case {
  readonly password: string
  readonly salt: string
  readonly passes: number
  readonly memoryBytes: number
  readonly key: string
}

test('Argon2id gives what its reference implementation gives', async () => {
  const sodium = await loadSodium()
  for (const { password, salt, passes, memoryBytes, key } of readJson('argon2id.json') as Argon2Case[]) {
    expect(sodium.argon2id(utf8(password), fromHex(salt), passes, memoryBytes, key.length / 2)).toEqual(fromHex(key))
  }
})

test('random bytes are of the length asked for, and never the same', async () => {
  const sodium = await loadSodium()
  const drawn = Array.from({ length: 1000 }, () => sodium.randomBytes(24))
  expect(drawn.every((bytes) => bytes.length === 24)).toBe(true)
  expect(new Set(drawn.map(String)).size).toBe(1000)
  // Each bit of 24,000 bytes: half of them set, within seven standard deviations.
  const set = concat(drawn).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  expect(Math.abs(set - 96_000)).toBeLessThan(7 * Math.sqrt(192_000 / 4))
})

test('random bytes are random to the last, however many', async () => {
  const sodium = await loadSodium()
  for (const length of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
    const bytes = sodium.randomBytes(length)
    expect(bytes.length).toBe(length)
    // Sixteen zeros in a row would be there by chance once in 2^100 runs.
    for (let at = 0; at + 16 <= length; at += 16) {
      if (bytes.subarray(at, at + 16).every((byte) => byte === 0)) expect.fail(`zeros at ${at} of ${length}`)
    }
  }
  // The last byte of 65,537, which is drawn by itself.
  const last = Array.from({ length: 20 }, () => sodium.randomBytes(65_537)[65_536])
  expect(new Set(last).size).toBeGreaterThan(1)
})

test('libsodium is loaded once', () => {
  expect(loadSodium()).toBe(loadSodium())
})
