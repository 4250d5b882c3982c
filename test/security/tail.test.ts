import { generateKeys, memoryStorage, openCoffer, type CofferKeys, type OpenOptions, type VariantName } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { seeded } from './support/disk.js'

// What a crash leaves behind the last commit is cut; a commit that was there and is damaged is not.

const SECTOR = 512
const CHUNK_HEADER = 32
const sealed: readonly { readonly kind: string; readonly variant: VariantName; readonly container?: 'aes-ocb' }[] = [
  { kind: 'store', variant: 'store' },
  { kind: 'bank', variant: 'bank' },
  { kind: 'bank with AES-OCB', variant: 'bank', container: 'aes-ocb' },
]
const all: typeof sealed = [...sealed, { kind: 'market', variant: 'market' }, { kind: 'null', variant: 'null' }]

interface Sample {
  readonly bytes: Uint8Array
  readonly options: OpenOptions
  /** Where the last commit begins. */
  readonly commitAt: number
}

async function makeSample({ variant, container }: (typeof all)[number]): Promise<Sample> {
  const keys: CofferKeys = await generateKeys(variant, container ? { container } : {})
  const options: OpenOptions = { variant, keys, autoFlush: false, blockBytes: 4096 }
  const storage = memoryStorage()
  const coffer = await openCoffer(storage, { ...options, mode: 'x' })
  await coffer.write('a', 'committed')
  await coffer.flush()
  await coffer.write('b', randomBytes(3000, 5))
  await coffer.flush()
  const bytes = storage.bytes()
  await coffer.discard()
  return { bytes, options, commitAt: lastUnit(bytes, variant) }
}

/** Where the last chunk, or the last record where there is no container cipher, begins. */
function lastUnit(bytes: Uint8Array, variant: VariantName): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (variant === 'market' || variant === 'null') {
    for (let at = bytes.length - 8; ; at--) if (view.getUint32(at, true) === 0x184d2a5c && at + 8 + view.getUint32(at + 4, true) === bytes.length) return at
  }
  let at = 0
  for (;;) {
    const end = at + CHUNK_HEADER + view.getUint32(at, true)
    if (end === bytes.length) return at
    at = end
  }
}

function randomBytes(length: number, seed: number): Uint8Array {
  const random = seeded(seed)
  return Uint8Array.from({ length }, () => 1 + random() * 255)
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** A chunk whose body is this: as one that a crash left, of which nobody can say more. */
function chunk(body: Uint8Array): Uint8Array {
  const header = new Uint8Array(CHUNK_HEADER)
  new DataView(header.buffer).setUint32(0, body.length, true)
  return join(header, body)
}

async function outcomeOf(bytes: Uint8Array, options: OpenOptions): Promise<string> {
  const coffer = await openCoffer(memoryStorage(bytes), options).catch((error: unknown) => error as { readonly code: string })
  if ('code' in coffer) return coffer.code
  const outcome = `generation ${coffer.generation}${coffer.recovered ? `, ${coffer.recovered.reason}` : ''}`
  await coffer.close()
  return outcome
}

describe.each(sealed)('behind the last commit of a $kind coffer', (kind) => {
  test('a chunk that ends in the byte a commit begins with, before a missing sector, is torn', async () => {
    const { bytes, options, commitAt } = await makeSample(kind)
    const pattern = bytes.subarray(commitAt, commitAt + 2)
    const patternBytes = pattern[1] === 0 ? 1 : 2
    for (let zeros = CHUNK_HEADER - patternBytes; zeros <= CHUNK_HEADER + 8; zeros++) {
      const length = 2 * SECTOR - ((bytes.length + CHUNK_HEADER + zeros) % SECTOR)
      const first = randomBytes(length, zeros)
      first.set(pattern.subarray(0, patternBytes), length - patternBytes)
      for (const later of [300, 600, 1000]) {
        const state = join(bytes, chunk(first), new Uint8Array(zeros), randomBytes(later, later))
        expect((bytes.length + CHUNK_HEADER + length + zeros) % SECTOR).toBe(0)
        expect(await outcomeOf(state, options), `${zeros} zeros, ${later} bytes`).toBe('generation 2, torn')
        // Also where it stands behind another hole.
        const hole = new Uint8Array(2 * SECTOR)
        expect(await outcomeOf(join(bytes, hole, chunk(first), new Uint8Array(zeros), randomBytes(later, later)), options)).toBe('generation 2, torn')
      }
    }
  })

  test('a chunk a little longer than a commit, its nonce beginning with zeros, is torn', async () => {
    const { bytes, options, commitAt } = await makeSample(kind)
    const bodyBytes = bytes.length - commitAt - CHUNK_HEADER
    for (let more = 1; more <= 4; more++) {
      const body = randomBytes(bodyBytes + more, more)
      body.fill(0, 0, more)
      expect(await outcomeOf(join(bytes, chunk(body)), options), `${more} more`).toBe('generation 2, torn')
    }
  })
})

test.each(sealed)('a longer chunk of a $kind coffer, cut to the length of a commit, is torn', async (kind) => {
  const { bytes, options, commitAt } = await makeSample(kind)
  const commitBytes = bytes.length - commitAt
  for (const more of [16, 64, 128, 256, 512, 1024]) {
    const cut = chunk(randomBytes(commitBytes - CHUNK_HEADER + more, more)).subarray(0, commitBytes)
    expect(await outcomeOf(join(bytes, cut), options), `${more} more`).toBe('generation 2, torn')
  }
})

test('content that is itself a coffer makes no damaged commit of a torn write', async () => {
  const options: OpenOptions = { variant: 'null', autoFlush: false, blockBytes: 524_288 }
  const inner = (await makeSample({ kind: 'null', variant: 'null' })).bytes
  const storage = memoryStorage()
  const coffer = await openCoffer(storage, { ...options, mode: 'x' })
  await coffer.write('a', 'committed')
  await coffer.flush()
  const end = storage.bytes().length
  // Does not compress, so that it stands in the file as it is.
  await coffer.write('coffers', join(randomBytes(140_000, 1), inner, randomBytes(300_000, 2), inner, randomBytes(20_000, 3)))
  await coffer.flush()
  const whole = storage.bytes()
  await coffer.discard()
  expect(Buffer.from(whole).lastIndexOf(inner)).toBeGreaterThan(end)
  for (let length = whole.length - 1; length > end; length -= 1873) {
    expect(await outcomeOf(whole.slice(0, length), options), `cut to ${length}`).toBe('generation 1, torn')
  }
  const random = seeded(11)
  for (let i = 0; i < 60; i++) {
    const torn = whole.slice()
    // The commit, and any others, of its sectors did not reach the disk.
    torn.fill(0, (Math.floor((whole.length - 1) / SECTOR) - 1) * SECTOR)
    for (let at = end - (end % SECTOR) + SECTOR; at < torn.length; at += SECTOR) if (random() < i / 60) torn.fill(0, at, at + SECTOR)
    expect(await outcomeOf(torn, options), `missing sectors, ${i}`).toBe('generation 1, torn')
  }
})

describe.each(all)('a damaged commit of a $kind coffer', (kind) => {
  test('is noticed also where a crash left something behind it', async () => {
    const { bytes, options, commitAt } = await makeSample(kind)
    const torn = [randomBytes(700, 1), new Uint8Array(700), join(new Uint8Array(300), randomBytes(500, 2)), bytes.subarray(0, 100)]
    for (const at of [commitAt + 60, bytes.length - 1]) {
      const changed = bytes.slice()
      changed[at] = (changed[at] as number) ^ 4
      for (const tail of torn) expect(await outcomeOf(join(changed, tail), options)).toBe('ERR_COFFER_DAMAGED')
    }
  })

  test('is noticed where a byte before it is gone, or one more is there', async () => {
    const { bytes, options } = await makeSample(kind)
    const { generation, end } = await firstCommit(bytes, options)
    expect(generation).toBe(1)
    for (const at of [end + 9, end + 200, end + 1500]) {
      expect(await outcomeOf(join(bytes.subarray(0, at), bytes.subarray(at + 1)), options), `without byte ${at}`).toBe('ERR_COFFER_DAMAGED')
      expect(await outcomeOf(join(bytes.subarray(0, at), new Uint8Array([7]), bytes.subarray(at)), options), `one more at ${at}`).toBe('ERR_COFFER_DAMAGED')
    }
  })
})

/** The first commit of a coffer and where it ends. */
async function firstCommit(bytes: Uint8Array, options: OpenOptions): Promise<{ generation: number; end: number }> {
  for (let end = 1; end < bytes.length; end++) {
    const coffer = await openCoffer(memoryStorage(bytes.slice(0, end)), options).catch(() => undefined)
    if (!coffer) continue
    const { generation } = coffer
    await coffer.close()
    return { generation, end }
  }
  throw new Error('no commit')
}
