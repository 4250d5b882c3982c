import { blobStorage, convert } from '@coffer/browser'
import { generateKeys, openCoffer, type CofferStorage } from '@coffer/core'
import { expect, test } from 'vitest'
import { testStorage } from '../../../test/conformance/storage-suite.js'
import { failureOf, patternOf, readAll } from './support.js'

testStorage({ name: 'blobs', create: async () => blobStorage() })

test('a blob is read piece by piece, and named by its file', async () => {
  const content = patternOf(300_000)
  const storage = blobStorage(new File([content], 'papers.pcof'))
  expect(storage.name).toBe('papers.pcof')
  const file = await opened(storage)
  expect(await file.size()).toBe(300_000)
  expect(await file.read(100_000, 10)).toEqual(content.slice(100_000, 100_010))
  expect(await file.read(299_995, 10)).toEqual(content.slice(299_995))
})

test('what is written over a blob is in the next one, and not in the first', async () => {
  const content = patternOf(9_000_000)
  const blob = new Blob([content])
  const storage = blobStorage(blob)
  const file = await opened(storage, 'write')
  const change = async (offset: number, bytes: Uint8Array): Promise<void> => {
    await file.write(offset, bytes)
    content.set(bytes, offset)
  }
  // Within one part, over the edges of several, before all, and over the end.
  for (const offset of [5_000_000, 4_999_990, 0, 5_000_015, 8_999_000]) await change(offset, patternOf(Math.min(1000, 9_000_000 - offset), 99))
  await file.write(8_999_990, patternOf(5_000_010, 7))
  await file.truncate(12_000_000)
  const expected = new Uint8Array(12_000_000)
  expected.set(content)
  expected.set(patternOf(5_000_010, 7).subarray(0, 3_000_010), 8_999_990)
  const now = storage.blob()
  expect(now?.size).toBe(12_000_000)
  expect(await digest(new Uint8Array((await now?.arrayBuffer()) ?? new ArrayBuffer(0)))).toEqual(await digest(expected))
  expect(await digest((await readAll(storage)) ?? new Uint8Array(0))).toEqual(await digest(expected))
  expect(await digest(new Uint8Array(await blob.arrayBuffer()))).toEqual(await digest(patternOf(9_000_000)))
  await file.truncate(3_000_000)
  await file.write(3_000_005, Uint8Array.of(1))
  expect(await file.read(2_999_999, 10)).toEqual(Uint8Array.of(expected[2_999_999] ?? 0, 0, 0, 0, 0, 0, 1))
})

test('a coffer is made, grows and is read in blobs', async () => {
  const keys = await generateKeys('bank')
  const storage = blobStorage()
  const large = patternOf(11_000_000)
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  await coffer.write('large', large)
  await coffer.write('a.txt', 'one')
  await coffer.close()
  const copy = blobStorage(storage.blob(), { name: 'copy' })
  await using again = await openCoffer(copy, { mode: 'a', keys })
  expect(await digest(await again.read('large'))).toEqual(await digest(large))
  await again.write('a.txt', 'two')
  await again.compact()
  await using first = await openCoffer(storage, { keys })
  expect(await first.readText('a.txt')).toBe('one')
  expect(await again.readText('a.txt')).toBe('two')
  expect(await convert(storage, { keys, lock: 'none' })).toMatchObject({ converted: false })
})

test('a file that cannot be read any more is an error of the storage', async () => {
  const blob = new Blob([patternOf(1000)])
  const broken = Object.assign(blob.slice(0, 1000), { slice: () => ({ size: 10, arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }) })
  const file = await opened(blobStorage(broken))
  expect(await failureOf(file.read(0, 10))).toHaveProperty('code', 'ERR_COFFER_IO')
  expect(() => blobStorage('text' as unknown as Blob)).toThrow(TypeError)
})

async function opened(storage: CofferStorage, access: 'read' | 'write' = 'read') {
  const file = await storage.open(access)
  if (!file) throw new Error('There is nothing at the place.')
  return file
}

async function digest(bytes: Uint8Array): Promise<number[]> {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))]
}
