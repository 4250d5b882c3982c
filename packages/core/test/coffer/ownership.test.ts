import { memoryStorage, type CofferStorage, type StorageFile } from '@coffer/core'
import { openSession, type SourceBlock } from '@coffer/core/internal'
import { expect, test } from 'vitest'
import { sample } from './support.js'

/** A storage that counts how often somebody asks whether a file is still the coffer. */
function counted(): { readonly storage: CofferStorage; asked: number } {
  const memory = memoryStorage()
  const state = { storage: memory as CofferStorage, asked: 0 }
  const counting = <F extends StorageFile>(file: F): F =>
    new Proxy(file, {
      get(target, property) {
        if (property === 'isCurrent') state.asked += 1
        const value: unknown = Reflect.get(target, property, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  state.storage = new Proxy(memory, {
    get(target, property) {
      if (property === 'open') return async (access: 'read' | 'write') => target.open(access).then((file) => file && counting(file))
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return state
}

async function* twoBlocks(): AsyncGenerator<SourceBlock> {
  for (const seed of [1, 2]) yield { input: { plain: sample(4096, seed) }, plainBytes: 4096 }
}

test('whether the file is still the coffer is not asked anew for each of many files', async () => {
  const place = counted()
  const first = await openSession(place.storage, { mode: 'x', variant: 'null', blockBytes: 4096 })
  await first.session.flush(true)
  await first.session.close()
  const { session } = await openSession(place.storage, { mode: 'a', variant: 'null', blockBytes: 4096 })
  place.asked = 0
  const start = Date.now()
  await session.mutate(async ({ writer, catalog }) => {
    for (let i = 0; i < 100; i++) catalog.put(await writer.putFile({ name: String(i), mode: 0o600, mtimeMs: 0, blockBytes: 4096 }, twoBlocks()))
  })
  // Once before the change, and then at most every 50 ms.
  expect(place.asked).toBeGreaterThanOrEqual(1)
  expect(place.asked).toBeLessThanOrEqual(2 + (Date.now() - start) / 50)
  await session.flush(false)
  await session.close()
})
