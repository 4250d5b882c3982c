import { memoryStorage, type StorageFile } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { testLock } from '../../../test/conformance/lock-suite.js'
import { testStorage } from '../../../test/conformance/storage-suite.js'

testStorage({ name: 'memory', create: async () => memoryStorage() })

testLock({
  name: 'memory',
  create: async () => {
    const storage = memoryStorage()
    return [storage, storage]
  },
})

describe('memory storage', () => {
  test('begins with a copy of the bytes it is given, and gives out copies', async () => {
    const bytes = Uint8Array.of(1, 2, 3)
    const storage = memoryStorage(bytes)
    bytes.fill(0)
    storage.bytes().fill(9)
    expect(storage.bytes()).toEqual(Uint8Array.of(1, 2, 3))
    expect(await ((await storage.open('read')) as StorageFile).read(0, 3)).toEqual(Uint8Array.of(1, 2, 3))
  })

  test('has no bytes where nothing was published', async () => {
    const storage = memoryStorage()
    const file = await storage.replace()
    await file.write(0, Uint8Array.of(1))
    expect(storage.bytes()).toEqual(new Uint8Array(0))
    await file.publish()
    expect(storage.bytes()).toEqual(Uint8Array.of(1))
  })

  test('two storages are two places', async () => {
    const [one, two] = [memoryStorage(), memoryStorage()]
    await one.lock('exclusive', { timeoutMs: 0 })
    await expect(two.lock('exclusive', { timeoutMs: 0 })).resolves.toBeDefined()
  })
})
