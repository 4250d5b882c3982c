import { indexedDbStorage, opfsStorage } from '@coffer/browser'
import type { CofferStorage, StorageFile, StorageReplacement } from '@coffer/core'
import { expect, test } from 'vitest'
import { testLock } from '../../../test/conformance/lock-suite.js'
import { testStorage } from '../../../test/conformance/storage-suite.js'
import { storageInWorker } from './storage-in-worker.js'
import { readAll, uniqueName } from './support.js'

testStorage({
  name: 'IndexedDB in a worker',
  create: () => storageInWorker('indexeddb', uniqueName()),
  readBackup: async (storage, extension) => readAll(indexedDbStorage(storage.name + extension)),
})

testStorage({
  name: 'OPFS in a worker, synchronously',
  create: () => storageInWorker('opfs', uniqueName()),
  readBackup: async (storage, extension) => readAll(opfsStorage(storage.name + extension)),
})

for (const kind of ['indexeddb', 'opfs'] as const) {
  testLock({
    name: `${kind} in a worker`,
    create: async () => {
      const name = uniqueName()
      return [await storageInWorker(kind, name), await storageInWorker(kind, name)]
    },
  })
  testLock({
    name: `${kind}, between a page and a worker`,
    create: async () => {
      const name = uniqueName()
      return [kind === 'opfs' ? opfsStorage(name) : indexedDbStorage(name), await storageInWorker(kind, name)]
    },
  })
}

test('a lock that was released is free for everybody at once', async () => {
  const name = uniqueName()
  const places = [indexedDbStorage(name), await storageInWorker('indexeddb', name), await storageInWorker('indexeddb', name)]
  for (let turn = 0; turn < 300; turn++) {
    // Within no time at all: nobody waits for whoever was there before.
    const lock = await (places[turn % places.length] as CofferStorage).lock('exclusive', { timeoutMs: 0 })
    await lock.release()
  }
})

test.each(['indexeddb', 'opfs'] as const)('what a page keeps of %s is not older than what a worker wrote between two of its locks', async (kind) => {
  const name = uniqueName()
  const here = kind === 'opfs' ? opfsStorage(name) : indexedDbStorage(name)
  const there = await storageInWorker(kind, name)
  const alone = async (storage: CofferStorage, action: () => Promise<void>): Promise<void> => {
    const lock = await storage.lock('exclusive', { timeoutMs: 5000 })
    await action()
    await lock.release()
  }
  const write = async (value: number): Promise<void> => {
    const file = (await there.open('write')) ?? (await there.replace())
    await file.write(0, new Uint8Array(1_200_000).fill(value))
    if ('publish' in file && !(await file.isCurrent())) await (file as StorageReplacement).publish()
    await file.sync()
    await file.close()
  }
  await alone(there, () => write(1))
  const file = (await here.open('read')) as StorageFile
  const firstBytes = async (): Promise<number[]> => [...(await file.read(0, 1)), ...(await file.read(600_000, 1)), ...(await file.read(0, 1))]
  await alone(here, async () => expect(await firstBytes()).toEqual([1, 1, 1]))
  await alone(there, () => write(2))
  await alone(here, async () => expect(await firstBytes()).toEqual([2, 2, 2]))
  await alone(there, () => write(3))
  expect(await firstBytes()).toEqual([3, 3, 3])
  await file.close()
})

test.each(['indexeddb', 'opfs'] as const)('a worker that reads %s keeps its bytes when a page puts another file there', async (kind) => {
  const name = uniqueName()
  const here = kind === 'opfs' ? opfsStorage(name) : indexedDbStorage(name)
  const there = await storageInWorker(kind, name)
  const publish = async (value: number): Promise<void> => {
    const file = await here.replace()
    await file.write(0, new Uint8Array(1_200_000).fill(value))
    await file.publish()
    await file.close()
  }
  await publish(1)
  const reader = (await there.open('read')) as StorageFile
  await publish(2)
  // Clears up what nobody uses.
  await (await here.open('write'))?.close()
  expect(await reader.read(1_199_999, 10)).toEqual(Uint8Array.of(1))
  expect(await reader.isCurrent()).toBe(false)
  expect(await readAll(here)).toEqual(new Uint8Array(1_200_000).fill(2))
  await reader.close()
})
