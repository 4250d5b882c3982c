import { CofferError, generateKeys, isCofferError, memoryStorage, openCoffer, type Coffer, type CofferKeys, type OpenOptions, type VariantName } from '@coffer/core'
import { openSession } from '@coffer/core/internal'
import { describe, expect, test } from 'vitest'
import { scanRecords } from '../../packages/core/src/log/record-scan.js'
import { recordTypes } from '../../packages/core/src/log/record.js'
import { crashStates, LoggedDisk, seeded, unseenStates, type DiskOp } from './support/disk.js'

type Content = ReadonlyMap<string, string>
type Durability = 'full' | 'relaxed'

const variants: readonly VariantName[] = ['store', 'bank', 'market', 'null']

function bytes(length: number, seed: number): Uint8Array {
  const random = seeded(seed)
  return Uint8Array.from({ length }, () => random() * 256)
}

async function contentOf(coffer: Coffer): Promise<Content> {
  const content = new Map<string, string>()
  for await (const { name, type } of coffer.members()) {
    content.set(name, type === 'file' ? Buffer.from(await coffer.read(name)).toString('base64') : type)
  }
  return content
}

async function writeThatFails(coffer: Coffer): Promise<void> {
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 20; i++) yield bytes(4096, i)
    throw new CofferError('ERR_COFFER_IO', 'the source failed')
  }
  await coffer.write('never', failing())
}

/** What happens to a coffer between two flushes, one call after the other. */
const chapters: readonly (readonly ((coffer: Coffer) => Promise<unknown>)[])[] = [
  [(coffer) => coffer.write('a', 'first')],
  [(coffer) => coffer.write('large', bytes(9000, 1)), (coffer) => coffer.write('d/b', 'in a directory')],
  [(coffer) => coffer.write('a', 'replaced')],
  [(coffer) => coffer.append('large', bytes(6000, 2))],
  [writeThatFails, (coffer) => coffer.write('e', bytes(300, 3))],
  [(coffer) => coffer.move('d', 'f')],
  [(coffer) => coffer.delete('e')],
  [(coffer) => coffer.delete('f', { recursive: true }), (coffer) => coffer.write('f', 'a file where a directory was')],
  [(coffer) => coffer.compact()],
  [(coffer) => coffer.write('after', bytes(5000, 4))],
]

interface Story {
  readonly ops: readonly DiskOp[]
  /** What each generation holds. */
  readonly contents: ReadonlyMap<number, Content>
  /** Generations that were promised to last, with the number of changes by then. */
  readonly promised: readonly { readonly generation: number; readonly count: number }[]
}

async function tell(disk: LoggedDisk, options: OpenOptions): Promise<Story> {
  const contents = new Map<number, Content>()
  const promised: { generation: number; count: number }[] = []
  const coffer = await openCoffer(disk, { ...options, mode: 'x' })
  const note = async (content: Content): Promise<void> => {
    contents.set(coffer.generation, content)
    promised.push({ generation: coffer.generation, count: disk.ops.length })
  }
  for (const chapter of chapters) {
    for (const call of chapter) await (call === writeThatFails ? expect(call(coffer)).rejects.toThrow('the source failed') : call(coffer))
    const content = await contentOf(coffer)
    contents.set(coffer.generation + (coffer.modified ? 1 : 0), content)
    await coffer.flush()
    await note(content)
  }
  const content = await contentOf(coffer)
  await coffer.close()
  await note(content)
  return { ops: disk.ops, contents, promised }
}

async function expectState(state: Uint8Array | undefined, least: number, { contents }: Story, options: OpenOptions, what: string): Promise<void> {
  if (!state) {
    expect(least, what).toBe(0)
    return
  }
  const check = async (coffer: Coffer): Promise<void> => {
    expect(coffer.generation, what).toBeGreaterThanOrEqual(least)
    expect(await contentOf(coffer), `${what}, generation ${coffer.generation}`).toEqual(contents.get(coffer.generation))
  }
  const reader = await openCoffer(memoryStorage(state), options).catch((error: unknown) => {
    throw new Error(`${what}: does not open`, { cause: error })
  })
  await check(reader)
  await reader.close()
  const storage = memoryStorage(state)
  const writer = await openCoffer(storage, { ...options, mode: 'a' })
  await check(writer)
  await writer.write('more', 'goes on')
  const content = await contentOf(writer)
  await writer.close()
  const again = await openCoffer(storage, options)
  expect(again.recovered, what).toBeUndefined()
  expect(await contentOf(again), what).toEqual(content)
  expect((await again.verify()).ok, what).toBe(true)
  await again.close()
}

function optionsFor(variant: VariantName, keys: CofferKeys, durability: Durability): OpenOptions {
  return { variant, keys, durability, autoFlush: false, blockBytes: 4096 }
}

describe.each(variants)('a %s coffer', (variant) => {
  test.each(['full', 'relaxed'] as const)('opens at the last synced commit or later after a crash at any moment (%s)', { timeout: 300_000 }, async (durability) => {
    const options = optionsFor(variant, await generateKeys(variant), durability)
    const disk = new LoggedDisk()
    const story = await tell(disk, options)
    const random = seeded(7)
    let states = 0
    const isNew = unseenStates()
    for (let count = 0; count <= story.ops.length; count++) {
      const least = story.promised.findLast((promise) => promise.count <= count)?.generation ?? 0
      for (const state of crashStates(story.ops, count, random)) {
        if (isNew(state, least)) await expectState(state, least, story, options, `after change ${count} of ${story.ops.length}, state ${states}`)
        states += 1
      }
    }
    expect(states).toBeGreaterThan(200)
  })

  test('survives a disk that is full, or a sync that fails, at any call', { timeout: 300_000 }, async () => {
    const options = optionsFor(variant, await generateKeys(variant), 'full')
    const { ops } = await tell(new LoggedDisk(), options)
    for (const [code, kind] of [['ERR_COFFER_FULL', 'write'], ['ERR_COFFER_IO', 'sync']] as const) {
      const calls = [...ops.keys()].filter((index) => ops[index]?.kind === kind)
      expect(calls.length).toBeGreaterThan(10)
      for (const at of calls) {
        const disk = new LoggedDisk()
        let failures = 0
        disk.fault = (op, index) => {
          if (index !== at || failures > 0) return
          expect(op.kind).toBe(kind)
          failures += 1
          throw new CofferError(code, 'made to fail')
        }
        const what = `${code} at change ${at}`
        const coffer = await openCoffer(disk, { ...options, mode: 'x' }).catch((error: unknown) => {
          expect(isCofferError(error), what).toBe(true)
        })
        if (!coffer) continue
        let committed: Content = new Map()
        let isPoisoned = false
        for (const chapter of chapters) {
          for (const call of chapter) {
            const before = await contentOf(coffer)
            try {
              await call(coffer)
            } catch (error) {
              expect(isCofferError(error), `${what}: ${String(error)}`).toBe(true)
              isPoisoned ||= isCofferError(error, 'ERR_COFFER_POISONED')
              expect(await contentOf(coffer), what).toEqual(before)
            }
          }
          const content = await contentOf(coffer)
          try {
            await coffer.flush()
            committed = content
          } catch (error) {
            expect(isCofferError(error), `${what}: ${String(error)}`).toBe(true)
            isPoisoned ||= isCofferError(error, 'ERR_COFFER_POISONED')
            // What was not committed is still there, and goes in by the next flush.
            expect(await contentOf(coffer), what).toEqual(content)
          }
          if (isPoisoned) break
        }
        if (!isPoisoned) {
          // There is space again: nothing is lost.
          await coffer.flush()
          committed = await contentOf(coffer)
        }
        expect(failures, what).toBe(1)
        const generation = coffer.generation
        await coffer.discard()
        const state = disk.bytes()
        if (!state) continue
        const again = await openCoffer(memoryStorage(state), options)
        if (!isPoisoned || again.generation === generation) expect(await contentOf(again), what).toEqual(committed)
        expect((await again.verify()).ok, what).toBe(true)
        await again.close()
      }
    }
  })
})

// More names than one index record takes, so that it is a run of them that counts, and not the newest alone.
describe.each(variants)('a relaxed commit of many names in a %s coffer', (variant) => {
  async function tellMany(): Promise<{ readonly options: OpenOptions; readonly bytes: Uint8Array; readonly synced: number }> {
    const options = optionsFor(variant, await generateKeys(variant), 'relaxed')
    const storage = memoryStorage()
    const first = await openCoffer(storage, { ...options, durability: 'full', mode: 'x' })
    await first.write('important', 'the old version')
    await first.close()
    const synced = storage.bytes().length
    const coffer = await openCoffer(storage, { ...options, mode: 'a' })
    await coffer.write('important', bytes(3000, 5))
    for (let i = 0; i < 4200; i++) await coffer.makeDirectory(`d${i}`)
    await coffer.flush()
    const written = storage.bytes()
    await coffer.discard()
    return { options, bytes: written, synced }
  }

  /** One sector, from `from` on, that was not written before the crash. */
  function withoutSector(whole: Uint8Array, from: number): Uint8Array {
    const at = Math.ceil(from / 512) * 512
    return whole.slice().fill(0, at, at + 512)
  }

  async function expectFirst(torn: Uint8Array, options: OpenOptions): Promise<void> {
    for (const mode of ['r', 'a'] as const) {
      const coffer = await openCoffer(memoryStorage(torn), { ...options, mode })
      expect(coffer.recovered).toMatchObject({ generation: 1, reason: 'unverified' })
      expect(await coffer.readText('important')).toBe('the old version')
      await coffer.discard()
    }
  }

  test('does not count where any of its index records is missing', async () => {
    const { options, bytes: whole, synced } = await tellMany()
    const { session } = await openSession(memoryStorage(whole), options)
    const places: number[] = []
    for await (const { type, offset } of scanRecords(session.log.file)) if (type === recordTypes.index && offset >= synced) places.push(offset)
    await session.close()
    expect(places).toHaveLength(3)
    for (const place of places) await expectFirst(withoutSector(whole, place + 600), options)
    const coffer = await openCoffer(memoryStorage(whole), options)
    expect(coffer.generation).toBe(2)
    await coffer.close()
  })

  test('does not count where content is missing that its first record names', async () => {
    const { options, bytes: whole, synced } = await tellMany()
    await expectFirst(withoutSector(whole, synced + 900), options)
  })
})
