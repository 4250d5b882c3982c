import { memoryStorage } from '@coffer/core'
import { openSession, putEntries, type SourceBlock, type StartedEntry } from '@coffer/core/internal'
import { expect, test } from 'vitest'
import { changedEngine } from './changed-engine.js'
import { blocksOf, pause, sample } from './support.js'

test.each([
  ['of a single block', 60_000],
  ['of several blocks', 200_000],
])('a failure of a file %s ends the change while a long source behind it is taken in', async (_, bytes) => {
  const blockBytes = 65_536
  let fails = false
  const engine = changedEngine((coder) => ({
    concurrency: 6,
    async encode(blocks, place, options) {
      const isToFail = fails
      fails = false
      const sealed = await coder.encode(blocks, place, options)
      if (!isToFail) return sealed
      await pause(20)
      throw new Error('the thread died')
    },
  }))
  const storage = memoryStorage()
  const { session } = await openSession(storage, { mode: 'x', variant: 'null', blockBytes, engine })
  let taken = 0
  async function* long(): AsyncGenerator<SourceBlock> {
    for (; taken < 1000; taken++) {
      await pause(1)
      yield { input: { plain: sample(10, taken) }, plainBytes: 10, owned: true }
    }
  }
  const change = session.mutate(async (log) => {
    const start = (name: string, source: AsyncIterable<SourceBlock>): Promise<StartedEntry> =>
      log.writer.startFile({ name, mode: 0o600, mtimeMs: 0, blockBytes }, source, { inBackground: true })
    async function* started(): AsyncGenerator<StartedEntry> {
      fails = true
      yield start('a', blocksOf(sample(bytes, 3), blockBytes))
      yield start('b', long())
    }
    await putEntries(log, started())
  })
  await expect(change).rejects.toThrow('the thread died')
  expect(taken).toBeLessThan(200)
  await session.mutate(async ({ writer, catalog }) => {
    catalog.put(await writer.putFile({ name: 'c', mode: 0o600, mtimeMs: 0, blockBytes }, blocksOf(sample(bytes, 5), blockBytes)))
  })
  await session.flush(true)
  expect(Array.from(session.log.catalog.entries(), ({ name }) => name)).toEqual(['c'])
  await session.close()
})
