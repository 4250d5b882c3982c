import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CofferKeys } from '@coffer/core'
import { openCoffer, type NodeCoffer } from '@coffer/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { keysOf, pause, same, sample, until } from './everywhere/support.js'
import { ThreadWatch } from './threads.js'

// In a file of its own, which is a process of its own: the threads that one test has started serve the next.

const MIB = 1_048_576
/** What a coffer takes for the end of one piece of work. */
const PAUSE = 250

let folder: string
let coffer: NodeCoffer
let keys: CofferKeys
const threads = new ThreadWatch()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-node-threads-'))
})
beforeEach(async () => {
  keys = await keysOf('bank')
  coffer = await openCoffer(join(folder, 'vault.pcof'), { mode: 'w', keys })
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
  await writeFile(join(folder, 'little'), sample(5 * MIB))
  await pause(PAUSE)
  await coffer.add(join(folder, 'little'))
  await pause(PAUSE)
  await coffer.extract('little', join(folder, 'out'))
  await pause(PAUSE)
  expect(threads.all.length).toBe(0)
})

test('little that follows on little is much', async () => {
  // Three are enough, unless the disk takes so long in between that they are no one piece of work.
  for (let i = 0; i < 40 && threads.all.length === 0; i++) await coffer.write(`middle ${i % 3}`, sample(7 * MIB, i % 3))
  await until(() => threads.all.length > 0, 'threads are started')
  expect(same(await coffer.read('middle 2'), sample(7 * MIB, 2))).toBe(true)
})

test('much is coded by threads, which stay for the next coffer', async () => {
  await coffer.write('large', sample(18 * MIB))
  expect(threads.all.length).toBeGreaterThan(0)
  expect(same(await coffer.read('large'), sample(18 * MIB))).toBe(true)
  await writeFile(join(folder, 'source'), sample(12 * MIB))
  // They end when nothing is done for five seconds, which a busy machine may take to come to the next coffer.
  let pausedMs = Infinity
  for (let attempt = 0; attempt < 5 && pausedMs > 4000; attempt++) {
    await coffer.read('large')
    const { length } = threads.all
    const start = Date.now()
    await coffer.close()
    await using other = await openCoffer(join(folder, 'other.pcof'), { mode: 'w', keys: await keysOf('market') })
    await other.add(join(folder, 'source'))
    pausedMs = Date.now() - start
    if (pausedMs <= 4000) expect(threads.all.length).toBe(length)
    await rm(join(folder, 'out'), { recursive: true, force: true })
    await other.extract('source', join(folder, 'out'))
    expect(Buffer.compare(await readFile(join(folder, 'out', 'source')), sample(12 * MIB))).toBe(0)
    coffer = await openCoffer(join(folder, 'vault.pcof'), { mode: 'r', keys })
  }
  expect(pausedMs).toBeLessThanOrEqual(4000)
})
