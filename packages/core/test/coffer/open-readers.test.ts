import { generateKeys, memoryStorage, openCoffer, type CofferStorage, type StorageFile } from '@coffer/core'
import { expect, test } from 'vitest'
import { codeOf, collect, place, sample } from './support.js'

/** A storage in memory that counts which of its files are open. */
function countingStorage(): { storage: CofferStorage; open: Set<StorageFile> } {
  const storage = memoryStorage()
  const open = new Set<StorageFile>()
  const counted = <T extends StorageFile>(file: T): T => {
    const proxy: T = new Proxy(file, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (name === 'close') {
          return () => {
            open.delete(proxy)
            return target.close()
          }
        }
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    open.add(proxy)
    return proxy
  }
  const counting: CofferStorage = {
    name: 'counting',
    open: async (access) => {
      const file = await storage.open(access)
      return file && counted(file)
    },
    replace: async () => counted(await storage.replace()),
    spool: () => storage.spool(),
    backup: (extension) => storage.backup(extension),
    lock: (kind, options) => storage.lock(kind, options),
  }
  return { storage: counting, open }
}

test.each(['close', 'discard'] as const)('%s lets go of the file whatever reads it still', async (method) => {
  const { storage, open } = countingStorage()
  const keys = await generateKeys('store')
  const made = await openCoffer(storage, { mode: 'x', keys })
  await made.write('a', sample(2_000_000))
  await made.writeLines('lines', Array.from({ length: 50_000 }, (_, i) => `line ${i}`))
  await made.close()
  expect(open.size).toBe(0)
  const coffer = await openCoffer(storage, { keys })
  const handle = await coffer.file('a')
  expect((await handle.read(0, 5)).length).toBe(5)
  const whole = await coffer.file('a')
  const reader = whole.readable.getReader()
  await reader.read()
  const lines = coffer.lines('lines')[Symbol.asyncIterator]()
  await lines.next()
  const reading = codeOf(reader.read())
  await coffer[method]()
  expect(open.size).toBe(0)
  expect(['no error', 'ERR_COFFER_CLOSED']).toContain(await reading)
  expect(await codeOf(handle.read(0, 5))).toBe('ERR_COFFER_CLOSED')
  await handle.close()
  await whole.close()
  expect(open.size).toBe(0)
})

test.each([undefined, 'utf-8'])('a stream ends with the handle that it is of, also where nothing else is let go of', async (encoding) => {
  await using coffer = await (await place()).open({ mode: 'x', blockBytes: 4096 })
  await coffer.write('f', sample(200_000, 1, true))
  await coffer.flush()
  const other = await coffer.file('f')
  const handle = await coffer.file('f', 'r', { encoding })
  const [begun, untouched] = [handle.readable.getReader(), handle.readable.getReader()]
  await begun.read()
  const underWay = codeOf(begun.read())
  await handle.close()
  expect(await underWay).toBe('ERR_COFFER_CLOSED')
  expect(await codeOf(begun.read())).toBe('ERR_COFFER_CLOSED')
  expect(await codeOf(untouched.read())).toBe('ERR_COFFER_CLOSED')
  expect((await collect(other.readable as ReadableStream<Uint8Array>)).length).toBe(200_000)
})

test('what was purged before the first commit is gone with the coffer that somebody reads', async () => {
  const { storage, open } = countingStorage()
  const coffer = await openCoffer(storage, { mode: 'x', keys: await generateKeys('store') })
  await coffer.write('secret', sample(500_000))
  const handle = await coffer.file('secret')
  await coffer.delete('secret', { purge: true })
  expect((await handle.read(0, 5)).length).toBe(5)
  expect(open.size).toBe(2)
  await coffer.close()
  expect(open.size).toBe(0)
})
