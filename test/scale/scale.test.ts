import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCoffer as openCore, type Coffer, type CofferStorage } from '@coffer/core'
import { fileStorage, generateKeys, openCoffer } from '@coffer/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compare, leastOf, type Times } from './times.js'

// Budgets: what must not grow with the coffer. Times are compared as ratios of medians, of actions that take turns.

const MIB = 1_048_576
const timeout = 300_000
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-scale-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function* blocksOf(bytes: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(randomBytes(MIB))
  for (let i = 0; i < bytes / MIB; i++) {
    new DataView(block.buffer).setUint32(0, i)
    yield block
  }
}

describe.each(['store', 'bank'] as const)('a %s of 1 GiB against one of 1 MiB', (variant) => {
  test('a flush of 1 KiB, opening and reading cost the same; a range reads little of the file', { timeout }, async () => {
    const keys = await generateKeys(variant)
    const make = async (bytes: number): Promise<Measured> => {
      const path = join(folder, `${variant}-${bytes}.pcof`)
      const coffer = await openCoffer(path, { mode: 'x', keys, autoFlush: false })
      await coffer.write('small', 'x'.repeat(1000))
      await coffer.write('large', blocksOf(bytes))
      await coffer.flush()
      return { path, coffer }
    }
    const coffers = [await make(MIB), await make(1024 * MIB)] as const
    let notes = 0
    const flush = async ({ path, coffer }: Measured): Promise<void> => {
      const before = (await stat(path)).size
      await coffer.write(`note-${notes++}`, new Uint8Array(randomBytes(1024)))
      await coffer.flush()
      expect((await stat(path)).size - before).toBeLessThan(8192)
    }
    const flushes = await compare({ runs: 25, limit: 2 }, () => flush(coffers[0]), () => flush(coffers[1]))
    for (const { coffer } of coffers) await coffer.close()
    const open = async ({ path }: Measured): Promise<void> => {
      await using again = await openCoffer(path, { keys })
      await again.read('small')
    }
    const opens = await compare({ runs: 15, limit: 2 }, () => open(coffers[0]), () => open(coffers[1]))
    console.log(`${variant}: flush ${inMs(flushes)}, open and read ${inMs(opens)}`)
    expect(flushes.ratio).toBeLessThan(2)
    expect(opens.ratio).toBeLessThan(2)

    const counting = countReads(fileStorage(coffers[1].path))
    const coffer = await openCore(counting.storage, { keys })
    const opened = counting.bytes()
    const piece = await coffer.read('large', { start: 512 * MIB, end: 512 * MIB + 65_536 })
    console.log(`${variant}: opening read ${opened} bytes, 64 KiB from the middle ${counting.bytes() - opened} bytes`)
    expect(new DataView(piece.buffer, piece.byteOffset).getUint32(0)).toBe(512)
    expect(counting.bytes()).toBeLessThan(2 * MIB)
    await coffer.close()
    await rm(coffers[1].path)
  })
})

test('100,000 members open in less than a second, and the next one is added as the second was', { timeout }, async () => {
  const keys = await generateKeys('store')
  const make = async (members: number): Promise<string> => {
    const path = join(folder, `${members}.pcof`)
    await using coffer = await openCoffer(path, { mode: 'x', keys })
    for (let i = 0; i < members; i++) await coffer.write(`folder-${i % 100}/file-${i}.txt`, `content ${i}`)
    return path
  }
  const [few, many] = [await make(1), await make(100_000)]
  const openMs = await leastOf(5, async () => (await openCoffer(many, { keys })).close())
  const coffers = [await openCoffer(few, { mode: 'a', keys }), await openCoffer(many, { mode: 'a', keys })] as const
  let more = 0
  const addOne = async (coffer: Coffer): Promise<void> => {
    await coffer.write(`more-${more++}`, 'x')
    await coffer.flush()
  }
  const adds = await compare({ runs: 15, limit: 2 }, () => addOne(coffers[0]), () => addOne(coffers[1]))
  for (const coffer of coffers) await coffer.close()
  console.log(`100,000 members: open ${openMs.toFixed(0)} ms; one added to 1 and to 100,000: ${inMs(adds)}`)
  expect(openMs).toBeLessThan(1000)
  expect(adds.ratio).toBeLessThan(2)
})

interface Measured {
  readonly path: string
  readonly coffer: Coffer
}

function inMs({ firstMs, secondMs }: Times): string {
  return `${firstMs.toFixed(1)} and ${secondMs.toFixed(1)} ms`
}

/** Counts the bytes that are read of a storage's file. */
function countReads(storage: CofferStorage): { storage: CofferStorage; bytes: () => number } {
  let bytes = 0
  return {
    bytes: () => bytes,
    storage: {
      name: storage.name,
      open: async (access) => {
        const file = await storage.open(access)
        if (!file) return undefined
        const read = file.read.bind(file)
        file.read = async (offset, length) => {
          const piece = await read(offset, length)
          bytes += piece.length
          return piece
        }
        return file
      },
      replace: () => storage.replace(),
      spool: () => storage.spool(),
      backup: (extension) => storage.backup(extension),
      lock: (kind, options) => storage.lock(kind, options),
    },
  }
}
