import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCoffer, type NodeCoffer } from '@coffer/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { keysOf, pause, same, sample } from './everywhere/support.js'
import { ThreadWatch } from './threads.js'

// In a file of its own, which is a process of its own: the threads that one test has started serve the next.

const MIB = 1_048_576
/** What a coffer takes for the end of one piece of work. */
const PAUSE = 250

let folder: string
let coffer: NodeCoffer
const threads = new ThreadWatch()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-node-threads-'))
})
beforeEach(async () => {
  coffer = await openCoffer(join(folder, 'vault.pcof'), { mode: 'w', keys: await keysOf('bank') })
})
afterEach(() => coffer.close())
afterAll(async () => {
  threads[Symbol.dispose]()
  await rm(folder, { recursive: true, force: true })
})

test('no thread is started for little', async () => {
  for (let i = 0; i < 20; i++) await coffer.write(`small ${i}`, sample(2000, i))
  await coffer.write('middle', sample(500_000))
  for (let i = 0; i < 3; i++) {
    await pause(PAUSE)
    await coffer.read('middle')
    await coffer.readText('small 7')
  }
  await writeFile(join(folder, 'little'), sample(500_000))
  await pause(PAUSE)
  await coffer.add(join(folder, 'little'))
  await pause(PAUSE)
  expect(threads.all.length).toBe(0)
})

test('little that follows on little is much', async () => {
  for (let i = 0; i < 12; i++) await coffer.write(`middle ${i}`, sample(200_000, i))
  await pause(PAUSE)
  expect(threads.all.length).toBeGreaterThan(0)
  expect(same(await coffer.read('middle 11'), sample(200_000, 11))).toBe(true)
})

test('much is coded by threads, which stay for the next coffer', async () => {
  await coffer.write('large', sample(6 * MIB))
  const { length } = threads.all
  expect(length).toBeGreaterThan(0)
  expect(same(await coffer.read('large'), sample(6 * MIB))).toBe(true)
  await coffer.close()
  coffer = await openCoffer(join(folder, 'other.pcof'), { mode: 'w', keys: await keysOf('market') })
  await writeFile(join(folder, 'source'), sample(12 * MIB))
  await coffer.add(join(folder, 'source'))
  await coffer.extract('source', join(folder, 'out'))
  expect(Buffer.compare(await readFile(join(folder, 'out', 'source')), sample(12 * MIB))).toBe(0)
  expect(threads.all.length).toBe(length)
})
