import { describe, expect, test } from 'vitest'
import { CofferError, generateKeys, memoryStorage, openCoffer, openSalvage, salvageInto, type CofferStorage, type Salvage, type SalvagedMember } from '@coffer/core'
import { inspectLog, openSession, salvageTo } from '@coffer/core/internal'
import { kept, outcomeOf, type Kept, type Outcome } from './salvage-kit.js'
import { codeOf, kinds, names, place, sample } from './support.js'

const coffers = new Map<string, Promise<Kept>>()
for (const { kind, variant, container } of kinds) coffers.set(kind, kept(variant, container))
const coffer = (kind: string): Promise<Kept> => coffers.get(kind) as Promise<Kept>

/** Files that the newest commit has. */
const current = ['a.txt', 'b/c.txt', 'b/large.bin', 'd.txt', 'empty', 'last.bin', 'link', 'nothing', 'several.bin']
const missing = ({ whole }: Outcome): string[] => current.filter((name) => !whole.has(name))

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

/** About `count` places in a file: all over it, and close together where its records are. */
function places(length: number, count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => Math.floor((i * length) / count))
  return [...all, ...Array.from({ length: count }, (_, i) => Math.max(0, length - 1 - i * 97)), 0, 4, 8, 20, 60, 100]
}

describe.each(kinds)('a damaged $kind', ({ kind, variant }) => {
  // A bank's ciphers are slow.
  const many = variant === 'bank' ? 8 : 40

  test('comes out whole where nothing is damaged', async () => {
    const it = await coffer(kind)
    const outcome = await outcomeOf(it, it.bytes)
    expect(missing(outcome)).toEqual([])
    expect(outcome.isWhole).toBe(true)
    expect(new Set(outcome.origins.values())).toEqual(new Set(['newest']))
    expect([...outcome.origins.keys()]).toEqual(current)
  })

  test('loses at most the member in which a byte was changed', async () => {
    const it = await coffer(kind)
    for (const at of places(it.bytes.length, many)) {
      const outcome = await outcomeOf(it, flip(it.bytes, at))
      expect(outcome.refused, `at ${at}`).toBeUndefined()
      expect(missing(outcome).length, `at ${at}: ${String(missing(outcome))}`).toBeLessThanOrEqual(1)
      if (outcome.isWhole) expect([...outcome.origins.keys()], `at ${at}`).toEqual(current)
    }
  })

  test('gives what stands before the place where it was cut', async () => {
    const it = await coffer(kind)
    const commits = await commitEnds(it)
    for (const at of places(it.bytes.length, many / 2)) {
      const outcome = await outcomeOf(it, it.bytes.slice(0, at))
      if (at < 1000) continue
      expect(outcome.refused, `at ${at}`).toBeUndefined()
      const isWhole = commits.includes(at)
      expect(outcome.isWhole, `at ${at}`).toBe(isWhole)
      if (at < (commits[0] as number)) continue
      for (const name of ['a.txt', 'b/c.txt', 'b/large.bin']) expect(outcome.whole, `at ${at}`).toContain(name)
    }
  })

  test('gives authentic bytes only where sectors are lost or swapped', async () => {
    const it = await coffer(kind)
    const sector = (number: number): Uint8Array => it.bytes.subarray(number * 4096, (number + 1) * 4096)
    const sectors = Math.floor(it.bytes.length / 4096)
    // Without seals nothing tells what stands in the tar stream of a null coffer.
    const last = variant === 'null' ? sectors - 3 : sectors
    for (let number = variant === 'null' ? 1 : 0; number < last; number += kind === 'bank' ? 7 : 3) {
      const zeroed = it.bytes.slice()
      zeroed.fill(0, number * 4096, (number + 1) * 4096)
      const swapped = it.bytes.slice()
      const other = (number * 5 + 1) % last
      swapped.set(sector(other), number * 4096)
      swapped.set(sector(number), other * 4096)
      for (const bytes of variant === 'null' && number > 20 ? [] : [zeroed, swapped]) {
        const outcome = await outcomeOf(it, bytes)
        expect(outcome.refused, `sector ${number}`).toBeUndefined()
        expect(outcome.whole.size + outcome.partial.size).toBeGreaterThan(4)
      }
    }
  })

  test('is as good without the first record, which is told from the others', async () => {
    const it = await coffer(kind)
    const bytes = flip(it.bytes, variant === 'null' ? 20 : 90)
    expect(await codeOf(openCoffer(memoryStorage(bytes), { keys: it.keys, variant }))).not.toBe('no error')
    const outcome = await outcomeOf(it, bytes)
    expect(missing(outcome)).toEqual([])
    expect(outcome.isWhole).toBe(true)
    await using left = await openSalvage(memoryStorage(bytes), { keys: it.keys, variant })
    await using intact = await openCoffer(memoryStorage(it.bytes), { keys: it.keys, variant })
    expect(left.id).toBe(intact.id)
  })

  test.skipIf(variant === 'null')('says nothing to another key', async () => {
    const it = await coffer(kind)
    const keys = await generateKeys(variant, kind === 'bank with AES-OCB' ? { container: 'aes-ocb' } : {})
    for (const bytes of [it.bytes, flip(it.bytes, 90), it.bytes.slice(0, 500), sample(5000), new Uint8Array(0)]) {
      // The tar of a market is in the clear, so that its names and links can be had; the content of no file can.
      if (variant === 'market' && bytes.length > 5000) {
        await using left = await openSalvage(memoryStorage(bytes), { keys, variant })
        for (const found of left.members) {
          expect(found.origin).toBe('archive')
          for await (const piece of left.pieces(found)) expect(piece.bytes?.length ?? 0).toBe(0)
        }
      } else expect(await codeOf(openSalvage(memoryStorage(bytes), { keys, variant }))).toBe('ERR_COFFER_AUTH')
    }
  })
})

describe('what is damaged', () => {
  test('has older versions', async () => {
    const it = await coffer('store')
    const layout = await layoutOf(it)
    // The pack of the third commit holds the newest a.txt.
    const bytes = flip(it.bytes, (layout.at(-2) as { start: number }).start + 40)
    await using left = await openSalvage(memoryStorage(bytes), { keys: it.keys })
    const found = left.members.find(({ member }) => member.name === 'a.txt')
    if (!found) throw new Error('no a.txt')
    const others = await left.alternatives(found)
    expect(others.map(({ origin }) => origin)).toEqual(['older', 'archive'])
    await using rescued = await openCoffer(memoryStorage(), { mode: 'x', keys: it.keys })
    const report = await salvageInto(rescued, left)
    expect(report.ok).toBe(false)
    expect(report.files.filter(({ name }) => name === 'a.txt')).toMatchObject([
      { origin: 'newest', writtenAs: undefined, bad: [{ start: 0, end: 400, code: 'ERR_COFFER_AUTH' }] },
      { origin: 'older', writtenAs: 'a.txt.older', bad: [] },
    ])
    expect(await rescued.has('a.txt')).toBe(false)
    expect(Buffer.compare(await rescued.read('a.txt.older'), it.versions.get('a.txt')?.[0] as Uint8Array)).toBe(0)
  })

  test('comes into another coffer with zeros for what is lost', async () => {
    const it = await coffer('market')
    const bytes = flip(it.bytes, 50_000)
    await using left = await openSalvage(memoryStorage(bytes), { keys: it.keys })
    await using rescued = await openCoffer(memoryStorage(), { mode: 'x', keys: it.keys })
    const done: number[] = []
    const report = await salvageInto(rescued, left, { onProgress: (progress) => done.push(progress.done) })
    const large = report.files.find(({ name }) => name === 'b/large.bin')
    const [hole] = large?.bad ?? []
    expect(large).toMatchObject({ writtenAs: 'b/large.bin.damaged', origin: 'newest', size: 100_000 })
    expect(hole && hole.end - hole.start).toBe(4096)
    const expected = it.versions.get('b/large.bin')?.[0]?.slice() as Uint8Array
    expected.fill(0, hole?.start, hole?.end)
    expect(Buffer.compare(await rescued.read('b/large.bin.damaged'), expected)).toBe(0)
    expect(await names(rescued)).toEqual([...current.filter((name) => name !== 'b/large.bin'), 'b/large.bin.damaged'].sort())
    expect((await rescued.stat('link'))?.target).toBe('a.txt')
    expect(done.at(-1)).toBe(left.members.reduce((sum, { member }) => sum + member.size, 0))
  })

  test('keeps what is left of a file whose name has no room for more', async () => {
    const { storage, keys, open } = await place('market')
    const long = `d/${'😀'.repeat(63)}`
    {
      await using made = await open({ mode: 'x', blockBytes: 4096 })
      for (const name of [`${long}a`, `${long}b`]) await made.write(name, sample(30_000, 1))
    }
    await using left = await openSalvage(memoryStorage(flip(flip(storage.bytes(), 15_000), 45_000)), { keys })
    await using rescued = await openCoffer(memoryStorage(), { mode: 'x', keys })
    await salvageInto(rescued, left)
    expect(await names(rescued)).toEqual([`d/${'😀'.repeat(61)}.damaged`, `d/${'😀'.repeat(61)}.damaged-2`])
  })

  test('is whole in the tar stream where only the table of its blocks is lost', async () => {
    const it = await coffer('store')
    let outcome: Outcome | undefined
    let at = 100_000
    for (; at < 107_000 && (outcome?.whole.has('b/large.bin') !== false || outcome.partial.has('b/large.bin')); at += 40) {
      outcome = await outcomeOf(it, flip(it.bytes, at))
    }
    await using left = await openSalvage(memoryStorage(flip(it.bytes, at - 40)), { keys: it.keys })
    await using rescued = await openCoffer(memoryStorage(), { mode: 'x', keys: it.keys })
    const report = await salvageInto(rescued, left)
    expect(report.files.filter(({ name }) => name === 'b/large.bin')).toMatchObject([
      { writtenAs: undefined, origin: 'newest' },
      { writtenAs: 'b/large.bin.older', origin: 'archive', bad: [] },
    ])
    expect(Buffer.compare(await rescued.read('b/large.bin.older'), it.versions.get('b/large.bin')?.[0] as Uint8Array)).toBe(0)
  })

  test('does not replace what the other coffer has', async () => {
    const it = await coffer('store')
    await using rescued = await openCoffer(memoryStorage(), { mode: 'x', keys: it.keys })
    await rescued.write('a.txt', 'mine')
    await rescued.write('b', 'in the way')
    await using left = await openSalvage(memoryStorage(it.bytes), { keys: it.keys })
    const report = await salvageInto(rescued, left)
    expect(await rescued.readText('a.txt')).toBe('mine')
    expect(report.ok).toBe(false)
    const unwritten = report.files.filter(({ writtenAs }) => writtenAs === undefined)
    expect(unwritten.map(({ name }) => name)).toEqual(['a.txt', 'b/c.txt', 'b/large.bin'])
  })

  test('may be a disk that cannot be read', async () => {
    const it = await coffer('store')
    const failing = await outcomeOf(it, failingStorage(it.bytes, 60_000, 60_001))
    expect(failing.refused).toBeUndefined()
    expect(missing(failing)).toEqual(['b/large.bin'])
    expect(failing.partial).toEqual(new Set(['b/large.bin']))
    // The commit, its index and all else of the last sector are lost.
    expect(missing(await outcomeOf(it, failingStorage(it.bytes, it.bytes.length - 50, it.bytes.length)))).toEqual(['last.bin'])
  })
})

describe('an index without anything else', () => {
  test('needs two records, or the id', async () => {
    const keys = await generateKeys('store')
    const storage = memoryStorage()
    let id: string
    {
      await using made = await openCoffer(storage, { mode: 'x', keys })
      await made.write('one', 'first')
      id = made.id
    }
    const layout = await layoutOf({ bytes: storage.bytes(), keys, variant: 'store' })
    const bytes = storage.bytes()
    bytes.fill(0, 0, 64)
    const withoutHead = bytes.slice()
    bytes.fill(0, (layout[0] as { offset: number }).offset + 64)
    const origins = async (damaged: Uint8Array, remembered?: string): Promise<string[]> => {
      await using left = await openSalvage(memoryStorage(damaged), { keys, id: remembered })
      return left.members.map(({ origin }) => origin)
    }
    expect(await origins(withoutHead)).toEqual(['newest'])
    expect(await origins(bytes)).toEqual(['archive'])
    expect(await origins(bytes, id)).toEqual(['newest'])
    expect(await origins(bytes, id.replace(/./g, '0'))).toEqual(['archive'])
    await expect(openSalvage(memoryStorage(bytes), { keys, id: 'xyz' })).rejects.toThrow(TypeError)
  })
})

describe('a salvage', () => {
  test('holds the lock, and lets go of it', async () => {
    const it = await coffer('store')
    const storage = memoryStorage(it.bytes)
    const left = await openSalvage(storage, { keys: it.keys })
    expect(await codeOf(openCoffer(storage, { keys: it.keys, lockTimeoutMs: 0 }))).toBe('ERR_COFFER_LOCKED')
    await left[Symbol.asyncDispose]()
    await left[Symbol.asyncDispose]()
    await (await openCoffer(storage, { keys: it.keys, lockTimeoutMs: 0 })).close()
    expect(await codeOf(openSalvage(memoryStorage(sample(900)), { keys: it.keys }))).toBe('ERR_COFFER_AUTH')
  })

  test('never writes to the coffer', async () => {
    const it = await coffer('store')
    const damaged = flip(it.bytes, 147_900)
    const storage = memoryStorage(damaged)
    await using left = await openSalvage(storage, { keys: it.keys })
    expect(left.isWhole).toBe(false)
    expect(Buffer.compare(storage.bytes(), damaged)).toBe(0)
  })

  test('is aborted', async () => {
    const it = await coffer('store')
    const controller = new AbortController()
    const reason = new Error('enough')
    const storage = memoryStorage(flip(it.bytes, 147_900))
    const opening = openSalvage(storage, { keys: it.keys, signal: controller.signal, onProgress: () => controller.abort(reason) })
    await expect(opening).rejects.toBe(reason)
    await (await openSalvage(storage, { keys: it.keys, lockTimeoutMs: 0 }))[Symbol.asyncDispose]()
  })

  test('asks for the dictionary and the keys that the coffer needs', async () => {
    const keys = await generateKeys('store')
    const storage = memoryStorage()
    const dictionary = sample(4000, 1, true)
    await (await openCoffer(storage, { mode: 'x', keys, dictionary })).close()
    expect(await codeOf(openSalvage(storage, { keys }))).toBe('ERR_COFFER_DICTIONARY')
    expect(await codeOf(openSalvage(storage, { keys: {}, variant: 'store' }))).toBe('ERR_COFFER_KEY')
    expect(await codeOf(openSalvage(memoryStorage(), { keys }))).toBe('ERR_COFFER_NOT_FOUND')
  })

  test('of a file that says it is longer than it can be ends there, and says so', async () => {
    const it = await coffer('store')
    const block = sample(524_288)
    await using left = await openSalvage(memoryStorage(it.bytes), { keys: it.keys })
    const [a, large] = ['a.txt', 'b/large.bin'].map((name) => left.members.find(({ member }) => member.name === name)) as [SalvagedMember, SalvagedMember]
    let asked = 0
    const endless: Salvage = {
      ...left,
      fileBytes: left.fileBytes,
      members: [a, large],
      async *pieces(found) {
        const blocks = found === a ? 400 : 2 ** 21
        for (let i = 0; i < blocks; i++) {
          asked += 1
          const place = { start: i * block.length, end: (i + 1) * block.length }
          if (i % 200 === 0) yield { ...place, bytes: block, code: undefined }
          else yield { ...place, bytes: undefined, code: 'ERR_COFFER_DAMAGED' }
        }
      },
      alternatives: async () => [],
      [Symbol.asyncDispose]: async () => undefined,
    }
    const written = new Map<string, number>()
    const report = await salvageTo(endless, {
      directory: async () => undefined,
      symlink: async () => undefined,
      file: async (name, _member, bytes) => {
        for await (const piece of bytes) written.set(name, (written.get(name) ?? 0) + piece.length)
        return true
      },
    })
    // What little is missing of the first is all there, as zeros.
    const room = it.bytes.length * 1000 + 268_435_456 - 398 * block.length
    const blocks = Math.floor(room / block.length)
    const end = written.get('b/large.bin.damaged') as number
    expect(written.get('a.txt.damaged')).toBe(400 * block.length)
    expect(end).toBe((blocks + Math.floor(blocks / 199) + 1) * block.length)
    expect(report.files[0]?.bad.at(-1)).toMatchObject({ end: 400 * block.length })
    expect(report.files[1]?.bad.at(-1)).toEqual({ start: end, end, code: 'ERR_COFFER_DAMAGED' })
    expect(asked).toBeLessThan(2000)
  })

  test.each(['market', 'null'] as const)('of a %s with a long hole reads it in pieces, and finds what is before and behind it', async (variant) => {
    const it = await coffer(variant)
    const HOLE = 50_000_000
    // In the middle of a member, which nothing tells in a null coffer, and behind the last commit.
    for (const at of variant === 'null' ? [it.bytes.length] : [50_000, it.bytes.length]) {
      const storage = memoryStorage(it.bytes)
      const [file, open] = [await storage.open('read'), storage.open.bind(storage)]
      let longest = 0
      const read = async (offset: number, length: number): Promise<Uint8Array> => {
        longest = Math.max(longest, length)
        const out = new Uint8Array(Math.max(0, Math.min(length, it.bytes.length + HOLE - offset)))
        const before = it.bytes.subarray(Math.min(offset, at), Math.min(at, offset + out.length))
        out.set(before)
        const from = Math.max(offset, at + HOLE)
        if (from < offset + out.length) out.set(it.bytes.subarray(from - HOLE, offset + out.length - HOLE), from - offset)
        return out
      }
      Object.assign(storage, { open: async () => Object.assign({ ...(await open('read')) }, { ...file, read, size: async () => it.bytes.length + HOLE }) })
      const outcome = await outcomeOf(it, storage)
      expect(outcome.refused).toBeUndefined()
      expect(missing(outcome)).toEqual(at === 50_000 ? ['b/large.bin'] : [])
      expect(longest).toBeLessThan(34_000_000)
    }
  })

  test('of a hostile file ends', { timeout: 300_000 }, async () => {
    // Sixty thousand beginnings of chunks that claim most of the file.
    const bytes = new Uint8Array(2_000_000)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < bytes.length - 40; at += 33) view.setUint32(at, 1_000_000, true)
    const it = await coffer('store')
    const started = process.cpuUsage()
    expect(await codeOf(openSalvage(memoryStorage(bytes), { keys: it.keys }))).toBe('ERR_COFFER_AUTH')
    expect(cpuMsSince(started)).toBeLessThan(15_000)
    // Frames of nothing: each attempt to find a header goes to the end.
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0)
    const frames = new Uint8Array(frame.length * 30_000)
    for (let at = 0; at < frames.length; at += frame.length) frames.set(frame, at)
    const again = process.cpuUsage()
    expect(await codeOf(openSalvage(memoryStorage(frames), { variant: 'null' }))).toBe('ERR_COFFER_AUTH')
    expect(cpuMsSince(again)).toBeLessThan(15_000)
  })

  test('of a file that is full of what begins as a record ends, and finds the id where there are some', async () => {
    const it = await coffer('null')
    const start = Uint8Array.of(0x5c, 0x2a, 0x4d, 0x18, 40, 0, 0, 0, 1, 2, 5, 0)
    const hostile = (records: number): Uint8Array => Uint8Array.from({ length: records * start.length }, (_, i) => start[i % start.length] as number)
    const started = process.cpuUsage()
    expect(await codeOf(openSalvage(memoryStorage(hostile(2000)), { variant: 'null' }))).toBe('ERR_COFFER_AUTH')
    expect(cpuMsSince(started)).toBeLessThan(10_000)
    // A few of them before the first record, and a byte of the id changed.
    const bytes = flip(it.bytes, 20)
    const [first] = await layoutOf(it)
    bytes.set(hostile(5), (first?.start ?? 0) + 1000)
    await using left = await openSalvage(memoryStorage(bytes), { variant: 'null' })
    await using intact = await openCoffer(memoryStorage(it.bytes), { variant: 'null' })
    expect(left.id).toBe(intact.id)
  })
})

/** By the processor's time, since the clock goes on while others have it. */
function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** Where each commit ends. */
async function commitEnds(it: Pick<Kept, 'bytes' | 'keys' | 'variant'>): Promise<number[]> {
  return (await layoutOf(it)).map(({ end }) => end)
}

/** Where the bytes of each commit begin, its record stands, and it ends; the oldest first. */
async function layoutOf(it: Pick<Kept, 'bytes' | 'keys' | 'variant'>): Promise<{ start: number; offset: number; end: number }[]> {
  const { session } = await openSession(memoryStorage(it.bytes), { keys: it.keys, variant: it.variant, lock: 'none' })
  const { commits } = await inspectLog(session.log, 100)
  const { commitBytes } = session.log.file
  await session.close()
  const all = commits.map(({ offset, bytes }) => ({ start: offset + commitBytes - bytes, offset, end: offset + commitBytes }))
  return all.toReversed()
}

/** A storage whose disk cannot read some bytes. */
function failingStorage(bytes: Uint8Array, from: number, to: number): CofferStorage {
  const storage = memoryStorage(bytes)
  const open = storage.open.bind(storage)
  return Object.assign(storage, {
    open: async (access: 'read' | 'write') => {
      const file = await open(access)
      return (
        file && {
          ...file,
          read: async (offset: number, length: number) => {
            if (offset < to && offset + length > from) throw new CofferError('ERR_COFFER_IO', 'The disk cannot read this.')
            return file.read(offset, length)
          },
        }
      )
    },
  })
}
