import { opfsStorage } from '@coffer/browser'
import { afterAll, beforeAll, vi } from 'vitest'
import { testStorage } from '../../../test/conformance/storage-suite.js'
import { readAll, uniqueName } from './support.js'

// A page that may not start workers, which synchronous handles are for.
beforeAll(() => {
  vi.stubGlobal('Worker', undefined)
})
afterAll(() => {
  vi.unstubAllGlobals()
})

testStorage({
  name: 'OPFS by its asynchronous interface',
  create: async () => opfsStorage(uniqueName()),
  readBackup: async (storage, extension) => readAll(opfsStorage(storage.name + extension)),
})
