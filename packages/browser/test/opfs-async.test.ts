import { opfsStorage } from '@coffer/browser'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { testStorage } from '../../../test/conformance/storage-suite.js'
import { openSyncFile } from '../src/opfs/sync-file.js'
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

test('what has no synchronous handles says so, and locks no file by asking for one', async () => {
  await expect(openSyncFile(['nowhere', 'file'])).rejects.toMatchObject({ name: 'NotSupportedError' })
  await expect((await navigator.storage.getDirectory()).getDirectoryHandle('nowhere')).rejects.toMatchObject({ name: 'NotFoundError' })
})
