import { beforeEach, expect, test } from 'vitest'
import { adaptiveEngine } from '../../src/engine/adaptive.js'
import type { BlockCoder, EncodedExtent, Engine, ExtentPlace } from '../../src/engine/engine.js'
import { cipherKind } from '../../src/cipher/kinds.js'
import { inlineEngine } from '../../src/engine/inline.js'

const recipe = { compression: 'none', level: 3, chunkBytes: 65_536 } as const
const place = (): ExtentPlace => ({ fileOffset: 0, memberOffset: 0, between: [new Uint8Array(0), new Uint8Array(0)] })

/** Lengths of the blocks that went to threads. */
let sent: number[]
let isRunning: boolean
let hold: Promise<void>

beforeEach(() => {
  sent = []
  isRunning = false
  hold = Promise.resolve()
})

/** In the place of threads. */
const threads: Engine = {
  async createCoder() {
    isRunning = true
    const coder = await inlineEngine().createCoder(recipe)
    return new Proxy(coder, {
      get(target, name) {
        if (name !== 'encode') {
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
        return async (...args: Parameters<BlockCoder['encode']>): Promise<EncodedExtent> => {
          sent.push(...args[0].map((block) => ('plain' in block ? block.plain.length : 0)))
          await hold
          return target.encode(...args)
        }
      },
    })
  },
  close: () => Promise.resolve(),
}

async function createCoder(): Promise<(bytes: number) => Promise<EncodedExtent>> {
  const engine = adaptiveEngine(() => Promise.resolve(threads), { expectedBytes: 4_194_304, largeBytes: 4_194_304, areRunning: () => isRunning })
  const coder = await engine.createCoder(recipe)
  return (bytes) => coder.encode([{ plain: new Uint8Array(bytes) }], place)
}

test('little is coded here, much by threads once they are there', async () => {
  const encode = await createCoder()
  for (let i = 0; i < 8; i++) await encode(500_000)
  expect(sent).toEqual([])
  for (let i = 0; i < 4; i++) await encode(500_000)
  expect(isRunning).toBe(true)
  expect(sent.length).toBeGreaterThan(1)
})

test('what is short is coded here also where threads run, unless others are under way', async () => {
  const encode = await createCoder()
  isRunning = true
  for (let i = 0; i < 6; i++) await encode(500_000)
  expect(sent.length).toBeGreaterThan(0)
  sent = []
  for (let i = 0; i < 5; i++) await encode(1000)
  expect(sent).toEqual([])
  await encode(40_000)
  expect(sent).toEqual([40_000])
  let release = (): void => undefined
  hold = new Promise((resolve) => {
    release = resolve
  })
  const both = [encode(50_000), encode(1000)]
  release()
  await Promise.all(both)
  expect(sent).toEqual([40_000, 50_000, 1000])
})

const sealedTwice = { ...recipe, member: { kind: cipherKind('secretbox'), key: new Uint8Array(32) }, container: { kind: cipherKind('secretbox'), key: new Uint8Array(32) } }

test.each([
  { decodedBytes: undefined, most: 2, of: recipe },
  { decodedBytes: 8, most: 8, of: recipe },
  { decodedBytes: 12, most: 8, of: sealedTwice },
])('of what is announced to be decoded $most bytes count for one', async ({ decodedBytes, most, of }) => {
  const engine = adaptiveEngine(() => Promise.resolve(threads), { expectedBytes: 4_194_304, largeBytes: 4_194_304, decodedBytes })
  const coder = await engine.createCoder(of)
  coder.expect?.(4_194_304 * most - most, 'decode')
  await new Promise((resolve) => setTimeout(resolve))
  expect(isRunning).toBe(false)
  coder.expect?.(most, 'decode')
  await coder.close()
  expect(isRunning).toBe(true)
})
