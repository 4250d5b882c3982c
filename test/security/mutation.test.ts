import { CofferError, generateKeys, memoryStorage, openCoffer, type Coffer, type CofferKeys, type VariantName } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { seeded } from './support/disk.js'

// Whatever is changed in a small coffer: what is read is what some commit held, or a CofferError.

const kinds: readonly { readonly kind: string; readonly variant: VariantName; readonly container?: 'aes-ocb' }[] = [
  { kind: 'store', variant: 'store' },
  { kind: 'bank', variant: 'bank' },
  { kind: 'bank with AES-OCB', variant: 'bank', container: 'aes-ocb' },
  { kind: 'market', variant: 'market' },
  { kind: 'null', variant: 'null' },
]

interface Sample {
  readonly bytes: Uint8Array
  readonly keys: CofferKeys
  readonly variant: VariantName
  /** Content by generation. */
  readonly contents: ReadonlyMap<number, string>
  readonly newest: number
  /** Where commits end: a file that ends there is an older copy, and nothing in it says so. */
  readonly ends: ReadonlySet<number>
}

async function contentOf(coffer: Coffer): Promise<string> {
  const content: [string, string][] = []
  for await (const { name, type, mode, mtimeMs } of coffer.members()) {
    content.push([`${name} ${type} ${mode} ${mtimeMs}`, type === 'file' ? Buffer.from(await coffer.read(name)).toString('base64') : ''])
  }
  return JSON.stringify(content)
}

async function makeSample(variant: VariantName, container: 'aes-ocb' | undefined): Promise<Sample> {
  const keys = await generateKeys(variant, container ? { container } : {})
  const storage = memoryStorage()
  const coffer = await openCoffer(storage, { mode: 'x', variant, keys, autoFlush: false, blockBytes: 4096 })
  const contents = new Map<number, string>()
  const ends = new Set<number>()
  const random = seeded(3)
  const mtime = 1_700_000_000_000
  await coffer.write('small', 'some text', { mtime })
  await coffer.write('text', 'abc '.repeat(300), { mtime })
  await coffer.flush()
  contents.set(coffer.generation, await contentOf(coffer))
  ends.add(storage.bytes().length)
  await coffer.write('random', Uint8Array.from({ length: 5000 }, () => random() * 256), { mtime })
  await coffer.write('small', 'replaced', { mtime })
  await coffer.delete('text')
  await coffer.flush()
  contents.set(coffer.generation, await contentOf(coffer))
  ends.add(storage.bytes().length)
  await coffer.write('last', 'x', { mtime })
  await coffer.flush()
  contents.set(coffer.generation, await contentOf(coffer))
  ends.add(storage.bytes().length)
  const newest = coffer.generation
  const bytes = storage.bytes()
  await coffer.discard()
  return { bytes, keys, variant, contents, newest, ends }
}

/** What becomes of changed bytes: `newest`, `older`, an error's code, or what must not be. */
async function outcomeOf(sample: Sample, bytes: Uint8Array, recover = false): Promise<string> {
  try {
    const coffer = await openCoffer(memoryStorage(bytes), { variant: sample.variant, keys: sample.keys, recover })
    try {
      const content = await contentOf(coffer)
      const known = sample.contents.get(coffer.generation)
      if (content !== known) return `OTHER DATA at generation ${coffer.generation}`
      if (coffer.generation === sample.newest) return 'newest'
      return coffer.recovered ? 'older' : 'OLDER WITHOUT A WORD'
    } finally {
      await coffer.close()
    }
  } catch (error) {
    return error instanceof CofferError ? error.code : `NO COFFER ERROR: ${String(error)}`
  }
}

const allowed = /^(newest|older|ERR_COFFER_(AUTH|DAMAGED|LEGACY|VARIANT|NOT_A_COFFER|LIMIT|UNSUPPORTED|NAME|CONFLICT))$/

describe.each(kinds)('a $kind coffer', ({ variant, container }) => {
  test('with any byte changed gives the same data or an error', { timeout: 300_000 }, async () => {
    const sample = await makeSample(variant, container)
    const step = Math.max(1, Math.floor(sample.bytes.length / 3000))
    for (let at = 0; at < sample.bytes.length; at += step) {
      const changed = sample.bytes.slice()
      changed[at] = (changed[at] as number) ^ (1 << at % 8)
      const outcome = await outcomeOf(sample, changed)
      expect(outcome, `byte ${at} of ${sample.bytes.length}`).toMatch(allowed)
      expect(outcome, `byte ${at} of ${sample.bytes.length}`).not.toBe('older')
    }
  })

  test('with a byte of its newest commit changed is refused, and opens the one before on request', { timeout: 300_000 }, async () => {
    const sample = await makeSample(variant, container)
    const { bytes } = sample
    const length = variant === 'bank' && !container ? 300 : 180
    for (let at = bytes.length - length; at < bytes.length; at++) {
      const changed = bytes.slice()
      changed[at] = (changed[at] as number) ^ 0x10
      expect(await outcomeOf(sample, changed), `byte ${at}`).toBe('ERR_COFFER_DAMAGED')
      if (at % 16 === 0) expect(await outcomeOf(sample, changed, true), `byte ${at}, recovering`).toBe('older')
    }
  })

  test('cut anywhere opens an older commit, with a word, or is an error', { timeout: 300_000 }, async () => {
    const sample = await makeSample(variant, container)
    const step = Math.max(1, Math.floor(sample.bytes.length / 700))
    for (let length = 0; length < sample.bytes.length; length += step) {
      const outcome = await outcomeOf(sample, sample.bytes.slice(0, length))
      if (sample.ends.has(length)) continue
      expect(outcome, `cut to ${length} of ${sample.bytes.length}`).toMatch(allowed)
      expect(outcome, `cut to ${length} of ${sample.bytes.length}`).not.toBe('newest')
    }
  })

  test('with pieces deleted, repeated or swapped gives no other data', { timeout: 300_000 }, async () => {
    const sample = await makeSample(variant, container)
    const { bytes } = sample
    const units = unitsOf(bytes, variant)
    const pieces: (readonly [number, number])[] = [...units]
    for (let at = 0; at + 512 <= bytes.length; at += 512) pieces.push([at, at + 512])
    const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
    for (const [i, [start, end]] of pieces.entries()) {
      const piece = bytes.subarray(start, end)
      const changes: [string, Uint8Array][] = [
        ['deleted', join(bytes.subarray(0, start), bytes.subarray(end))],
        ['repeated', join(bytes.subarray(0, end), piece, bytes.subarray(end))],
        ['zeroed', join(bytes.subarray(0, start), new Uint8Array(end - start), bytes.subarray(end))],
        ['appended', join(bytes, piece)],
      ]
      const next = pieces[i + 1]
      if (next && next[0] === end) changes.push(['swapped', join(bytes.subarray(0, start), bytes.subarray(next[0], next[1]), piece, bytes.subarray(next[1]))])
      for (const [what, changed] of changes) {
        if (Buffer.compare(changed, bytes) === 0) continue
        expect(await outcomeOf(sample, changed), `${start}-${end} ${what}`).toMatch(allowed)
      }
    }
    expect(units.length).toBeGreaterThan(8)
  })
})

/** Where each chunk, or each frame where there is no cipher around the whole, begins and ends. */
function unitsOf(bytes: Uint8Array, variant: VariantName): [number, number][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const units: [number, number][] = []
  for (let at = 0; at < bytes.length; ) {
    const length = variant === 'store' || variant === 'bank' ? 32 + view.getUint32(at, true) : frameBytes(view, at)
    units.push([at, at + length])
    at += length
  }
  return units
}

function frameBytes(view: DataView, at: number): number {
  if (view.getUint32(at, true) === 0x184d2a5c) return 8 + view.getUint32(at + 4, true)
  const descriptor = view.getUint8(at + 4)
  const sizeFlag = descriptor >> 6
  const isSingle = (descriptor & 0x20) !== 0
  let to = at + 5 + (isSingle ? 0 : 1) + (sizeFlag === 0 ? (isSingle ? 1 : 0) : 2 ** sizeFlag)
  for (;;) {
    const bits = view.getUint16(to, true) | (view.getUint8(to + 2) << 16)
    to += 3 + ((bits >> 1) % 4 === 1 ? 1 : bits >> 3)
    if (bits & 1) return to - at
  }
}
