import { indexedDbStorage, opfsStorage } from '@coffer/browser'
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
