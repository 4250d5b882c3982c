import { generateKeys, memoryStorage, openCoffer, type Engine } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { changedEngine } from './changed-engine.js'
import { same, sample } from './support.js'

/** An engine with room for six calls, each of which takes its time; how many there were, and how many at once at most. */
function slowEngine(): { readonly engine: Engine; encodes: number; decodes: number; mostAtOnce: number } {
  let underWay = 0
  const slowly = async <T>(call: () => Promise<T>): Promise<T> => {
    seen.mostAtOnce = Math.max(seen.mostAtOnce, ++underWay)
    await new Promise((resolve) => setTimeout(resolve, 5))
    underWay -= 1
    return call()
  }
  const seen = {
    encodes: 0,
    decodes: 0,
    mostAtOnce: 0,
    engine: changedEngine((coder) => ({
      concurrency: 6,
      encode(...call) {
        seen.encodes += 1
        return slowly(() => coder.encode(...call))
      },
      decode(...call) {
        seen.decodes += 1
        return slowly(() => coder.decode(...call))
      },
    })),
  }
  return seen
}

/** A coffer with 24 files of so many bytes, opened with a slow engine. */
async function filled(bytes: number) {
  const storage = memoryStorage()
  const keys = await generateKeys('store')
  const made = await openCoffer(storage, { mode: 'x', keys })
  for (let i = 0; i < 24; i++) await made.write(`f${i}`, sample(bytes, i + 1))
  await made.close()
  const slow = slowEngine()
  const coffer = await openCoffer(storage, { mode: 'a', keys, engine: slow.engine })
  slow.mostAtOnce = 0
  return { coffer, slow, storage, keys }
}

describe.each([
  { of: 'of a block each', bytes: 40_000 },
  { of: 'of several blocks', bytes: 1_100_000 },
])('files $of', ({ bytes }) => {
  test('are compacted side by side, and stay what they were', async () => {
    const { coffer, slow, storage, keys } = await filled(bytes)
    await coffer.compact()
    expect(slow.encodes).toBeGreaterThanOrEqual(24)
    expect(slow.mostAtOnce).toBeGreaterThanOrEqual(5)
    await coffer.close()
    const again = await openCoffer(storage, { mode: 'r', keys })
    for (let i = 0; i < 24; i++) expect(same(await again.read(`f${i}`), sample(bytes, i + 1))).toBe(true)
    await again.close()
  })

  test('are verified side by side', async () => {
    const { coffer, slow } = await filled(bytes)
    expect(await coffer.verify()).toEqual({ ok: true, members: 24, bytes: 24 * bytes, bad: [] })
    expect(slow.mostAtOnce).toBeGreaterThanOrEqual(3)
    await coffer.close()
  })
})

test('small files that stand together are verified together', async () => {
  const { coffer, slow } = await filled(1000)
  const seen: number[] = []
  expect(await coffer.verify({ onProgress: ({ done }) => seen.push(done) })).toMatchObject({ ok: true, bytes: 24_000 })
  expect(slow.decodes).toBe(1)
  expect(seen).toEqual(Array.from({ length: 24 }, (_, i) => (i + 1) * 1000))
  await coffer.close()
})
