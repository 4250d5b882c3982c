import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { concat } from '../../src/bytes/bytes.js'
import { collectSeals, openChunks, sealChunks, splitChunks } from '../../src/cipher/chunk-stream.js'
import type { ChunkCipher, CipherKind } from '../../src/cipher/cipher.js'
import { createFernetPackage, createFernetWebCrypto, fernetKind } from '../../src/cipher/fernet.js'
import { cipherKind, type CipherName } from '../../src/cipher/kinds.js'
import { failureOf } from './failure.js'

interface Subject {
  readonly title: string
  readonly kind: CipherKind
  /** The package of Fernet is fifty times slower than the rest. */
  readonly isSlow: boolean
}

const subjects: Subject[] = [
  { title: 'secretbox', kind: cipherKind('secretbox'), isSlow: false },
  { title: 'AES-OCB', kind: cipherKind('aes-ocb'), isSlow: false },
  { title: 'Fernet by WebCrypto', kind: { ...fernetKind, create: createFernetWebCrypto }, isSlow: false },
  { title: 'Fernet by the package', kind: { ...fernetKind, create: createFernetPackage }, isSlow: true },
]

/** Of each cipher: the bytes of a body's nonce and tag, after base64 where there is one. */
const sealBytes: Record<string, number> = { secretbox: 40, 'aes-ocb': 31, fernet: 48 }

async function sealed(cipher: ChunkCipher, plain: Uint8Array): Promise<Uint8Array> {
  const body = new Uint8Array(cipher.bodyBytes(plain.length))
  await cipher.seal(plain, body)
  return body
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i + (i >> 8) * 7)
}

describe.each(subjects)('$title', ({ kind, isSlow }) => {
  let cipher: ChunkCipher
  let other: ChunkCipher

  beforeAll(async () => {
    cipher = await kind.create(counting(kind.keyBytes))
    other = await kind.create(counting(kind.keyBytes).fill(1, 0, 1))
  })

  test('comes back at every length around the lengths of blocks', async () => {
    const lengths = Array.from({ length: 70 }, (_, i) => i)
    const arounds = isSlow ? [128, 256, 1024, 4096] : [128, 256, 1024, 4096, 48_960, 65_464, 65_536]
    for (const around of arounds) lengths.push(around - 1, around, around + 1)
    for (const length of lengths) {
      const plain = counting(length)
      expect(await cipher.open(await sealed(cipher, plain)), `${length} bytes`).toEqual(plain)
    }
  })

  test('says how long its bodies are, and what fits into them', () => {
    fc.assert(
      fc.property(fc.nat(200_000), (bodyBytes) => {
        const most = cipher.plainCapacity(bodyBytes)
        if (most >= 0) expect(cipher.bodyBytes(most)).toBeLessThanOrEqual(bodyBytes)
        expect(cipher.bodyBytes(most + 1)).toBeGreaterThan(bodyBytes)
        expect(most).toBeGreaterThanOrEqual(-1)
      }),
    )
    expect(cipher.plainCapacity(0)).toBe(-1)
    expect(cipher.plainCapacity(-40)).toBe(-1)
    expect(cipher.plainCapacity(cipher.bodyBytes(0) - 1)).toBe(-1)
  })

  test('draws a fresh nonce for each encryption', async () => {
    const rounds = isSlow ? 500 : 10_000
    const prefixBytes = { secretbox: 24, 'aes-ocb': 15, fernet: 16 }[kind.name as CipherName]
    const at = kind.name === 'aes-ocb' ? 16 : 0
    const nonces = new Set<string>()
    for (let i = 0; i < rounds; i++) {
      const seals = cipher.seals(await sealed(cipher, new Uint8Array(4)))
      nonces.add(Buffer.from(seals.subarray(at, at + prefixBytes)).toString('hex'))
    }
    expect(nonces.size).toBe(rounds)
  })

  test('draws fresh nonces for the chunks of an extent, which are asked for at once', async () => {
    const nonceBytes = cipher.nonceBytes as number
    const at = kind.name === 'aes-ocb' ? 16 : 0
    const nonces = new Set<string>()
    let count = 0
    for (let round = 0; round < 3; round++) {
      const { bytes } = await sealChunks(cipher, new Uint8Array(5000), 0, 1024)
      for (const body of splitChunks(bytes)) {
        nonces.add(Buffer.from(cipher.seals(body).subarray(at, at + nonceBytes)).toString('hex'))
        count += 1
      }
    }
    expect(count).toBeGreaterThan(15)
    expect(nonces.size).toBe(count)
  })

  test('takes the nonce that it is given', async () => {
    const nonce = Uint8Array.from({ length: cipher.nonceBytes as number }, (_, i) => i)
    const bodies = [new Uint8Array(cipher.bodyBytes(100)), new Uint8Array(cipher.bodyBytes(100))]
    for (const body of bodies) await cipher.seal(counting(100), body, nonce)
    expect(bodies[0]).toEqual(bodies[1])
    expect(await cipher.open(bodies[0] as Uint8Array)).toEqual(counting(100))
  })

  test('neither keeps nor changes the plaintext that it is given', async () => {
    const plain = counting(100)
    const body = await sealed(cipher, plain)
    expect(plain).toEqual(counting(100))
    plain.fill(0)
    expect(await cipher.open(body)).toEqual(counting(100))
  })

  test('takes and leaves bytes at any place in memory, Node’s Buffers too', async () => {
    for (let shift = 0; shift < 5; shift++) {
      const plain = Buffer.from(counting(105)).subarray(shift, shift + 100)
      const before = Uint8Array.from(plain)
      const memory = new Uint8Array(cipher.bodyBytes(100) + 10).fill(0x55)
      const body = memory.subarray(shift, shift + cipher.bodyBytes(100))
      await cipher.seal(plain, body)
      expect(Uint8Array.from(plain)).toEqual(before)
      expect(memory.subarray(0, shift).every((byte) => byte === 0x55)).toBe(true)
      expect(memory.subarray(shift + body.length).every((byte) => byte === 0x55)).toBe(true)
      const asBuffer = Buffer.from(memory.buffer, shift, body.length)
      const untouched = Uint8Array.from(asBuffer)
      const opened = await cipher.open(asBuffer)
      expect(Uint8Array.from(opened)).toEqual(before)
      expect(Uint8Array.from(asBuffer)).toEqual(untouched)
      opened.fill(0)
      expect(Uint8Array.from(asBuffer)).toEqual(untouched)
    }
  })

  test('pins a body by seals of one length, which differ where bodies do', async () => {
    const bodies = [await sealed(cipher, counting(0)), await sealed(cipher, counting(40)), await sealed(cipher, counting(40))]
    const seals = bodies.map((body) => cipher.seals(body))
    expect(seals.map((each) => each.length)).toEqual([1, 2, 3].map(() => sealBytes[kind.name]))
    expect(new Set(seals.map(String)).size).toBe(3)
    expect(collectSeals(cipher, bodies)).toEqual(concat(seals))
  })

  test('opens nothing under another key', async () => {
    const body = await sealed(other, counting(40))
    expect(await failureOf(() => cipher.open(body))).toBe('ERR_COFFER_AUTH')
    expect(await other.open(body)).toEqual(counting(40))
  })

  test('opens no body that was cut or made longer, to any length', async () => {
    const body = await sealed(cipher, counting(40))
    for (let length = 0; length < body.length; length++) {
      expect(await failureOf(() => cipher.open(body.subarray(0, length))), `cut to ${length}`).toBe('ERR_COFFER_AUTH')
      expect(await failureOf(() => cipher.open(body.subarray(body.length - length))), `last ${length}`).toBe('ERR_COFFER_AUTH')
    }
    for (let more = 1; more <= 20; more++) {
      for (const byte of [0, 0x0a, 0x3d, 0x41]) {
        const longer = new Uint8Array(body.length + more).fill(byte)
        longer.set(body)
        expect(await failureOf(() => cipher.open(longer)), `${more} of ${byte} behind`).toBe('ERR_COFFER_AUTH')
      }
    }
  })

  test('refuses a stream of chunks with any bit changed', async () => {
    const plain = counting(150)
    const { bytes, seals } = await sealChunks(cipher, plain, 100, 256)
    const bodies = splitChunks(bytes)
    expect(bodies.length).toBeGreaterThan(1)
    expect(collectSeals(cipher, bodies)).toEqual(seals)
    expect(await openChunks(cipher, bodies)).toEqual(plain)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(await failureOf(() => openChunks(cipher, splitChunks(changed))), `bit ${bit}`).toBe('ERR_COFFER_AUTH')
    }
    expect(await failureOf(() => openChunks(other, bodies))).toBe('ERR_COFFER_AUTH')
  })

  test('does the same in memory that had something in it', async () => {
    const dirty = (length: number): Uint8Array => new Uint8Array(length + 5).fill(0xa5).subarray(3, 3 + length)
    const plain = counting(1000)
    const { bytes, seals } = await sealChunks(cipher, plain, 100, 256, dirty)
    const bodies = splitChunks(bytes)
    expect(collectSeals(cipher, bodies)).toEqual(seals)
    for (const allocate of [dirty, undefined]) expect(await openChunks(cipher, bodies, allocate)).toEqual(plain)
  })

  test('writes nothing into the memory that it is given before it is authentic', async () => {
    const body = await sealed(cipher, counting(2000))
    const out = new Uint8Array(body.length).fill(0xa5)
    if (!cipher.openInto) return
    expect(cipher.openInto(body, out)).toBe(2000)
    expect(out.subarray(0, 2000)).toEqual(counting(2000))
    body[body.length - 1] = (body[body.length - 1] as number) ^ 1
    out.fill(0xa5)
    expect(() => cipher.openInto?.(body, out)).toThrow('does not verify')
    expect(out.every((byte) => byte === 0xa5)).toBe(true)
  })

  test('has seals that change with every bit of nonce and tag', async () => {
    const body = await sealed(cipher, counting(20))
    const seals = cipher.seals(body)
    // Whatever of a body is not in its seals is authenticated by its tag: a changed one opens nowhere.
    for (let at = 0; at < body.length; at++) {
      const changed = body.slice()
      changed[at] = (changed[at] as number) ^ 2
      const isNoticed = await failureOf(() => {
        if (String(cipher.seals(changed)) !== String(seals)) throw new Error('other seals')
      })
      const isRefused = await failureOf(() => cipher.open(changed))
      expect(isRefused, `byte ${at}`).toBe('ERR_COFFER_AUTH')
      const isNonceOrTag = kind.name === 'fernet' ? at >= 12 && at < 32 : at < (sealBytes[kind.name] as number)
      if (isNonceOrTag) expect(isNoticed, `byte ${at}`).not.toBe('no failure')
    }
  })

  test('says neither key nor content where it fails', async () => {
    const body = await sealed(cipher, new TextEncoder().encode('a secret content'))
    body[body.length - 5] = (body[body.length - 5] as number) ^ 1
    const error: unknown = await Promise.resolve()
      .then(() => cipher.open(body))
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(/^[A-Z][\w ]+ does not verify: the key is wrong, or the coffer was changed\.$/)
    expect((error as Error).cause).toBeUndefined()
  })
})

test('there is a cipher for each name, and for no other', () => {
  for (const [name, keyBytes] of [['secretbox', 32], ['fernet', 32], ['aes-ocb', 16]] as const) {
    expect(cipherKind(name)).toMatchObject({ name, keyBytes })
  }
  for (const name of ['rot13', '', 'toString', '__proto__']) expect(() => cipherKind(name as CipherName)).toThrow(TypeError)
})
