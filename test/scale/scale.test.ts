import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCoffer as openCore, type CofferStorage } from '@coffer/core'
import { fileStorage, generateKeys, openCoffer } from '@coffer/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Budgets: what must not grow with the coffer. Times are compared within one run, as ratios of medians.

const MIB = 1_048_576
const timeout = 300_000
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-scale-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

async function* blocksOf(bytes: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(randomBytes(MIB))
  for (let i = 0; i < bytes / MIB; i++) {
    new DataView(block.buffer).setUint32(0, i)
    yield block
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

test('a file of 3 GiB goes in and out in less than 300 MB of memory, its digest the same', { timeout }, async () => {
  const source = join(folder, 'source')
  const file = await open(source, 'w')
  const text = Buffer.alloc(MIB, 'the quick brown fox jumps over 13 lazy dogs; ')
  const random = randomBytes(MIB)
  for (let i = 0; i < 3072; i++) {
    const block = i % 2 === 0 ? text : random
    block.writeUInt32LE(i, (i * 977) % 1_000_000)
    await file.write(block)
  }
  await file.close()

  const tsx = createRequire(import.meta.url).resolve('tsx/cli')
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, [tsx, join(import.meta.dirname, 'large-file.ts'), source, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (data: Buffer) => (printed += data.toString()))
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(printed) : reject(new Error(`exit code ${code}`))))
  })
  const { peakBytes, size, addMs, extractMs } = JSON.parse(output) as Record<'peakBytes' | 'size' | 'addMs' | 'extractMs', number>
  const rate = (ms: number): string => `${((3072 * MIB) / 1000 / ms).toFixed(0)} MB/s`
  console.log(`3 GiB: add ${rate(addMs)}, extract ${rate(extractMs)}, ${(size / MIB).toFixed(0)} MiB, peak memory ${(peakBytes / 1e6).toFixed(0)} MB`)
  expect(peakBytes).toBeLessThan(300e6)
  expect(await digestOf(join(folder, 'out', 'large'))).toBe(await digestOf(source))
  await rm(source)
  await rm(join(folder, 'out'), { recursive: true })
})

describe.each(['store', 'bank'] as const)('a %s of 1 GiB against one of 1 MiB', (variant) => {
  test('a flush of 1 KiB, opening and reading cost the same; a range reads little of the file', { timeout }, async () => {
    const keys = await generateKeys(variant)
    const flushMs: number[] = []
    const openMs: number[] = []
    for (const bytes of [MIB, 1024 * MIB]) {
      const path = join(folder, `${variant}-${bytes}.pcof`)
      const coffer = await openCoffer(path, { mode: 'x', keys, autoFlush: false })
      await coffer.write('small', 'x'.repeat(1000))
      await coffer.write('large', blocksOf(bytes))
      await coffer.flush()
      const flushes: number[] = []
      const grown: number[] = []
      for (let i = 0; i < 25; i++) {
        const before = (await stat(path)).size
        const data = new Uint8Array(randomBytes(1024))
        flushes.push(
          await timed(async () => {
            await coffer.write(`note-${i}`, data)
            await coffer.flush()
          }),
        )
        grown.push((await stat(path)).size - before)
      }
      await coffer.close()
      flushMs.push(median(flushes))
      expect(Math.max(...grown)).toBeLessThan(8192)
      const opens: number[] = []
      for (let i = 0; i < 15; i++) {
        opens.push(
          await timed(async () => {
            await using again = await openCoffer(path, { keys })
            await again.read('small')
          }),
        )
      }
      openMs.push(median(opens))
    }
    const [smallFlush, largeFlush, smallOpen, largeOpen] = [...flushMs, ...openMs] as [number, number, number, number]
    console.log(`${variant}: flush ${smallFlush.toFixed(1)} and ${largeFlush.toFixed(1)} ms, open and read ${smallOpen.toFixed(1)} and ${largeOpen.toFixed(1)} ms`)
    expect(largeFlush / smallFlush).toBeLessThan(2)
    expect(largeOpen / smallOpen).toBeLessThan(2)

    const counting = countReads(fileStorage(join(folder, `${variant}-${1024 * MIB}.pcof`)))
    const coffer = await openCore(counting.storage, { keys })
    const opened = counting.bytes()
    const piece = await coffer.read('large', { start: 512 * MIB, end: 512 * MIB + 65_536 })
    console.log(`${variant}: opening read ${opened} bytes, 64 KiB from the middle ${counting.bytes() - opened} bytes`)
    expect(new DataView(piece.buffer, piece.byteOffset).getUint32(0)).toBe(512)
    expect(counting.bytes()).toBeLessThan(2 * MIB)
    await coffer.close()
    await rm(join(folder, `${variant}-${1024 * MIB}.pcof`))
  })
})

test('100,000 members open in less than a second, and the next one is added as the second was', { timeout }, async () => {
  const path = join(folder, 'many.pcof')
  const keys = await generateKeys('store')
  const coffer = await openCoffer(path, { mode: 'x', keys })
  const first: number[] = []
  for (let i = 0; i < 100_000; i++) {
    const put = (): Promise<unknown> => coffer.write(`folder-${i % 100}/file-${i}.txt`, `content ${i}`)
    if (i >= 1 && i <= 15) first.push(await timed(() => put().then(() => coffer.flush())))
    else await put()
  }
  await coffer.close()
  const opens: number[] = []
  for (let i = 0; i < 5; i++) opens.push(await timed(async () => (await openCoffer(path, { keys })).close()))
  const again = await openCoffer(path, { mode: 'a', keys })
  const next: number[] = []
  for (let i = 0; i < 15; i++) next.push(await timed(() => again.write(`more-${i}`, 'x').then(() => again.flush())))
  await again.close()
  console.log(`100,000 members: open ${median(opens).toFixed(0)} ms; the 2nd added in ${median(first).toFixed(1)} ms, the 100,001st in ${median(next).toFixed(1)} ms`)
  expect(median(opens)).toBeLessThan(1000)
  expect(median(next) / median(first)).toBeLessThan(2)
})

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
