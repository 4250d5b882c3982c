import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { keysOf, sample } from './everywhere/support.js'
import { ThreadWatch } from './threads.js'

// As in Deno, whose threads know nothing of each other's descriptors. In a file of its own: its modules are loaded when it is so.

const MIB = 1_048_576
let folder: string
const threads = new ThreadWatch()
beforeAll(async () => {
  vi.resetModules()
  vi.stubGlobal('Deno', {})
  folder = await mkdtemp(join(tmpdir(), 'coffer-own-descriptors-'))
  await mkdir(join(folder, 'source'))
  for (let i = 0; i < 3; i++) await writeFile(join(folder, `source/large ${i}`), sample(8 * MIB, i))
  await writeFile(join(folder, 'source/small'), 'small')
})
afterAll(async () => {
  threads[Symbol.dispose]()
  vi.unstubAllGlobals()
  vi.resetModules()
  await rm(folder, { recursive: true, force: true })
})

test.each(['by itself', 'by threads'])('a tree goes in and comes out as it was, coded %s', async (by) => {
  const { openCoffer } = await import('@coffer/node')
  const { createWorkerEngine } = await import('@coffer/worker')
  const { nodePlatform } = await import('@coffer/worker/internal')
  const { nodeFiles } = await import('../src/node-files.js')
  expect(nodePlatform(nodeFiles).files).toBeUndefined()
  const keys = await keysOf('bank')
  const engine = by === 'by threads' ? { engine: await createWorkerEngine({ size: 2 }) } : {}
  const coffer = await openCoffer(join(folder, 'vault.pcof'), { mode: 'w', keys, ...engine })
  await coffer.add(join(folder, 'source'), 'tree')
  const report = await coffer.extractAll(join(folder, by))
  // That threads were there at all is told before the coffer is closed, with which they end.
  const count = threads.alive
  await coffer.close()
  expect(report).toEqual({ files: 4, bytes: 24 * MIB + 5, problems: [] })
  for (const name of ['large 0', 'large 1', 'large 2', 'small']) {
    expect((await readFile(join(folder, by, 'tree', name))).equals(await readFile(join(folder, 'source', name))), name).toBe(true)
  }
  expect(count).toBe(by === 'by threads' ? 2 : 0)
})
