import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The memory of a process of its own, whatever else runs beside it.

const MIB = 1_048_576
const timeout = 600_000
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-scale-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

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
