import { opfsStorage } from '@coffer/browser'
import { testLock } from '../../../test/conformance/lock-suite.js'
import { testStorage } from '../../../test/conformance/storage-suite.js'
import { readAll, uniqueName } from './support.js'

testStorage({
  name: 'OPFS in a page, by its worker',
  create: async () => opfsStorage(uniqueName()),
  readBackup: async (storage, extension) => readAll(opfsStorage(storage.name + extension)),
})

testLock({
  name: 'OPFS in a page',
  create: async () => {
    const name = uniqueName()
    return [opfsStorage(name), opfsStorage(name)]
  },
})
