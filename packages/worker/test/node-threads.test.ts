import { execFile } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BroadcastChannel } from 'node:worker_threads'
import { defineVariant, memoryStorage, openCoffer as openCore, type Engine } from '@coffer/core'
import { cipherKind, createInlineCoder } from '@coffer/core/internal'
import { openCoffer } from '@coffer/node'
import { createWorkerEngine, type WorkerEngineOptions } from '@coffer/worker'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { code, failureOf, keysOf, marketRecipe, nowhere, pause, same, sample, sealPlain, until } from './everywhere/support.js'
import { ThreadWatch } from './threads.js'

let folder: string
let threads: ThreadWatch
const engines: Engine[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-worker-'))
  threads = new ThreadWatch()
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
  threads[Symbol.dispose]()
  await rm(folder, { recursive: true, force: true })
})

async function workerEngine(options: WorkerEngineOptions = {}): Promise<Engine> {
  const engine = await createWorkerEngine({ size: 2, ...options })
  engines.push(engine)
  return engine
}

const gone = (): Promise<void> => until(() => threads.alive === 0, 'the threads have ended')
const MIB = 1_048_576

describe('threads', () => {
  test('start with a coffer and end with the last', async () => {
    const engine = await workerEngine({ size: 3 })
    expect(threads.all.length).toBe(0)
    const open = async () => openCore(memoryStorage(), { mode: 'x', variant: 'null', engine })
    const [a, b] = [await open(), await open()]
    expect(threads.alive).toBe(3)
    await a.close()
    await pause(50)
    expect(threads.alive).toBe(3)
    await b.close()
    await gone()
    expect(threads.all.length).toBe(3)
  })

  test('end after a while without work, and come again', async () => {
    const coder = await (await workerEngine({ idleMs: 40 })).createCoder(marketRecipe())
    expect(threads.alive).toBe(2)
    await gone()
    const extent = await sealPlain(coder, sample(1000))
    expect(threads.alive).toBe(1)
    await gone()
    expect(same((await coder.decode(extent.bytes, extent.digest, extent.places))[0], sample(1000))).toBe(true)
  })

  test('end with close()', async () => {
    const engine = await workerEngine()
    await engine.createCoder(marketRecipe())
    await engine.close()
    await engine.close()
    await gone()
    expect(threads.all.length).toBe(2)
  })

  // Bun collects garbage by another call than V8's.
  test.skipIf('Bun' in globalThis)('keep nothing of what they gave out', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const coder = await (await workerEngine({ size: 1 })).createCoder(marketRecipe())
    const extent = await sealPlain(coder, sample(1000))
    const decoded: WeakRef<Uint8Array>[] = []
    for (let i = 0; i < 8; i++) {
      const [bytes] = await coder.decode(extent.bytes, extent.digest, extent.places)
      decoded.push(new WeakRef(bytes as Uint8Array))
    }
    await until(() => {
      collectGarbage()
      return decoded.filter((bytes) => bytes.deref()).length <= 1
    }, 'what was decoded is let go of')
    expect(threads.alive).toBe(1)
  })

  test('are not started for a cipher that somebody brought', async () => {
    const variant = defineVariant({ name: 'own', member: { ...cipherKind('secretbox'), name: 'own' } })
    await using coffer = await openCore(memoryStorage(), { mode: 'x', variant, keys: { secureKey: sample(32) }, engine: await workerEngine() })
    await coffer.write('a', sample(MIB))
    expect(same(await coffer.read('a'), sample(MIB))).toBe(true)
    expect(threads.all.length).toBe(0)
  })

  test('that cannot load their script leave nothing running', async () => {
    await (await workerEngine({ workerUrl: 'no-such-script.js' })).createCoder(marketRecipe())
    expect(threads.all.length).toBe(2)
    await gone()
  })
})

describe('a thread that ends', () => {
  const told = fileURLToPath(new URL('children/told-worker.mjs', import.meta.url))
  const ways: readonly [string, RegExp, () => Promise<unknown>][] = [
    ['is terminated', /code 1/, async () => Promise.all(threads.all.map((worker) => worker.terminate()))],
    ['calls process.exit', /code 3/, async () => tell('exit')],
    ['throws', /thrown inside/, async () => tell('throw')],
    ['rejects', /rejected inside/, async () => tell('reject')],
  ]
  const tell = (what: string): void => {
    const channel = new BroadcastChannel('coffer-test-worker')
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows only
    channel.postMessage(what)
    channel.close()
  }

  test.each(ways)('because it %s: its jobs reject, with the reason', async (_, cause, end) => {
    const coder = await (await workerEngine({ size: 1, workerUrl: `file://${told}` })).createCoder(marketRecipe())
    const sealing = coder.encode([{ plain: sample(1000) }], async () => {
      await end()
      await gone()
      return nowhere
    })
    const error = await failureOf(sealing)
    expect(error).toEqual(code('ERR_COFFER_WORKER'))
    expect((error.cause as Error).message).toMatch(cause)
    // Several at once.
    let placing = 0
    const several = Array.from({ length: 3 }, () =>
      coder.encode([{ plain: sample(100_000) }], async () => {
        placing += 1
        await gone()
        return nowhere
      }),
    )
    const failures = Promise.all(several.map(failureOf))
    await until(() => placing === 3, 'a new thread has all of them')
    await end()
    expect(await failures).toEqual(several.map(() => code('ERR_COFFER_WORKER')))
    expect((await sealPlain(coder, sample(1000))).blocks.length).toBe(1)
    expect(threads.all.length).toBe(3)
  })

  test.each(ways)('because it %s: the coffer is as before, and goes on', async (_, __, end) => {
    const path = join(folder, 'vault.pcof')
    const keys = await keysOf('store')
    const engine = await workerEngine({ workerUrl: `file://${told}` })
    const source = join(folder, 'source')
    await writeFile(source, sample(12 * MIB))
    const coffer = await openCoffer(path, { mode: 'x', keys, engine })
    await coffer.write('before', sample(2 * MIB, 2))
    await coffer.flush()
    const committed = await readFile(path)
    let isEnded = false
    const onProgress = ({ done }: { done: number }): void => {
      if (isEnded || done < 3 * MIB) return
      isEnded = true
      void end()
    }
    await expect(coffer.add(source, 'source', { onProgress })).rejects.toEqual(code('ERR_COFFER_WORKER'))
    expect(Buffer.compare(await readFile(path), committed)).toBe(0)
    await gone()
    expect((await coffer.add(source, 'source')).bytes).toBe(12 * MIB)
    expect(same(await coffer.read('source'), sample(12 * MIB))).toBe(true)
    const out = join(folder, 'out')
    isEnded = false
    await expect(coffer.extract('source', out, { onProgress })).rejects.toEqual(code('ERR_COFFER_WORKER'))
    // No half of a file is left.
    await expect(stat(join(out, 'source'))).rejects.toMatchObject({ code: 'ENOENT' })
    // All were told; the last of them may not have heard it yet.
    await gone()
    await coffer.extract('source', out)
    expect(Buffer.compare(await readFile(join(out, 'source')), sample(12 * MIB))).toBe(0)
    expect(await coffer.verify()).toMatchObject({ ok: true })
    await coffer.close()
    await using again = await openCoffer(path, { keys })
    expect(same(await again.read('before'), sample(2 * MIB, 2))).toBe(true)
  })
})

describe('files', () => {
  test('are read and written by the threads themselves, at their places', async () => {
    const recipe = marketRecipe()
    const [coder, inline] = [await (await workerEngine()).createCoder(recipe), await createInlineCoder(recipe)]
    expect([coder.usesFiles, inline.usesFiles]).toEqual([true, false])
    const [source, sealed, out] = [join(folder, 'source'), join(folder, 'sealed'), join(folder, 'out')]
    await writeFile(source, sample(300_000))
    const descriptors = [openSync(source, 'r'), openSync(sealed, 'w+'), openSync(out, 'w+')] as const
    const extent = await coder.encode([{ span: { descriptor: descriptors[0], offset: 1000, length: 200_000, name: 'source' } }], () => ({ ...nowhere, fileOffset: 77 }), {
      into: { descriptor: descriptors[1], name: 'sealed' },
    })
    expect(extent.bytes).toBeUndefined()
    expect((await stat(sealed)).size).toBe(77 + extent.length)
    const places = extent.blocks.map(({ frameOffset, storedBytes }) => ({ frameOffset, storedBytes, plainBytes: 200_000 }))
    const where = { descriptor: descriptors[1], offset: 77, length: extent.length, name: 'sealed' }
    const [plain] = await coder.decode(where, extent.digest, places)
    expect(same(plain, sample(300_000).subarray(1000, 201_000))).toBe(true)
    await coder.decodeInto(where, extent.digest, places, { descriptor: descriptors[2], offset: 5, name: 'out' })
    expect(Buffer.compare((await readFile(out)).subarray(5), sample(300_000).subarray(1000, 201_000))).toBe(0)
    const files = [{ path: join(folder, 'new'), mode: 0o640, mtimeMs: 1_600_000_000_000 }]
    expect(await coder.decodeIntoNew(where, extent.digest, places, files)).toEqual([undefined])
    expect(await coder.decodeIntoNew(where, extent.digest, places, files)).toEqual(['EEXIST'])
    expect(await stat(join(folder, 'new'))).toMatchObject({ size: 200_000, mtimeMs: 1_600_000_000_000, mode: 0o100_640 })

    await expect(coder.decode({ ...where, length: where.length + 1 }, extent.digest, places)).rejects.toEqual(code('ERR_COFFER_AUTH'))
    const short = { span: { descriptor: descriptors[0], offset: 200_000, length: 200_000, name: 'source' } }
    await expect(coder.encode([short], () => nowhere)).rejects.toEqual(code('ERR_COFFER_IO'))
    for (const descriptor of descriptors) closeSync(descriptor)
    const error = await failureOf(coder.decode({ ...where, descriptor: 999_999 }, extent.digest, places))
    expect(error).toEqual(code('ERR_COFFER_IO'))
    expect(error.cause).toMatchObject({ code: 'EBADF', syscall: 'read' })
  })
})

describe('a process', () => {
  const run = async (script: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> => {
    const path = fileURLToPath(new URL(`children/${script}`, import.meta.url))
    return promisify(execFile)(process.execPath, ['--import', 'tsx', path, ...args], { timeout: 100_000 })
  }

  test('ends by itself with an engine that is open', async () => {
    expect(await run('open-engine.ts')).toEqual({ stdout: '3000000 bytes, then the end\n', stderr: '' })
  })

  test('ends by itself with the threads that @coffer/node has started', async () => {
    const start = Date.now()
    expect(await run('open-file.ts', join(folder, 'vault.pcof'))).toMatchObject({ stdout: '20000000 bytes, some threads\n' })
    expect(Date.now() - start).toBeLessThan(20_000)
  })
})
