import { indexedDbStorage } from '@coffer/browser'
import { testLock } from '../../../test/conformance/lock-suite.js'
import { testStorage } from '../../../test/conformance/storage-suite.js'
import { readAll, uniqueName } from './support.js'

testStorage({
  name: 'IndexedDB in a page',
  create: async () => indexedDbStorage(uniqueName()),
  readBackup: async (storage, extension) => readAll(indexedDbStorage(storage.name + extension)),
})

testLock({
  name: 'IndexedDB in a page',
  create: async () => {
    const name = uniqueName()
    return [indexedDbStorage(name), indexedDbStorage(name)]
  },
})
