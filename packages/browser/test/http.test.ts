import { generateKeys, httpStorage, openCoffer } from '@coffer/browser'
import { memoryStorage, openCoffer as openCore, type CofferKeys } from '@coffer/core'
import { expect, inject, test } from 'vitest'
import { RANGE_SERVER } from '../../../test/provided.js'
import { failureOf, patternOf, uniqueName } from './support.js'

async function putCoffer(): Promise<{ address: string; keys: CofferKeys; large: Uint8Array }> {
  const storage = memoryStorage()
  const keys = await generateKeys('store')
  const coffer = await openCore(storage, { mode: 'x', keys })
  const large = patternOf(9_000_000)
  await coffer.write('large', large)
  await coffer.write('d/a.txt', 'one')
  await coffer.close()
  const address = `${inject(RANGE_SERVER)}/${uniqueName()}`
  await fetch(address, { method: 'PUT', body: storage.bytes() as Uint8Array<ArrayBuffer> })
  return { address, keys, large }
}

test.each(['', '?hide'])('a coffer of another origin is read in parts (%s)', async (query) => {
  const { address, keys, large } = await putCoffer()
  const coffer = await openCoffer(httpStorage(address + query), { keys })
  expect(coffer.storage).toBeUndefined()
  expect(await coffer.readText('d/a.txt')).toBe('one')
  expect(await coffer.read('large', { start: 8_000_000, end: 8_000_100 })).toEqual(large.slice(8_000_000, 8_000_100))
  expect((await (await coffer.extract('large')).arrayBuffer()).byteLength).toBe(9_000_000)
  const root = await navigator.storage.getDirectory()
  const directory = await root.getDirectoryHandle(uniqueName(), { create: true })
  expect(await coffer.extractAll(directory)).toMatchObject({ files: 2, problems: [] })
  const again = await coffer.reopen()
  expect(await again.verify()).toMatchObject({ ok: true })
  expect(await failureOf(again.write('a', 'b'))).toMatchObject({ code: 'ERR_COFFER_READ_ONLY' })
  await again.close()
})

test('a server that cannot be reached is told from one without the file', async () => {
  const keys = await generateKeys('store')
  const refused = await failureOf(openCoffer(httpStorage('http://127.0.0.1:9/vault?swordfish'), { keys }))
  expect(refused).toMatchObject({ code: 'ERR_COFFER_IO' })
  expect(String(refused)).not.toContain('swordfish')
  const missing = await failureOf(openCoffer(httpStorage(`${inject(RANGE_SERVER)}/${uniqueName()}`), { keys }))
  expect(missing).toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
})
