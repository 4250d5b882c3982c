import { generateKeys, memoryStorage, openCoffer, type CofferStorage } from '@coffer/core'
import { expect, test } from 'vitest'
import { failingStorage } from './failing-storage.js'
import { codeOf, names, sample, same } from './support.js'

test('a sync that fails while a change is taken back is remembered: the system will not tell of it again', async () => {
  const { storage, fails } = failingStorage()
  const coffer = await openCoffer(storage, { mode: 'x', variant: 'null' })
  await coffer.write('first', 'x')
  await coffer.flush()
  await coffer.write('a', sample(2_000_000))
  const aborter = new AbortController()
  fails.sync = 1
  const writing = coffer.write('b', sample(2_000_000, 2), { signal: aborter.signal, onProgress: () => aborter.abort() })
  await expect(writing).rejects.toMatchObject({ name: 'AbortError' })
  // What is taken back is cut, and that synced, at the latest before the next commit.
  expect(await codeOf(coffer.flush())).toBe('ERR_COFFER_POISONED')
  expect(fails.sync).toBe(0)
  expect(await codeOf(coffer.write('c', 'x'))).toBe('ERR_COFFER_POISONED')
  expect(await codeOf(coffer.close())).toBe('ERR_COFFER_POISONED')
  expect(coffer.closed).toBe(true)
  await using again = await openCoffer(storage, { variant: 'null' })
  expect(await names(again)).toEqual(['first'])
})

async function withDeadBytes(storage: CofferStorage) {
  const keys = await generateKeys('store')
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  for (let i = 0; i < 4; i++) await coffer.write('a', sample(60_000, i))
  await coffer.flush()
  return { coffer, keys }
}

test('a coffer that cannot be compacted for want of space is closed all the same', async () => {
  const { storage, fails } = failingStorage()
  const { coffer, keys } = await withDeadBytes(storage)
  fails.replace = true
  await coffer.close()
  expect(coffer.closed).toBe(true)
  const again = await openCoffer(storage, { mode: 'a', keys, lockTimeoutMs: 0 })
  expect(same(await again.read('a'), sample(60_000, 3))).toBe(true)
  await again.close()
})

test.each([false, true])('a purge that fails or is aborted has deleted nothing, and can be tried again (autoFlush: %s)', async (autoFlush) => {
  const { storage, fails, bytes } = failingStorage()
  const keys = await generateKeys('bank')
  const coffer = await openCoffer(storage, { mode: 'x', keys, autoFlush })
  await coffer.write('dir/secret', sample(300_000))
  await coffer.write('other', sample(3_000_000, 2))
  await coffer.flush()
  const { generation } = coffer
  fails.replace = true
  expect(await codeOf(coffer.delete('dir', { recursive: true, purge: true }))).toBe('ERR_COFFER_FULL')
  fails.replace = false
  const aborter = new AbortController()
  const purging = coffer.delete('dir', { recursive: true, purge: true, signal: aborter.signal, onProgress: () => aborter.abort() })
  await expect(purging).rejects.toMatchObject({ name: 'AbortError' })
  expect(same(await coffer.read('dir/secret'), sample(300_000))).toBe(true)
  expect(coffer.generation).toBe(generation)
  expect(coffer.modified).toBe(false)
  const before = bytes().length
  await coffer.delete('dir', { recursive: true, purge: true })
  expect(await names(coffer)).toEqual(['other'])
  expect(bytes().length).toBeLessThan(before - 300_000)
  await coffer.close()
  await using again = await openCoffer(storage, { keys })
  expect(await again.verify()).toMatchObject({ ok: true })
})

test('chunks that no token of Fernet could fill are refused', async () => {
  const keys = await generateKeys('bank')
  for (const chunkBytes of [65_537, 70_002, 4095, 1_048_580, 65_536.5, Number.NaN]) {
    await expect(openCoffer(memoryStorage(), { mode: 'x', keys, chunkBytes })).rejects.toThrow(RangeError)
  }
  const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys, chunkBytes: 70_004 })
  await coffer.write('a', sample(200_000))
  await coffer.close()
})
