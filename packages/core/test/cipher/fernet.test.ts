import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { base64Bytes, decodeBase64, encodeBase64 } from '../../src/bytes/base64.js'
import { concat, utf8 } from '../../src/bytes/bytes.js'
import type { ChunkCipher } from '../../src/cipher/cipher.js'
import { packagePrimitives } from '../../src/cipher/fernet-package.js'
import { webCryptoPrimitives } from '../../src/cipher/fernet-webcrypto.js'
import { createFernetPackage, createFernetWebCrypto, fernetKind } from '../../src/cipher/fernet.js'
import { failureOf } from './failure.js'
import { fromHex, readJson, readWycheproof } from './vectors.js'

interface SpecVector {
  readonly token: string
  readonly now: string
  readonly secret: string
  readonly src: string
  readonly iv: readonly number[]
  readonly desc: string
}

interface CbcCase {
  readonly key: string
  readonly iv: string
  readonly msg: string
  readonly ct: string
}

interface HmacCase {
  readonly key: string
  readonly msg: string
  readonly tag: string
}

const makers = [
  {
    by: 'WebCrypto alone',
    create: (key: Uint8Array) => createFernetWebCrypto(key, 0),
    primitivesOf: (key: Uint8Array) => webCryptoPrimitives(key, 0),
  },
  { by: 'WebCrypto', create: createFernetWebCrypto, primitivesOf: webCryptoPrimitives },
  { by: 'the package', create: createFernetPackage, primitivesOf: packagePrimitives },
] as const

function toText(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(base64Bytes(bytes.length))
  encodeBase64(bytes, text)
  return text
}

function keyOf(secret: string): Uint8Array {
  const key = decodeBase64(utf8(secret))
  if (!key) throw new Error('not base64')
  return key
}

async function sealed(cipher: ChunkCipher, plain: Uint8Array): Promise<Uint8Array> {
  const body = new Uint8Array(cipher.bodyBytes(plain.length))
  await cipher.seal(plain, body)
  return body
}

/** A token around any ciphertext, signed with Node's HMAC. */
function signedToken(
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
  version = 0x80,
  time: Uint8Array = new Uint8Array(8),
): Uint8Array {
  const signed = concat([Uint8Array.of(version), time, iv, ciphertext])
  return toText(concat([signed, createHmac('sha256', key.subarray(0, 16)).update(signed).digest()]))
}

const generated = readJson('fernet-generate.json') as SpecVector[]
const verified = readJson('fernet-verify.json') as SpecVector[]
const invalid = readJson('fernet-invalid.json') as SpecVector[]

const someKey = Uint8Array.from({ length: 32 }, (_, i) => i * 7)

afterEach(() => {
  vi.unstubAllGlobals()
})

describe.each(makers)('Fernet by $by', ({ create, primitivesOf }) => {
  test.each(generated)('makes the token of the specification', async ({ token, now, secret, src, iv }) => {
    const primitives = await primitivesOf(keyOf(secret))
    const time = new Uint8Array(8)
    new DataView(time.buffer).setBigUint64(0, BigInt(Date.parse(now) / 1000))
    const ciphertext = await primitives.encrypt(utf8(src), Uint8Array.from(iv))
    const signed = concat([Uint8Array.of(0x80), time, Uint8Array.from(iv), ciphertext])
    expect(toText(concat([signed, await primitives.sign(signed)]))).toEqual(utf8(token))
  })

  test.each(verified)('opens the token of the specification', async ({ token, secret, src }) => {
    expect(await (await create(keyOf(secret))).open(utf8(token))).toEqual(utf8(src))
  })

  test.each(invalid)('refuses what the specification calls invalid: $desc', async ({ token, secret, desc }) => {
    const cipher = await create(keyOf(secret))
    // A chunk has no age: what is refused for its timestamp alone is opened.
    const isTime = desc.includes('TTL') || desc.includes('clock')
    if (isTime) expect(await cipher.open(utf8(token))).toEqual(new Uint8Array(0))
    else expect(await failureOf(() => cipher.open(utf8(token)))).toBe('ERR_COFFER_AUTH')
  })

  test('has AES-CBC with the padding that Wycheproof asks for', async () => {
    const cases = readWycheproof<CbcCase>('aes_cbc_pkcs5_test.json')
    expect(cases.length).toBe(72)
    for (const { tcId, key, iv, msg, ct, result } of cases) {
      const whole = concat([someKey.subarray(0, 16), fromHex(key)])
      const cipher = await create(whole)
      const open = async (): Promise<unknown> => cipher.open(signedToken(whole, fromHex(iv), fromHex(ct)))
      if (result === 'invalid') {
        expect(await failureOf(open), `case ${tcId}`).toBe('ERR_COFFER_AUTH')
        continue
      }
      expect(await open(), `case ${tcId}`).toEqual(fromHex(msg))
      const primitives = await primitivesOf(whole)
      expect(await primitives.encrypt(fromHex(msg), fromHex(iv)), `case ${tcId}`).toEqual(fromHex(ct))
    }
  })

  test('writes one canonical token, with no time and the IV and HMAC that it is pinned by', async () => {
    const cipher = await create(someKey)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (plain) => {
        const body = await sealed(cipher, plain)
        const token = decodeBase64(body)
        if (!token) throw new Error('not canonical')
        expect(token.subarray(0, 9)).toEqual(Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0, 0))
        const mac = createHmac('sha256', someKey.subarray(0, 16)).update(token.subarray(0, -32)).digest()
        expect(token.subarray(-32)).toEqual(Uint8Array.from(mac))
        expect(cipher.seals(body)).toEqual(concat([token.subarray(9, 25), token.subarray(-32)]))
      }),
    )
  })

  test('opens a token of any time', async () => {
    const cipher = await create(someKey)
    const primitives = await primitivesOf(someKey)
    const iv = new Uint8Array(16)
    for (const time of [new Uint8Array(8), new Uint8Array(8).fill(255), Uint8Array.of(0, 0, 0, 0, 0x65, 1, 2, 3)]) {
      expect(await cipher.open(signedToken(someKey, iv, await primitives.encrypt(utf8('x'), iv), 0x80, time))).toEqual(utf8('x'))
    }
  })

  test('has no seals of what cannot be a token', async () => {
    const cipher = await create(someKey)
    const iv = new Uint8Array(16)
    for (const ciphertextBytes of [0, 1, 15, 17, 24, 31]) {
      const token = signedToken(someKey, iv, new Uint8Array(ciphertextBytes))
      expect(await failureOf(() => cipher.seals(token)), `${ciphertextBytes} bytes of ciphertext`).toBe('ERR_COFFER_AUTH')
      expect(await failureOf(() => cipher.open(token)), `${ciphertextBytes} bytes of ciphertext`).toBe('ERR_COFFER_AUTH')
    }
    expect(cipher.seals(signedToken(someKey, iv, new Uint8Array(32))).length).toBe(48)
  })

  test('refuses another version, though it is signed', async () => {
    const cipher = await create(someKey)
    const iv = new Uint8Array(16)
    const ciphertext = await (await primitivesOf(someKey)).encrypt(utf8('x'), iv)
    for (const version of [0, 0x7f, 0x81, 0xff]) {
      const token = signedToken(someKey, iv, ciphertext, version)
      expect(await failureOf(() => cipher.open(token))).toBe('ERR_COFFER_AUTH')
      expect(await failureOf(() => cipher.seals(token))).toBe('ERR_COFFER_AUTH')
    }
  })
})

test('WebCrypto and the package open what the other makes', async () => {
  const web = await createFernetWebCrypto(someKey)
  const pack = await createFernetPackage(someKey)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (plain) => {
      expect(await pack.open(await sealed(web, plain))).toEqual(plain)
      expect(await web.open(await sealed(pack, plain))).toEqual(plain)
    }),
    { numRuns: 60 },
  )
  // Around 2 KiB, WebCrypto takes over from what is done without it.
  const around = Array.from({ length: 80 }, (_, i) => 1960 + i + (i % 3))
  for (const length of [15, 16, 17, ...around, 48_959]) {
    const plain = Uint8Array.from({ length }, (_, i) => i ^ (i >> 8))
    expect(await web.open(await sealed(pack, plain))).toEqual(plain)
    expect(await pack.open(await sealed(web, plain))).toEqual(plain)
  }
})

test('nothing is deciphered before its HMAC was compared', async () => {
  const cipher = await createFernetWebCrypto(someKey)
  const decrypt = vi.spyOn(crypto.subtle, 'decrypt')
  const body = await sealed(cipher, new Uint8Array(3000))
  const token = decodeBase64(body) as Uint8Array
  for (let at = 1; at < token.length; at += 7) {
    const changed = token.slice()
    changed[at] = (changed[at] as number) ^ 1
    expect(await failureOf(() => cipher.open(toText(changed)))).toBe('ERR_COFFER_AUTH')
  }
  expect(decrypt).not.toHaveBeenCalled()
  await cipher.open(body)
  expect(decrypt).toHaveBeenCalledOnce()
  decrypt.mockRestore()
})

test('HMAC-SHA256 is what Wycheproof asks for, short or long', async () => {
  const cases = readWycheproof<HmacCase>('hmac_sha256_test.json')
  expect(cases.length).toBe(6)
  for (const { tcId, key, msg, tag, result } of cases) {
    for (const shortBytes of [0, 2048]) {
      const primitives = await webCryptoPrimitives(concat([fromHex(key), new Uint8Array(16)]), shortBytes)
      const mine = (await primitives.sign(fromHex(msg))).subarray(0, tag.length / 2)
      if (result === 'valid') expect(mine, `case ${tcId}`).toEqual(fromHex(tag))
      else expect(mine, `case ${tcId}`).not.toEqual(fromHex(tag))
    }
  }
})

test('the package’s own Token opens a text of ours, and we open its', async () => {
  const { default: fernet } = await import('#fernet')
  const { Secret, Token } = fernet as unknown as {
    Secret: new (base64: string) => object
    Token: new (options: object) => { decode(): string; encode(text: string): string }
  }
  const secret = new Secret(Buffer.from(someKey).toString('base64url') + '=')
  for (const { create } of makers) {
    const cipher = await create(someKey)
    const token = new TextDecoder().decode(await sealed(cipher, utf8('gr\u00fc\u00dfe')))
    expect(new Token({ secret, ttl: 0, token }).decode()).toBe('gr\u00fc\u00dfe')
    expect(await cipher.open(utf8(new Token({ secret, ttl: 0 }).encode('gr\u00fc\u00dfe')))).toEqual(utf8('gr\u00fc\u00dfe'))
  }
})

test('a page without WebCrypto and without Buffer makes the same tokens', async () => {
  const web = await createFernetWebCrypto(someKey)
  const plain = Uint8Array.from({ length: 300 }, (_, i) => i)
  const fromWeb = await sealed(web, plain)
  const real = crypto
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => real.getRandomValues(bytes) })
  vi.stubGlobal('Buffer', undefined)
  const plainHttp = await fernetKind.create(someKey)
  const opened = await plainHttp.open(fromWeb)
  const made = await sealed(plainHttp, plain)
  expect(await failureOf(() => createFernetWebCrypto(someKey))).toBe('ERR_COFFER_UNSUPPORTED')
  vi.unstubAllGlobals()
  expect(opened).toEqual(plain)
  expect(await web.open(made)).toEqual(plain)
})

test('the package is only loaded where it is needed', async () => {
  vi.resetModules()
  vi.doMock('fernet', () => {
    throw new Error('loaded')
  })
  const fresh = await import('../../src/cipher/fernet.js')
  await fresh.fernetKind.create(someKey)
  await expect(fresh.createFernetPackage(someKey)).rejects.toThrow()
  vi.doUnmock('fernet')
  vi.resetModules()
})
