import { memoryStorage, openCoffer, type Coffer } from '@coffer/core'
import type { BlockCoder, BlockInput, FileSpan } from '@coffer/core/internal'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { byteArrays, FakeThreads } from './fake-threads.js'
import { code, failureOf, gate, keysOf, marketRecipe, nowhere, pause, same, sample, sealPlain, until } from './support.js'

let threads: FakeThreads
beforeEach(() => {
  threads = new FakeThreads()
})
afterEach(async () => {
  for (const thread of threads.all) await thread.terminate()
})

const BLOCK = 65_536
const newCoffer = async (engine: ReturnType<FakeThreads['engine']>, storage = memoryStorage()): Promise<Coffer> =>
  openCoffer(storage, { mode: 'x', variant: 'market', keys: await keysOf('market'), engine, blockBytes: BLOCK })
const span = (name: string): FileSpan => ({ descriptor: 1, offset: 0, length: 1000, name })
const spanBlock = (name: string): BlockInput => ({ span: span(name) })

describe('order', () => {
  test('blocks of a member are in order, whatever order they are done in', async () => {
    let seed = 7
    threads.delay = () => {
      seed = (seed * 16_807) % 2_147_483_647
      return pause(seed % 15)
    }
    const data = sample(12 * BLOCK + 123, 2)
    await using coffer = await newCoffer(threads.engine({ size: 3 }))
    await Promise.all([coffer.write('a', data), coffer.write('b', data.subarray(1000))])
    expect(same(await coffer.read('a'), data)).toBe(true)
    expect(same(await coffer.read('b', { start: 5 }), data.subarray(1005))).toBe(true)
    expect(await coffer.verify()).toMatchObject({ ok: true })
    expect(threads.all.length).toBe(3)
  })

  test('several are in work at once', async () => {
    const coder = await threads.engine({ size: 2, withFiles: true }).createCoder(marketRecipe())
    const hold = gate()
    threads.read = async ({ length }) => {
      await hold.opened
      return new Uint8Array(length)
    }
    const sealing = ['a', 'b'].map((name) => coder.encode([spanBlock(name)], () => nowhere))
    await until(() => threads.reads.length === 2, 'two workers read')
    hold.open()
    await Promise.all(sealing)
  })
})

describe('the queue', () => {
  test.each([1, 2])('of %d workers never has more than three times as many jobs under way', async (size) => {
    const coder = await threads.engine({ size }).createCoder(marketRecipe())
    const hold = gate()
    let placing = 0
    const sealing = Array.from({ length: 20 }, (_, i) =>
      coder.encode([{ plain: sample(100, i) }], async () => {
        placing += 1
        await hold.opened
        return nowhere
      }),
    )
    await until(() => placing >= size * 3, 'all places are taken')
    await pause(60)
    expect(placing).toBe(size * 3)
    hold.open()
    expect((await Promise.all(sealing)).length).toBe(20)
    expect(placing).toBe(20)
  })

  test('holds decoding too, and counts what fails', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const extent = await sealPlain(coder, sample(5000))
    const before = threads.sent.length
    const hold = gate()
    threads.delay = () => hold.opened
    const decoding = Array.from({ length: 10 }, () => coder.decode(extent.bytes, new Uint8Array(32), extent.places).catch((error: unknown) => error))
    await pause(60)
    expect(threads.sent.length - before).toBe(3)
    hold.open()
    expect(await Promise.all(decoding)).toEqual(decoding.map(() => code('ERR_COFFER_AUTH')))
    expect(same((await coder.decode(extent.bytes, extent.digest, extent.places))[0], sample(5000))).toBe(true)
  })

  test('a source is not read further ahead than the workers have room', async () => {
    const size = 2
    const coffer = await newCoffer(threads.engine({ size }))
    /** Taken from a live source before the coffer is taken for writing. */
    const first = 16
    let pulled = 0
    let written = 0
    let ahead = 0
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 60; i++) {
        pulled += 1
        if (pulled > first) ahead = Math.max(ahead, pulled - written)
        yield sample(BLOCK, i)
      }
    }
    const hold = gate()
    threads.delay = () => hold.opened
    const onProgress = ({ done }: { done: number }): void => {
      written = done / BLOCK
    }
    const writing = coffer.write('long', source(), { onProgress })
    await pause(100)
    expect(pulled).toBe(first)
    hold.open()
    threads.delay = () => pause(1)
    expect((await writing).size).toBe(60 * BLOCK)
    expect(ahead).toBeLessThanOrEqual(size * 3 + 1)
    await coffer.close()
  })

  test('a reader that stops reading holds the workers', async () => {
    const size = 2
    await using coffer = await newCoffer(threads.engine({ size }))
    await coffer.write('long', sample(40 * BLOCK))
    await coffer.flush()
    const before = threads.sent.length
    await using file = await coffer.file('long')
    const reader = file.readable.getReader()
    await reader.read()
    await pause(60)
    expect(threads.sent.length - before).toBeLessThanOrEqual(size * 3 + 2)
    await reader.cancel()
  })
})

describe('what crosses', () => {
  test('bytes are handed over in both directions, never copied', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const [sent, received] = [threads.sent.length, threads.received.length]
    const extent = await sealPlain(coder, sample(100_000), { transfer: true })
    await coder.decode(extent.bytes, extent.digest, extent.places, { transfer: true })
    for (const crossings of [threads.sent.slice(sent), threads.received.slice(received)]) {
      const large = crossings.filter(({ length }) => length > 1000)
      expect(large.length).toBe(crossings === large ? 0 : 2)
      for (const { transferred } of large) expect(transferred.length).toBe(1)
    }
  })

  test('a view takes nothing along of what is around it', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const around = sample(1_000_000)
    await sealPlain(coder, around.subarray(0, 1000), { transfer: true })
    const buffers = threads.sent.flatMap(({ transferred }) => transferred)
    expect(buffers).not.toContain(around.buffer)
    expect(buffers.length).toBe(1)
    expect(around.length).toBe(1_000_000)
  })

  test('keys cross once for a coder and worker, and the caller\'s stay', async () => {
    const engine = threads.engine({ size: 2 })
    const recipes = [marketRecipe(1), marketRecipe(2)]
    const coders = await Promise.all(recipes.map((recipe) => engine.createCoder(recipe)))
    await Promise.all(coders.flatMap((coder) => Array.from({ length: 12 }, (_, i) => sealPlain(coder, sample(1000, i)))))
    for (const { member } of recipes) {
      const key = member?.key ?? new Uint8Array()
      expect(key.length).toBe(32)
      for (const { sent } of threads.all) expect(sent.filter(({ message }) => byteArrays(message).some((bytes) => same(bytes, key))).length).toBe(1)
      for (const { message } of threads.received) expect(byteArrays(message).some((bytes) => same(bytes, key))).toBe(false)
    }
  })

  test('a dictionary and keys that the caller wipes afterwards are the worker\'s own', async () => {
    const [wiped, kept] = [marketRecipe(), marketRecipe()]
    const engine = threads.engine({ size: 2, idleMs: 20 })
    const coder = await engine.createCoder(wiped)
    wiped.member?.key.fill(0)
    await until(() => threads.alive.length === 0, 'the workers have ended')
    // New workers get the key that was given, not what has become of it.
    const extent = await sealPlain(coder, sample(1000))
    const other = await engine.createCoder(kept)
    expect(same((await other.decode(extent.bytes, extent.digest, extent.places))[0], sample(1000))).toBe(true)
  })

  test('causes and the names of errors survive', async () => {
    const coder = await threads.engine({ size: 1, withFiles: true }).createCoder(marketRecipe())
    const system = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' })
    threads.write = () => Promise.reject(new RangeError('outer', { cause: new TypeError('inner', { cause: system }) }))
    const error = await failureOf(coder.encode([{ plain: sample(10) }], () => nowhere, { into: { descriptor: 1, name: 'a file' } }))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.cause).toBeInstanceOf(TypeError)
    expect((error.cause as Error).cause).toMatchObject({ message: 'ENOSPC: no space left on device, write', code: 'ENOSPC' })
    threads.write = () => Promise.reject(Object.assign(new Error('own'), { name: 'OwnError', cause: 'a text' }))
    const own = await failureOf(coder.encode([{ plain: sample(10) }], () => nowhere, { into: { descriptor: 1, name: 'a file' } }))
    expect([own.name, own.message, (own.cause as Error).message]).toEqual(['OwnError', 'own', 'a text'])
  })
})

describe('an abort', () => {
  const reason = new Error('enough')

  test('before: nothing is sent', async () => {
    const coder = await threads.engine().createCoder(marketRecipe())
    const before = threads.sent.length
    const signal = AbortSignal.abort(reason)
    await expect(sealPlain(coder, sample(10), { signal })).rejects.toBe(reason)
    await expect(coder.decode(sample(10), sample(32), [], { signal })).rejects.toBe(reason)
    await expect(coder.decodeInto(sample(10), sample(32), [], { descriptor: 1, offset: 0, name: '' }, { signal })).rejects.toBe(reason)
    await expect(coder.decodeIntoNew(sample(10), sample(32), [], [], { signal })).rejects.toBe(reason)
    expect(threads.sent.length).toBe(before)
  })

  test('while a job waits for its turn: it never goes to a worker, and takes nobody\'s place', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const hold = gate()
    const held = Array.from({ length: 3 }, () =>
      coder.encode([{ plain: sample(10) }], async () => {
        await hold.opened
        return nowhere
      }),
    )
    const controller = new AbortController()
    const waiting = Array.from({ length: 5 }, () => sealPlain(coder, sample(20), { signal: controller.signal }))
    const later = sealPlain(coder, sample(30))
    await until(() => threads.unanswered === 0 && threads.sent.length > 3, 'three jobs are prepared')
    const before = threads.sent.length
    controller.abort(reason)
    expect(await Promise.allSettled(waiting)).toEqual(waiting.map(() => ({ status: 'rejected', reason })))
    expect(threads.sent.length).toBe(before)
    hold.open()
    await Promise.all([...held, later])
  })

  test('reaches a worker that has not begun: it never begins', async () => {
    const coder = await threads.engine({ size: 1, withFiles: true }).createCoder(marketRecipe())
    const hold = gate()
    threads.read = async ({ length }) => {
      await hold.opened
      return new Uint8Array(length)
    }
    const controller = new AbortController()
    const first = coder.encode([spanBlock('first')], () => nowhere)
    const second = coder.encode([spanBlock('second')], () => nowhere, { signal: controller.signal })
    const third = coder.encode([spanBlock('third')], () => nowhere)
    await until(() => threads.reads.length === 1, 'the first is read')
    controller.abort(reason)
    await pause(20)
    hold.open()
    await expect(second).rejects.toBe(reason)
    await Promise.all([first, third])
    expect(threads.reads.map(({ name }) => name)).toEqual(['first', 'third'])
  })

  test('of a job in work rejects once the worker has let go of the file', async () => {
    const coder = await threads.engine({ size: 1, withFiles: true }).createCoder(marketRecipe())
    const extent = await sealPlain(coder, sample(1000))
    const acts: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => coder.encode([spanBlock('a')], () => nowhere, { signal }),
      (signal) => coder.decode(span('a'), extent.digest, extent.places, { signal }),
      (signal) => coder.decodeInto(span('a'), extent.digest, extent.places, { descriptor: 2, offset: 0, name: 'out' }, { signal }),
      (signal) => coder.decodeIntoNew(span('a'), extent.digest, extent.places, [], { signal }),
    ]
    for (const act of acts) {
      const hold = gate()
      let isReading = false
      threads.read = async ({ length }) => {
        isReading = true
        await hold.opened
        isReading = false
        return new Uint8Array(length)
      }
      const controller = new AbortController()
      const settled = vi.fn<() => void>()
      const acting = act(controller.signal).finally(settled)
      acting.catch(() => undefined)
      await until(() => isReading, 'the worker reads')
      controller.abort(reason)
      await pause(20)
      expect(settled).not.toHaveBeenCalled()
      hold.open()
      await expect(acting).rejects.toBe(reason)
      expect(isReading).toBe(false)
    }
  })

  test('while it is placed: it is not sealed, nothing is written', async () => {
    const coder = await threads.engine({ size: 1, withFiles: true }).createCoder(marketRecipe())
    const controller = new AbortController()
    const { signal } = controller
    const place = (): typeof nowhere => {
      controller.abort(reason)
      return nowhere
    }
    await expect(coder.encode([{ plain: sample(10) }], place, { signal, into: { descriptor: 1, name: 'a' } })).rejects.toBe(reason)
    await pause(20)
    expect(threads.writes).toEqual([])
    await sealPlain(coder, sample(10))
  })

  test('while the lengths are on their way: it is not placed', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const controller = new AbortController()
    threads.delay = () => {
      controller.abort(reason)
      return Promise.resolve()
    }
    const place = vi.fn<() => typeof nowhere>(() => nowhere)
    await expect(coder.encode([{ plain: sample(10) }], place, { signal: controller.signal })).rejects.toBe(reason)
    expect(place).not.toHaveBeenCalled()
  })

  test('afterwards changes nothing', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const controller = new AbortController()
    const extent = await sealPlain(coder, sample(10), { signal: controller.signal })
    await coder.decode(extent.bytes, extent.digest, extent.places, { signal: controller.signal })
    const before = threads.sent.length
    controller.abort(reason)
    await pause(10)
    expect(threads.sent.length).toBe(before)
  })

  test('leaves nothing behind in the coffer', async () => {
    const storage = memoryStorage()
    await using coffer = await newCoffer(threads.engine({ size: 2 }), storage)
    await coffer.write('before', sample(3 * BLOCK, 1))
    await coffer.flush()
    const committed = storage.bytes().slice()
    for (const blocks of [1, 3, 7]) {
      const controller = new AbortController()
      const onProgress = ({ done }: { done: number }): void => {
        if (done >= blocks * BLOCK) controller.abort(reason)
      }
      await expect(coffer.write('new', sample(12 * BLOCK), { signal: controller.signal, onProgress })).rejects.toBe(reason)
      expect(await coffer.has('new')).toBe(false)
      expect(same(storage.bytes(), committed)).toBe(true)
    }
    await coffer.write('new', sample(12 * BLOCK, 3))
    expect(same(await coffer.read('new'), sample(12 * BLOCK, 3))).toBe(true)
    const controller = new AbortController()
    const reading = coffer.read('new', { signal: controller.signal, onProgress: () => controller.abort(reason) })
    await expect(reading).rejects.toBe(reason)
    expect(await coffer.verify()).toMatchObject({ ok: true })
  })
})

describe('a worker that ends', () => {
  const crash = new Error('out of memory')

  test('rejects what it held, all of it, and no other worker\'s', async () => {
    const coder = await threads.engine({ size: 2 }).createCoder(marketRecipe())
    const hold = gate()
    threads.delay = () => hold.opened
    const outcomes = Array.from({ length: 6 }, (_, i) => sealPlain(coder, sample(1000, i)).then(() => undefined, (error: unknown) => error))
    await until(() => threads.all.every(({ sent, received }) => sent.length - received.length === 3), 'both have three jobs')
    threads.all[0]?.die(crash)
    hold.open()
    const errors = (await Promise.all(outcomes)).filter((error) => error !== undefined)
    expect(errors).toEqual([code('ERR_COFFER_WORKER'), code('ERR_COFFER_WORKER'), code('ERR_COFFER_WORKER')])
    expect((errors[0] as Error).cause).toBe(crash)
  })

  test('while a job is placed rejects that job', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const sealing = coder.encode([{ plain: sample(10) }], () => {
      threads.all[0]?.die(crash)
      return nowhere
    })
    await expect(sealing).rejects.toEqual(code('ERR_COFFER_WORKER'))
    expect(threads.all.length).toBe(1)
  })

  test('is replaced by one that has the keys', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const extent = await sealPlain(coder, sample(10))
    for (let i = 1; i < 4; i++) {
      threads.all.at(-1)?.die(crash)
      expect(same((await coder.decode(extent.bytes, extent.digest, extent.places))[0], sample(10))).toBe(true)
      expect(threads.all.length).toBe(i + 1)
      expect(threads.alive.length).toBe(1)
    }
  })

  test('rolls the coffer back, and the next write works', async () => {
    const storage = memoryStorage()
    await using coffer = await newCoffer(threads.engine({ size: 2 }), storage)
    await coffer.write('before', sample(3 * BLOCK))
    await coffer.flush()
    const committed = storage.bytes().slice()
    let isKilled = false
    const onProgress = ({ done }: { done: number }): void => {
      if (isKilled || done < 4 * BLOCK) return
      isKilled = true
      for (const thread of threads.alive) thread.die(crash)
    }
    await expect(coffer.write('new', sample(20 * BLOCK), { onProgress })).rejects.toEqual(code('ERR_COFFER_WORKER'))
    expect(await coffer.has('new')).toBe(false)
    expect(same(storage.bytes(), committed)).toBe(true)
    await coffer.write('new', sample(20 * BLOCK, 4))
    expect(same(await coffer.read('new'), sample(20 * BLOCK, 4))).toBe(true)
    expect(await coffer.verify()).toMatchObject({ ok: true })
  })

  test('while it starts rejects nothing that another can do', async () => {
    const engine = threads.engine({ size: 1 })
    threads.delay = async () => {
      threads.delay = () => Promise.resolve()
      threads.all[0]?.die(crash)
    }
    const coder = await engine.createCoder(marketRecipe())
    expect((await sealPlain(coder, sample(10))).blocks.length).toBe(1)
  })
})

describe('without threads', () => {
  const works = async (coder: BlockCoder): Promise<void> => {
    const extent = await sealPlain(coder, sample(1000))
    expect(same((await coder.decode(extent.bytes, extent.digest, extent.places))[0], sample(1000))).toBe(true)
  }

  test('from the start, the calling thread serves', async () => {
    threads.refusal = new Error('no threads here')
    const engine = threads.engine()
    await works(await engine.createCoder(marketRecipe()))
    expect(threads.all).toEqual([])
    await engine.close()
    await expect(engine.createCoder(marketRecipe())).rejects.toEqual(code('ERR_COFFER_CLOSED'))
  })

  test('beyond the first, that one serves', async () => {
    threads.refusal = new Error('one is enough')
    threads.most = 1
    const coder = await threads.engine({ size: 3 }).createCoder(marketRecipe())
    const before = threads.sent.length
    await Promise.all([works(coder), works(coder), works(coder)])
    expect(threads.all.length).toBe(1)
    expect(threads.sent.length - before).toBeGreaterThanOrEqual(6)
  })

  test('of which one ends while it starts, the others serve', async () => {
    const engine = threads.engine({ size: 2 })
    threads.delay = async () => {
      threads.delay = () => Promise.resolve()
      threads.all[0]?.die(new Error('not today'))
    }
    const coder = await engine.createCoder(marketRecipe())
    const before = threads.sent.length
    await works(coder)
    expect(threads.sent.length).toBeGreaterThan(before)
  })

  test('later on, when none come back, it serves too', async () => {
    const coder = await threads.engine({ size: 2, idleMs: 10 }).createCoder(marketRecipe())
    await works(coder)
    await until(() => threads.alive.length === 0, 'the workers have ended')
    threads.refusal = new Error('no more')
    await works(coder)
    threads.refusal = undefined
    await works(coder)
    expect(threads.alive.length).toBe(1)
  })
})

describe('idle workers', () => {
  test('end, and come again', async () => {
    const coder = await threads.engine({ size: 2, idleMs: 30 }).createCoder(marketRecipe())
    for (let round = 1; round < 4; round++) {
      const extent = await sealPlain(coder, sample(10))
      expect(threads.alive.length).toBeGreaterThan(0)
      await until(() => threads.alive.length === 0, 'the workers have ended')
      expect(same((await coder.decode(extent.bytes, extent.digest, extent.places))[0], sample(10))).toBe(true)
      await until(() => threads.alive.length === 0, 'the workers have ended again')
    }
  })

  test('stay while one job is under way, however long', async () => {
    const coder = await threads.engine({ size: 2, idleMs: 20 }).createCoder(marketRecipe())
    const sealing = coder.encode([{ plain: sample(10) }], async () => {
      // One that is done meanwhile makes it no idler.
      await sealPlain(coder, sample(10))
      await pause(100)
      return nowhere
    })
    await pause(80)
    expect(threads.alive.length).toBe(2)
    await sealing
    await until(() => threads.alive.length === 0, 'the workers have ended')
  })

  test('keep no process alive; busy ones do', async () => {
    const coder = await threads.engine({ size: 1 }).createCoder(marketRecipe())
    const [thread] = threads.all
    expect(thread?.isBusy).toBe(false)
    const hold = gate()
    threads.delay = () => hold.opened
    const sealing = sealPlain(coder, sample(10))
    await until(() => thread?.isBusy === true, 'it is busy')
    hold.open()
    await sealing
    expect(thread?.isBusy).toBe(false)
  })

  test('end with the last coder', async () => {
    const engine = threads.engine({ size: 2 })
    const [a, b] = [await engine.createCoder(marketRecipe(1)), await engine.createCoder(marketRecipe(2))]
    await a.close()
    expect(threads.alive.length).toBe(2)
    await b.close()
    expect(threads.alive.length).toBe(0)
    await sealPlain(await engine.createCoder(marketRecipe(3)), sample(10))
    expect(threads.alive.length).toBe(2)
  })

  test('of an engine that is shared stay', async () => {
    const coder = await threads.engine({ size: 2, endWithLast: false }).createCoder(marketRecipe())
    await coder.close()
    expect(threads.alive.length).toBe(2)
  })

  test('forget the keys of a coder that is closed', async () => {
    const engine = threads.engine({ size: 1, endWithLast: false })
    const [closed, open] = [await engine.createCoder(marketRecipe(1)), await engine.createCoder(marketRecipe(2))]
    const told = threads.sent.length
    await closed.close()
    await until(() => threads.sent.length === told + 1, 'the worker is told')
    await sealPlain(open, sample(10))
    const before = threads.sent.length
    // To be used again, the key has to be sent again.
    await sealPlain(closed, sample(10)).catch(() => undefined)
    const key = marketRecipe(1).member?.key
    expect(threads.sent.slice(before).some(({ message }) => byteArrays(message).some((bytes) => same(bytes, key)))).toBe(true)
  })

  test('end with close(), at once and only once', async () => {
    const engine = threads.engine({ size: 2, idleMs: 10 })
    await engine.createCoder(marketRecipe())
    await engine.close()
    expect(threads.alive.length).toBe(0)
    await engine.close()
    await pause(30)
    expect(threads.all.length).toBe(2)
  })
})
