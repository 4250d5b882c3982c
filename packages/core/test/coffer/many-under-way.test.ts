import { memoryStorage, openCoffer } from '@coffer/core'
import { openSession, putEntries, type StartedEntry } from '@coffer/core/internal'
import { expect, test } from 'vitest'
import { changedEngine } from './changed-engine.js'
import { blocksOf, pause, sample } from './support.js'

/** A coffer of its own, as content that does not compress. */
async function coffersBytes(): Promise<Uint8Array> {
  const storage = memoryStorage()
  const coffer = await openCoffer(storage, { mode: 'x', variant: 'null' })
  await coffer.write('a', sample(100_000, 7))
  await coffer.close()
  return storage.bytes()
}

// The lengths matter: the hole that the entry leaves lies within a sector.
test('an entry that was not written yet, with a coffer as content behind it, is no damage', async () => {
  const blockBytes = 65_536
  let slow = -1
  let calls = -1
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const engine = changedEngine((coder) => ({
    concurrency: 6,
    encode(blocks, place, options) {
      calls += 1
      const call = calls
      return coder.encode(
        blocks,
        async (lengths) => {
          const where = await place(lengths)
          // It has its place by now, and is long in being sealed.
          if (call === slow) await released
          return where
        },
        options,
      )
    },
  }))
  const storage = memoryStorage()
  const { session } = await openSession(storage, { mode: 'x', variant: 'null', blockBytes, engine })
  await session.flush(true)
  await session.mutate(async ({ writer, catalog }) => {
    catalog.put(await writer.putFile({ name: 'z', mode: 0o600, mtimeMs: 0, blockBytes }, blocksOf(sample(10, 1), blockBytes)))
  })
  await session.flush(true)
  let killed: Uint8Array = new Uint8Array(0)
  const content = new Uint8Array(Buffer.concat([await coffersBytes(), sample(50_000, 9)]))
  await session.mutate(async (log) => {
    slow = calls + 1
    const start = (name: string, bytes: Uint8Array): Promise<StartedEntry> =>
      log.writer.startFile({ name, mode: 0o600, mtimeMs: 0, blockBytes }, blocksOf(bytes, blockBytes), { inBackground: true })
    async function* started(): AsyncGenerator<StartedEntry> {
      yield start('a', sample(10, 3))
      yield start('b', content)
    }
    const done = putEntries(log, started())
    await pause(200)
    killed = storage.bytes()
    release()
    await done
  })
  await session.flush(false)
  await session.close()
  const again = await openCoffer(memoryStorage(killed), { mode: 'a', variant: 'null' })
  expect(again.recovered).toBeDefined()
  await again.close()
})

test('each file accounts for its own bytes only, wherever its table comes to stand', async () => {
  const blockBytes = 4096
  const engine = changedEngine((coder) => ({
    concurrency: 6,
    encode: (blocks, place, options) =>
      coder.encode(
        blocks,
        async (lengths) => {
          const where = await place(lengths)
          await pause(2)
          return where
        },
        options,
      ),
  }))
  const storage = memoryStorage()
  const { session } = await openSession(storage, { mode: 'x', variant: 'null', blockBytes, engine })
  await session.flush(true)
  const before = storage.bytes().length
  await session.mutate(async (log) => {
    async function* started(): AsyncGenerator<StartedEntry> {
      for (let i = 0; i < 30; i++) {
        const source = blocksOf(sample(blockBytes * 17, i), blockBytes)
        yield log.writer.startFile({ name: `f${i}`, mode: 0o600, mtimeMs: 0, blockBytes }, source, { inBackground: true })
      }
    }
    await putEntries(log, started())
  })
  let sum = 0
  for (const { weight } of session.log.catalog.entries()) sum += weight
  expect(sum).toBe(storage.bytes().length - before)
  await session.flush(false)
  await session.close()
})
