import { defineVariant, memoryStorage, openCoffer, type ChunkCipher, type Engine } from '@coffer/core'
import { createInlineCoder, type BlockPlace, type BlockStage, type Recipe } from '@coffer/core/internal'
import { createSharedEngine, createWorkerEngine } from '@coffer/worker'
import { afterEach, describe, expect, test } from 'vitest'
import { code, failureOf, isDetached, keysOf, kinds, marketRecipe, nowhere, recipeOf, same, sample, seal, sealPlain, type Sealed } from './support.js'

const engines: Engine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

async function workerEngine(options: Parameters<typeof createWorkerEngine>[0] = { size: 2 }): Promise<Engine> {
  const engine = await createWorkerEngine(options)
  engines.push(engine)
  return engine
}

const lengths = [0, 1, 4096, 65_537, 200_000]
const plains = lengths.map((length, i) => sample(length, i + 1))
const copies = (): { plain: Uint8Array }[] => plains.map((plain) => ({ plain: plain.slice() }))

describe.each(kinds)('blocks of a $kind', (kind) => {
  const stages: readonly BlockStage[] = ['plain', 'payload', 'stored']

  test('are the same wherever they are encoded and decoded, at every stage', async () => {
    const recipe = await recipeOf(kind)
    const [inline, workers] = [await createInlineCoder(recipe), await (await workerEngine()).createCoder(recipe)]
    for (const encoder of [inline, workers]) {
      // One extent of several blocks where there is a container to hold them, else one of each.
      const inputs = recipe.container ? [copies()] : copies().map((block) => [block])
      for (const blocks of inputs) {
        const plain = blocks.map((block) => block.plain)
        const extent = await seal(encoder, blocks, plain.map(({ length }) => length))
        for (const stage of stages) {
          const [here, there] = await Promise.all([inline, workers].map((coder) => coder.decode(extent.bytes, extent.digest, extent.places, { stage })))
          expect(there?.length).toBe(blocks.length)
          expect(there?.every((bytes, i) => same(bytes, here?.[i])), `${stage} is the same`).toBe(true)
          if (stage === 'plain') expect(there?.every((bytes, i) => same(bytes, plain[i])), 'is what went in').toBe(true)
        }
      }
    }
  })

  test('can be taken on at any stage', async () => {
    const recipe = await recipeOf(kind)
    const [inline, workers] = [await createInlineCoder(recipe), await (await workerEngine()).createCoder(recipe)]
    const plain = sample(100_000, 9)
    const extent = await sealPlain(inline, plain)
    for (const stage of stages) {
      const [bytes] = await workers.decode(extent.bytes, extent.digest, extent.places, { stage })
      if (!bytes) throw new Error('nothing came back')
      const input = stage === 'plain' ? { plain: bytes } : stage === 'payload' ? { payload: bytes } : { stored: bytes }
      const again = await seal(workers, [input], [plain.length])
      const [out] = await inline.decode(again.bytes, again.digest, again.places)
      expect(same(out, plain), `from ${stage}`).toBe(true)
    }
  })

  test('a coffer written with workers is read without, and the other way round', async () => {
    const keys = await keysOf(kind.variant)
    const engine = await workerEngine()
    const [small, large] = [sample(3000, 2), sample(1_300_000, 3)]
    for (const [writer, reader] of [[engine, undefined], [undefined, engine]] as const) {
      const storage = memoryStorage()
      const coffer = await openCoffer(storage, { mode: 'x', variant: kind.variant, keys, engine: writer })
      for (let i = 0; i < 5; i++) await coffer.write(`small ${i}`, small)
      await coffer.write('large', large)
      await coffer.append('large', small)
      await coffer.close()
      await using again = await openCoffer(storage, { mode: 'a', variant: kind.variant, keys, engine: reader })
      expect(same(await again.read('small 4'), small)).toBe(true)
      expect(same(await again.read('large', { end: large.length }), large)).toBe(true)
      expect(same(await again.read('large', { start: large.length }), small)).toBe(true)
      await again.compact()
      expect(await again.verify()).toMatchObject({ ok: true })
    }
  })
})

describe('bytes', () => {
  test('that may be taken are handed over, others stay as they are', async () => {
    const coder = await (await workerEngine()).createCoder(marketRecipe())
    const [given, kept] = [sample(50_000), sample(50_000)]
    const extent = await sealPlain(coder, given, { transfer: true })
    expect(isDetached(given)).toBe(true)
    await sealPlain(coder, kept)
    expect(same(kept, sample(50_000))).toBe(true)

    const bytes = extent.bytes.slice()
    await coder.decode(bytes, extent.digest, extent.places)
    expect(same(bytes, extent.bytes)).toBe(true)
    await coder.decode(bytes, extent.digest, extent.places, { transfer: true })
    expect(isDetached(bytes)).toBe(true)
  })

  test('of a view stay with all that is around them, even where they may be taken', async () => {
    const coder = await (await workerEngine()).createCoder(marketRecipe())
    const around = sample(200_000, 4)
    const extent = await sealPlain(coder, around.subarray(1000, 150_000), { transfer: true })
    expect(same(around, sample(200_000, 4))).toBe(true)

    const wide = new Uint8Array(extent.bytes.length + 100)
    wide.set(extent.bytes, 50)
    const [plain] = await coder.decode(wide.subarray(50, -50), extent.digest, extent.places, { transfer: true })
    expect(same(wide.subarray(50, -50), extent.bytes)).toBe(true)
    expect(same(plain, around.subarray(1000, 150_000))).toBe(true)
  })

  test('twice in one call are handed over once', async () => {
    const recipe: Recipe = { ...marketRecipe(), member: undefined, container: marketRecipe().member }
    const coder = await (await workerEngine()).createCoder(recipe)
    const plain = sample(10_000)
    const extent = await seal(coder, [{ plain }, { plain }], [10_000, 10_000], { transfer: true })
    const decoded = await coder.decode(extent.bytes, extent.digest, extent.places)
    expect(decoded.every((bytes) => same(bytes, sample(10_000)))).toBe(true)
  })

  test('that come back are whole and the caller\'s', async () => {
    const coder = await (await workerEngine()).createCoder(marketRecipe())
    const extent = await sealPlain(coder, sample(10_000))
    const [plain] = await coder.decode(extent.bytes, extent.digest, extent.places)
    expect(extent.bytes.byteLength).toBe(extent.bytes.buffer.byteLength)
    expect(plain?.byteLength).toBe(plain?.buffer.byteLength)
  })

  test('of the caller\'s that are written into a coffer are as they were', async () => {
    const engine = await workerEngine()
    const data = sample(2_000_000, 5)
    const whole = new Uint8Array(data)
    await using coffer = await openCoffer(memoryStorage(), { mode: 'x', variant: 'market', keys: await keysOf('market'), engine })
    await coffer.write('whole', whole)
    await coffer.write('a view', whole.subarray(100, 1_500_000))
    expect(same(whole, data)).toBe(true)
    expect(same(await coffer.read('a view'), data.subarray(100, 1_500_000))).toBe(true)
  })
})

const otherPlaces = ({ places: [first] }: Sealed, other: Partial<BlockPlace>): BlockPlace[] => (first ? [{ ...first, ...other }] : [])

describe('errors are the ones that the calling thread would give', () => {
  const cases: readonly [string, (coder: Awaited<ReturnType<Engine['createCoder']>>) => Promise<unknown>][] = [
    ['ERR_COFFER_AUTH for another digest', async (coder) => {
      const extent = await sealPlain(coder, sample(1000))
      return coder.decode(extent.bytes, new Uint8Array(32), extent.places)
    }],
    ['ERR_COFFER_AUTH for a changed byte', async (coder) => {
      const extent = await sealPlain(coder, sample(1000))
      extent.bytes.set([255 - (extent.bytes.at(-1) ?? 0)], extent.bytes.length - 1)
      return coder.decode(extent.bytes, extent.digest, extent.places)
    }],
    ['ERR_COFFER_DAMAGED for a block that is somewhere else', async (coder) => {
      const extent = await sealPlain(coder, sample(1000))
      return coder.decode(extent.bytes, extent.digest, otherPlaces(extent, { storedBytes: 1 }))
    }],
    ['ERR_COFFER_DAMAGED for another length', async (coder) => {
      const extent = await sealPlain(coder, sample(1000))
      return coder.decode(extent.bytes, extent.digest, otherPlaces(extent, { plainBytes: 999 }))
    }],
    ['ERR_COFFER_LIMIT for a block that is larger than any', async (coder) => {
      const extent = await sealPlain(coder, sample(1000))
      return coder.decode(extent.bytes, extent.digest, otherPlaces(extent, { plainBytes: 2 ** 30 }))
    }],
    ['a RangeError for one that is larger than any', (coder) => sealPlain(coder, sample(600_000))],
    ['the error of whoever places', async (coder) => coder.encode([{ plain: sample(1000) }], () => Promise.reject(new RangeError('no place')))],
    ['a TypeError for what is no call', (coder) => coder.decode(sample(1000), new Uint8Array(32), undefined as never)],
    ['whatever is wrong with no bytes at all', (coder) => coder.decode(new Uint8Array(0), new Uint8Array(32), [{ frameOffset: 2 ** 40, storedBytes: -1, plainBytes: 2 ** 40 }])],
  ]

  test.each(cases)('%s', async (_, act) => {
    const recipe = marketRecipe()
    const [here, there] = [await failureOf(act(await createInlineCoder(recipe))), await failureOf(act(await (await workerEngine()).createCoder(recipe)))]
    // What the engine's own errors say differs from script to script; the class has to be this thread's, so that `instanceof` holds.
    const shape = (error: Error & { code?: unknown }): unknown => [error.constructor, error.name, error.code, error.cause, error instanceof TypeError || error.message]
    expect(shape(there)).toEqual(shape(here))
  })

  test('codes reach whoever reads a coffer', async () => {
    const engine = await workerEngine()
    const keys = await keysOf('market')
    const storage = memoryStorage()
    const coffer = await openCoffer(storage, { mode: 'x', variant: 'market', keys })
    await coffer.write('a', sample(1_000_000))
    await coffer.write('b', 'after it')
    await coffer.close()
    const file = await storage.open('write')
    await file?.write(200_000, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))
    await file?.close()
    await using reader = await openCoffer(storage, { variant: 'market', keys, engine })
    await expect(reader.read('a')).rejects.toEqual(code('ERR_COFFER_AUTH'))
    expect(await reader.readText('b')).toBe('after it')
  })

  test('and a coder goes on after them', async () => {
    const coder = await (await workerEngine({ size: 1 })).createCoder(marketRecipe())
    for (const [, act] of cases) await failureOf(act(coder))
    const extent = await sealPlain(coder, sample(1000))
    expect(same((await coder.decode(extent.bytes, extent.digest, extent.places))[0], sample(1000))).toBe(true)
  })

  test('a recipe that no coder can be made of harms nobody else', async () => {
    const engine = await workerEngine({ size: 1 })
    const good = await engine.createCoder(marketRecipe())
    const sealing = good.encode([{ plain: sample(400_000) }], async () => {
      const bad = marketRecipe()
      for (let i = 0; i < 3; i++) await engine.createCoder({ ...bad, member: bad.member && { ...bad.member, key: new Uint8Array(5) } }).catch(() => undefined)
      return nowhere
    })
    expect((await sealing).length).toBeGreaterThan(200_000)
  })
})

describe('an engine', () => {
  test('serves several coffers at once, each with its own keys', async () => {
    const engine = await workerEngine()
    const recipes = [1, 2, 3].map((seed) => marketRecipe(seed))
    const coders = await Promise.all(recipes.map((recipe) => engine.createCoder(recipe)))
    const extents = await Promise.all(coders.map((coder, i) => sealPlain(coder, sample(100_000, i))))
    for (const [i, coder] of coders.entries()) {
      for (const [j, { bytes, digest, places }] of extents.entries()) {
        const decoding = coder.decode(bytes, digest, places)
        if (i === j) expect(same((await decoding)[0], sample(100_000, i))).toBe(true)
        else await expect(decoding).rejects.toEqual(code('ERR_COFFER_AUTH'))
      }
    }
    const [first, ...others] = coders
    await first?.close()
    await first?.close()
    for (const coder of others) expect(await sealPlain(coder, sample(10))).toMatchObject({ blocks: [{}] })
  })

  test('says how many calls are worth having under way', async () => {
    const [one, three] = await Promise.all([1, 3].map(async (size) => (await (await workerEngine({ size })).createCoder(marketRecipe())).concurrency))
    expect(one).toBeGreaterThanOrEqual(2)
    expect(three).toBe(3 * (one ?? 0))
  })

  test('is closed twice, and then takes nothing more', async () => {
    const engine = await workerEngine()
    const coder = await engine.createCoder(marketRecipe())
    const extent = await sealPlain(coder, sample(1000))
    await engine.close()
    await engine.close()
    for (const call of [
      () => sealPlain(coder, sample(1000)),
      () => coder.decode(extent.bytes, extent.digest, extent.places),
      () => engine.createCoder(marketRecipe()),
    ]) {
      await expect(call()).rejects.toEqual(code('ERR_COFFER_CLOSED'))
    }
    await coder.close()
  })

  test('rejects what is under way when it is closed', async () => {
    const engine = await workerEngine({ size: 1 })
    const coder = await engine.createCoder(marketRecipe())
    const closing = coder.encode([{ plain: sample(1000) }], async () => {
      await engine.close()
      return nowhere
    })
    const others = Array.from({ length: 10 }, () => sealPlain(coder, sample(300_000)).catch((error: unknown) => error))
    await expect(closing).rejects.toEqual(code('ERR_COFFER_CLOSED'))
    expect(await Promise.all(others)).toEqual(others.map(() => code('ERR_COFFER_CLOSED')))
  })

  test.each([0, -1, 1.5, Number.NaN, 65])('of %d workers cannot be', async (size) => {
    await expect(createWorkerEngine({ size })).rejects.toThrow(RangeError)
    expect(() => createSharedEngine({ size })).toThrow(RangeError)
  })

  test.each([-1, Number.NaN])('that waits %d milliseconds cannot be', async (idleMs) => {
    await expect(createWorkerEngine({ idleMs })).rejects.toThrow(RangeError)
  })
})

describe('without workers the calling thread serves', () => {
  const readsAndWrites = async (engine: Engine): Promise<void> => {
    await using coffer = await openCoffer(memoryStorage(), { mode: 'x', variant: 'bank', keys: await keysOf('bank'), engine })
    await coffer.write('a', sample(1_500_000))
    expect(same(await coffer.read('a'), sample(1_500_000))).toBe(true)
  }

  test('where the script is not to be had', async () => {
    await readsAndWrites(await workerEngine({ workerUrl: new URL('no-such-script.js', import.meta.url) }))
  })

  test('where it is no script for workers', async () => {
    await readsAndWrites(await workerEngine({ workerUrl: 'data:text/javascript,throw new Error("not me")' }))
  })

  test('where a cipher is somebody\'s own', async () => {
    // No cipher to keep anything from anybody; its tag is a sum.
    const cipher: ChunkCipher = {
      name: 'own',
      bodyBytes: (plainBytes) => plainBytes + 1,
      plainCapacity: (bodyBytes) => bodyBytes - 1,
      seal(plain, body) {
        body.set(plain.map((byte) => byte ^ 0x55))
        body[plain.length] = plain.reduce((sum, byte) => sum + byte, 0) & 0xff
      },
      open: (body) => body.slice(0, -1).map((byte) => byte ^ 0x55),
      seals: (body) => body.slice(-1),
    }
    const variant = defineVariant({ name: 'own', member: { name: 'own', keyBytes: 4, create: () => Promise.resolve(cipher) } })
    const engine = await workerEngine()
    await using coffer = await openCoffer(memoryStorage(), { mode: 'x', variant, keys: { secureKey: new Uint8Array(4) }, engine })
    await coffer.write('a', sample(1_500_000))
    expect(same(await coffer.read('a'), sample(1_500_000))).toBe(true)
  })
})
