import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { CHUNK_HEADER_BYTES, DEFAULT_CHUNK_BYTES, planChunks, sealChunks, sealedLength } from '../../src/cipher/chunk-stream.js'
import type { ChunkCipher } from '../../src/cipher/cipher.js'
import { cipherKind, type CipherName } from '../../src/cipher/kinds.js'

const names = ['secretbox', 'aes-ocb', 'fernet'] as const
const ciphers = new Map<CipherName, ChunkCipher>()

beforeAll(async () => {
  for (const name of names) {
    const kind = cipherKind(name)
    ciphers.set(name, await kind.create(new Uint8Array(kind.keyBytes)))
  }
})

function cipherOf(name: CipherName): ChunkCipher {
  return ciphers.get(name) as ChunkCipher
}

/** Bytes that a chunk takes. */
function taken(cipher: ChunkCipher, plainBytes: number): number {
  return CHUNK_HEADER_BYTES + cipher.bodyBytes(plainBytes)
}

/** Where the chunks end. */
function endsOf(cipher: ChunkCipher, offset: number, lengths: readonly number[]): number[] {
  let at = offset
  return lengths.map((length) => (at += taken(cipher, length)))
}

/** What planChunks is said to do, worked out the long way. */
class Oracle {
  readonly #most: number[]

  constructor(cipher: ChunkCipher, pageBytes: number) {
    const rooms = pageBytes * 3
    this.#most = Array.from({ length: rooms + 1 }, () => 0)
    for (let room = 1; room <= rooms; room++) {
      for (let plain = 1; taken(cipher, plain) <= room; plain++) {
        const rest = room - taken(cipher, plain)
        if (rest === 0 || (this.#most[rest] as number) > 0) this.#most[room] = plain
      }
    }
  }

  isFillable(room: number): boolean {
    return (this.#most[room] as number) > 0
  }

  plan(cipher: ChunkCipher, offset: number, plainBytes: number, pageBytes: number): number[] {
    const lengths: number[] = []
    for (let at = offset, left = plainBytes; left > 0; ) {
      let room = pageBytes - (at % pageBytes)
      while (!this.isFillable(room)) room += pageBytes
      const length = Math.min(left, this.#most[room] as number)
      lengths.push(length)
      left -= length
      at += taken(cipher, length)
    }
    return lengths
  }
}

describe.each(names)('chunks of %s', (name) => {
  test('are planned as described, for small pages', () => {
    const cipher = cipherOf(name)
    const step = name === 'fernet' ? 4 : 1
    for (const pageBytes of [1024, 2048]) {
      const oracle = new Oracle(cipher, pageBytes)
      for (let offset = 0; offset < pageBytes; offset += step) {
        const plan = planChunks(cipher, offset, 5000, pageBytes)
        expect(plan, `${pageBytes} from ${offset}`).toEqual(oracle.plan(cipher, offset, 5000, pageBytes))
      }
    }
  })

  test('carry all of the plaintext, each a byte at least', () => {
    const cipher = cipherOf(name)
    const step = name === 'fernet' ? 4 : 1
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(600_000), (start, plainBytes) => {
        const offset = start * step
        const lengths = planChunks(cipher, offset, plainBytes, DEFAULT_CHUNK_BYTES)
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(plainBytes)
        expect(lengths.every((length) => Number.isInteger(length) && length >= 1)).toBe(true)
        const end = endsOf(cipher, offset, lengths).at(-1) ?? offset
        expect(sealedLength(cipher, offset, plainBytes, DEFAULT_CHUNK_BYTES)).toBe(end - offset)
      }),
    )
  })

  test('end on every page from the first that can be reached', () => {
    const cipher = cipherOf(name)
    const step = name === 'fernet' ? 4 : 1
    const unfilled: number[] = []
    for (let offset = 0; offset < DEFAULT_CHUNK_BYTES; offset += step) {
      const ends = new Set(endsOf(cipher, offset, planChunks(cipher, offset, 300_000, DEFAULT_CHUNK_BYTES)))
      if (!ends.has(DEFAULT_CHUNK_BYTES)) unfilled.push(DEFAULT_CHUNK_BYTES - offset)
      for (let page = 2; page <= 4; page++) {
        if (!ends.has(page * DEFAULT_CHUNK_BYTES)) expect.fail(`from ${offset}, no chunk ends on page ${page}`)
      }
    }
    // Only what is smaller than a chunk of one byte, or lies between the steps of Fernet's lengths, cannot be filled.
    const expected = { secretbox: [72, 72], 'aes-ocb': [63, 63], fernet: [102, 768] }[name]
    expect([unfilled.length, Math.max(...unfilled)]).toEqual(expected)
  })

  test('are as long as they were said to be', async () => {
    const cipher = cipherOf(name)
    for (const plainBytes of [0, 1, 15, 16, 17, 65_463, 65_464, 65_465, 200_000]) {
      for (const offset of [0, 32, 65_500, 65_536]) {
        const { bytes } = await sealChunks(cipher, new Uint8Array(plainBytes), offset, DEFAULT_CHUNK_BYTES)
        expect(bytes.length).toBe(sealedLength(cipher, offset, plainBytes, DEFAULT_CHUNK_BYTES))
      }
    }
  })

  test('are none for nothing', () => {
    expect(planChunks(cipherOf(name), 123_456, 0, DEFAULT_CHUNK_BYTES)).toEqual([])
    expect(sealedLength(cipherOf(name), 123_456, 0, DEFAULT_CHUNK_BYTES)).toBe(0)
  })
})

test('a page of secretbox is one chunk of 65,464 bytes', () => {
  expect(planChunks(cipherOf('secretbox'), 0, 131_000, DEFAULT_CHUNK_BYTES)).toEqual([65_464, 65_464, 72])
})

test('a page of Fernet is six chunks, the fewest that end with it', () => {
  const lengths = planChunks(cipherOf('fernet'), 0, 1_000_000, DEFAULT_CHUNK_BYTES)
  const ends = endsOf(cipherOf('fernet'), 0, lengths)
  expect(ends.filter((end) => end <= DEFAULT_CHUNK_BYTES).length).toBe(6)
  expect(lengths.slice(6, 12)).toEqual(lengths.slice(0, 6))
})

/** A cipher whose bodies are padded to a multiple. */
function padding(name: string, multiple: number, overhead: number): ChunkCipher {
  const open = (): Uint8Array => new Uint8Array(0)
  return {
    name,
    bodyBytes: (plainBytes) => Math.ceil((plainBytes + overhead) / multiple) * multiple,
    plainCapacity: (bodyBytes) => Math.max(-1, Math.floor(bodyBytes / multiple) * multiple - overhead),
    seal: () => {},
    open,
    seals: open,
  }
}

describe('ciphers of one’s own', () => {
  test('whose chunks never end on a page are written all the same', () => {
    // 32 + 1000 n is no multiple of 4096 for any sum that fits into three pages of 4096.
    const cipher = padding('padded', 1000, 50)
    for (const offset of [0, 1, 1032, 4095]) {
      const lengths = planChunks(cipher, offset, 100_000, 4096)
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(100_000)
      expect(lengths.every((length) => length >= 1)).toBe(true)
    }
  })

  test('whose smallest chunk is over a page are written all the same', () => {
    const lengths = planChunks(padding('coarse', 1_000_000, 50), 0, 3_000_000, 4096)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(3_000_000)
    expect(lengths.every((length) => length >= 1)).toBe(true)
  })

  test('are not taken for another of the same name', () => {
    // The same at 1 and at 1000 bytes; the second goes up in steps of three.
    const smooth = padding('mine', 1, 31)
    const stepped: ChunkCipher = {
      ...smooth,
      bodyBytes: (plainBytes) => 32 + Math.ceil((plainBytes - 1) / 3) * 3,
      plainCapacity: (bodyBytes) => Math.floor((bodyBytes - 32) / 3) * 3 + 1,
    }
    expect(endsOf(smooth, 0, planChunks(smooth, 0, 1500, 512))).toContain(512)
    expect(endsOf(stepped, 0, planChunks(stepped, 0, 1500, 512))).toContain(512)
    expect(planChunks(stepped, 0, 1500, 512)).toEqual(new Oracle(stepped, 512).plan(stepped, 0, 1500, 512))
  })

  test('are let go of: planning for one asks nothing of another', () => {
    let asked = 0
    const first: ChunkCipher = {
      ...padding('let go', 1, 31),
      bodyBytes(n) {
        asked++
        return n + 31
      },
    }
    planChunks(first, 0, 1000, 512)
    asked = 0
    for (let offset = 0; offset < 512; offset++) planChunks(padding('let go', 1, 31), offset, 1000, 512)
    expect(asked).toBe(0)
  })
})
