import { generateKeys, memoryStorage, openCoffer } from '@coffer/core'
import { expect, test } from 'vitest'

test.each(['bank', 'store', 'market', 'null'] as const)('core runs in a page: %s', async (variant) => {
  const keys = await generateKeys(variant)
  const storage = memoryStorage()
  const coffer = await openCoffer(storage, { mode: 'x', variant, keys })
  const text = 'the same line again and again\n'.repeat(10_000)
  await coffer.write('notes/today.txt', text)
  await coffer.close()
  expect(storage.bytes().length).toBeLessThan(text.length / 2)
  await using again = await openCoffer(storage, { keys, variant })
  expect(await again.readText('notes/today.txt')).toBe(text)
})

test('nothing in the page has stood in for Node', () => {
  expect('Buffer' in globalThis).toBe(false)
})
