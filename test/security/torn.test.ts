import { generateKeys, isCofferError, memoryStorage, openCoffer, type Coffer, type OpenOptions, type VariantName } from '@coffer/core'
import { expect, test } from 'vitest'
import { crashStates, LoggedDisk, seeded, unseenStates } from './support/disk.js'

/** Stories for each kind; `COFFER_STORIES=1000` for a long search. */
const STORIES = Number(process.env['COFFER_STORIES'] ?? 6)
const CHAPTERS = 8

interface Story {
  readonly disk: LoggedDisk
  /** Generations that were promised to last, with the number of changes by then. */
  readonly promised: readonly { readonly generation: number; readonly count: number }[]
}

/** Changes at random, of random lengths, so that chunks end anywhere in a sector. */
async function tell(options: OpenOptions, random: () => number): Promise<Story> {
  const disk = new LoggedDisk()
  const promised: { generation: number; count: number }[] = []
  const coffer = await openCoffer(disk, { ...options, mode: 'x' })
  for (let chapter = 0; chapter < CHAPTERS; chapter++) {
    for (let calls = 1 + random() * 3; calls >= 1; calls--) await change(coffer, random)
    await coffer.flush()
    promised.push({ generation: coffer.generation, count: disk.ops.length })
  }
  await coffer.close()
  promised.push({ generation: coffer.generation, count: disk.ops.length })
  return { disk, promised }
}

async function change(coffer: Coffer, random: () => number): Promise<void> {
  const name = `file-${Math.floor(random() * 4)}`
  const kind = Math.floor(random() * 8)
  const length = Math.floor(random() ** 3 * 12_000)
  const bytes = Uint8Array.from({ length }, () => random() * 256)
  if (kind < 5) await coffer.write(name, kind === 0 ? 'text '.repeat(length / 20) : bytes)
  else if (kind < 6 && (await coffer.has(name))) await coffer.append(name, bytes)
  else if (kind < 7 && (await coffer.has(name))) await coffer.delete(name)
  else await writeThatFails(coffer, bytes)
}

async function writeThatFails(coffer: Coffer, bytes: Uint8Array): Promise<void> {
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
    throw new TypeError('the source failed')
  }
  await expect(coffer.write('never', failing())).rejects.toThrow('the source failed')
}

// Only that it opens, and where: what it holds then is in crash.test.ts. Nonces and layouts are different each time, which is the point.
test.each((['store', 'bank', 'market', 'null'] as const).flatMap((variant) => (['full', 'relaxed'] as const).map((durability) => [variant, durability] as const)))(
  'a crash is not taken for damage in random stories (%s, %s)',
  { timeout: 60_000 + STORIES * 3000 },
  async (variant: VariantName, durability) => {
    let states = 0
    for (let story = 0; story < STORIES; story++) {
      const seed = Math.floor(Math.random() * 2 ** 32)
      const random = seeded(seed)
      const options: OpenOptions = { variant, keys: await generateKeys(variant), durability, autoFlush: false, blockBytes: 4096 }
      const { disk, promised } = await tell(options, random)
      const isNew = unseenStates()
      for (let count = 0; count <= disk.ops.length; count++) {
        const least = promised.findLast((promise) => promise.count <= count)?.generation ?? 0
        for (const state of crashStates(disk.ops, count, random)) {
          states += 1
          if (!isNew(state, least)) continue
          const what = `seed ${seed}, after change ${count} of ${disk.ops.length}, state ${states}`
          const coffer = state && (await openCoffer(memoryStorage(state), options).catch((error: unknown) => (isCofferError(error) ? error.code : String(error))))
          expect(coffer, what).not.toBeTypeOf('string')
          if (typeof coffer === 'string') return
          expect(coffer?.generation ?? 0, what).toBeGreaterThanOrEqual(least)
          await coffer?.close()
        }
      }
    }
    expect(states).toBeGreaterThan(STORIES * 100)
    console.log(`${variant}, ${durability}: ${states} states of ${STORIES} stories`)
  },
)
