import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeys, inlineEngine, type Engine } from '@coffer/core'
import type { BlockCoder } from '@coffer/core/internal'
import { openCoffer } from '@coffer/node'
import { beforeEach, expect, test } from 'vitest'
import { pause, temporaryDirectory } from './system.js'

let source: string
let path: string
beforeEach(async () => {
  const directory = await temporaryDirectory()
  source = join(directory, 'source')
  path = join(directory, 'vault.pcof')
  await mkdir(source)
})

/** An engine with room for six blocks, each of which takes its time before and after it has its place; what it was told and given, in that order. */
function slowEngine(): { readonly engine: Engine; readonly calls: string[]; mostAtOnce: number; mostPlaced: number } {
  const inner = inlineEngine()
  const seen = { engine: inner, calls: [] as string[], mostAtOnce: 0, mostPlaced: 0 }
  let underWay = 0
  let placed = 0
  seen.engine = {
    close: () => inner.close(),
    async createCoder(recipe) {
      const coder = await inner.createCoder(recipe)
      const slow: BlockCoder = {
        concurrency: 6,
        usesFiles: false,
        expect: () => void seen.calls.push('expect'),
        async encode(blocks, place, options) {
          seen.calls.push('encode')
          seen.mostAtOnce = Math.max(seen.mostAtOnce, ++underWay)
          await pause(20)
          underWay -= 1
          const slowly: typeof place = async (lengths) => {
            const where = await place(lengths)
            seen.mostPlaced = Math.max(seen.mostPlaced, ++placed)
            await pause(20)
            placed -= 1
            return where
          }
          return coder.encode(blocks, slowly, options)
        },
        decode: (...call) => coder.decode(...call),
        decodeInto: (...call) => coder.decodeInto(...call),
        decodeIntoNew: (...call) => coder.decodeIntoNew(...call),
        close: () => coder.close(),
      }
      return slow
    },
  }
  return seen
}

test.each([
  { of: 'of one block', length: 100_000 },
  { of: 'of two blocks', length: 600_000 },
])('files $of are coded side by side, as many as there is room for', async ({ length }) => {
  for (let i = 10; i < 30; i++) await writeFile(join(source, String(i)), Buffer.alloc(length, `${i} `))
  const slow = slowEngine()
  await using coffer = await openCoffer(path, { mode: 'x', keys: await generateKeys('store'), engine: slow.engine })
  await coffer.add(source, 's')
  expect(slow.mostAtOnce).toBeGreaterThanOrEqual(5)
  // Sealed, too.
  expect(slow.mostPlaced).toBeGreaterThanOrEqual(5)
  const names: string[] = []
  for await (const { name } of coffer.members('s/')) names.push(name)
  expect(names).toEqual(Array.from({ length: 20 }, (_, i) => `s/${10 + i}`))
  for (const name of names) expect(Buffer.compare(await coffer.read(name), Buffer.alloc(length, `${name.slice(2)} `))).toBe(0)
})

test('a tree is announced before it is coded, so that threads are there when they are needed', async () => {
  for (let i = 10; i < 60; i++) await writeFile(join(source, String(i)), Buffer.alloc(40_000, `${i} `))
  const slow = slowEngine()
  await using coffer = await openCoffer(path, { mode: 'x', keys: await generateKeys('store'), engine: slow.engine })
  await coffer.add(source, 's')
  const ofTree = slow.calls.slice(slow.calls.indexOf('expect'))
  expect(ofTree.indexOf('encode')).toBe(51)
})
