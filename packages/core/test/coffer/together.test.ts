import { generateKeys, memoryStorage, openCoffer, type Coffer } from '@coffer/core'
import { OpenCoffer, openSession, settingsOf } from '@coffer/core/internal'
import { describe, expect, test } from 'vitest'
import { failingStorage } from './failing-storage.js'
import { codeOf, names, pause, sample, same } from './support.js'

const keys = await generateKeys('bank')

async function bank(storage = memoryStorage() as Parameters<typeof openCoffer>[0]): Promise<Coffer> {
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  await coffer.write('first', 'x')
  return coffer
}

/** The members that a crash would leave. */
async function committed(bytes: Uint8Array): Promise<string[]> {
  await using coffer = await openCoffer(memoryStorage(bytes), { keys })
  return names(coffer)
}

describe('brief changes of a bank that come at once', () => {
  test('share a commit, and are committed when they resolve', async () => {
    const { storage, done, bytes } = failingStorage()
    const coffer = await bank(storage)
    const before = { generation: coffer.generation, syncs: done.syncs }
    const missing: string[] = []
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await coffer.write(`many/${i}`, `content ${i}`)
        if (i % 25 === 0 && !(await committed(bytes())).includes(`many/${i}`)) missing.push(`many/${i}`)
      }),
    )
    expect(missing).toEqual([])
    expect(coffer.generation).toBeLessThanOrEqual(before.generation + 2)
    expect(done.syncs).toBeLessThanOrEqual(before.syncs + 4)
    expect(await committed(bytes())).toHaveLength(101)
    await coffer.close()
    await using again = await openCoffer(storage, { keys })
    for (const i of [0, 57, 99]) expect(await again.readText(`many/${i}`)).toBe(`content ${i}`)
    expect(await again.verify()).toMatchObject({ ok: true, members: 101 })
  })

  test('are seen by nobody before that', async () => {
    const coffer = await bank()
    const seen: (readonly [boolean, number])[] = []
    const writing = Promise.all(['a', 'b', 'c'].map((name) => coffer.write(name, name)))
    const deleting = coffer.delete('first')
    let isDone = false
    void Promise.all([writing, deleting]).then(() => (isDone = true))
    while (!isDone) {
      const counts = [await coffer.has('first'), (await names(coffer)).length] as const
      if (!isDone) seen.push(counts)
      await Promise.resolve()
    }
    expect(seen.length).toBeGreaterThan(5)
    expect(new Set(seen.map(String))).toEqual(new Set(['true,1']))
    expect(await names(coffer)).toEqual(['a', 'b', 'c'])
    await coffer.close()
  })

  test('of which one fails: it alone does', async () => {
    const coffer = await bank()
    const outcomes = await Promise.all([
      codeOf(coffer.write('first', 'other', { replace: false })),
      codeOf(coffer.write('a', 'a')),
      codeOf(coffer.write('a/b', 'below a file')),
      codeOf(coffer.makeDirectory('d')),
      codeOf(coffer.delete('missing')),
      codeOf(coffer.write('large', sample(60_000))),
      codeOf(coffer.write('first', 'other', { replace: false })),
      codeOf(coffer.write('b', 'b')),
    ])
    expect(outcomes).toEqual([
      'ERR_COFFER_EXISTS',
      'no error',
      'ERR_COFFER_CONFLICT',
      'no error',
      'ERR_COFFER_NOT_FOUND',
      'no error',
      'ERR_COFFER_EXISTS',
      'no error',
    ])
    expect(await names(coffer)).toEqual(['a', 'b', 'd', 'first', 'large'])
    expect([await coffer.readText('first'), await coffer.readText('a'), same(await coffer.read('large'), sample(60_000))]).toEqual(['x', 'a', true])
    expect(await coffer.verify()).toMatchObject({ ok: true, members: 5 })
    await coffer.close()
  })

  test('whose commit fails: all of them do, and nothing of them remains', async () => {
    const { storage, fails, bytes } = failingStorage()
    const coffer = await bank(storage)
    fails.write = 1
    const outcomes = await Promise.all(['a', 'b', 'first'].map((name) => codeOf(coffer.write(name, 'new'))))
    expect(outcomes).toEqual(['ERR_COFFER_IO', 'ERR_COFFER_IO', 'ERR_COFFER_IO'])
    expect([await names(coffer), await coffer.readText('first')]).toEqual([['first'], 'x'])
    expect(coffer.modified).toBe(false)
    await Promise.all(['a', 'c'].map((name) => coffer.write(name, name)))
    expect(await committed(bytes())).toEqual(['a', 'c', 'first'])
    // After a sync that failed nobody knows what is on the disk.
    fails.sync = 1
    const last = await Promise.all(['d', 'e'].map((name) => codeOf(coffer.write(name, name))))
    expect(last).toEqual(['ERR_COFFER_POISONED', 'ERR_COFFER_POISONED'])
    expect(await codeOf(coffer.write('f', 'f'))).toBe('ERR_COFFER_POISONED')
    await coffer.discard()
  })

  test('wait for no stream, nor for anything else that takes its time', async () => {
    const { storage, bytes } = failingStorage()
    const coffer = await bank(storage)
    const before = coffer.write('before', 'x')
    const silent = coffer.write('silent', new ReadableStream({ pull: (controller) => controller.enqueue(sample(1_000_000)) }, { highWaterMark: 0 }))
    await before
    expect(await committed(bytes())).toEqual(['before', 'first'])
    // Gets its turn once the endless one is given up.
    const after = codeOf(coffer.write('after', 'x'))
    await pause(50)
    await coffer.discard()
    expect(await codeOf(silent)).toBe('ERR_COFFER_CLOSED')
    expect(await after).toBe('no error')
    expect(await committed(bytes())).toEqual(['after', 'before', 'first'])
  })

  test('come in the order of the calls, with those that are not brief between them', async () => {
    const coffer = await bank()
    const texts = Array.from({ length: 40 }, (_, i) => `${i}`)
    const ofSeven = (text: string, i: number): Promise<unknown> => {
      if (i % 7 === 3) return coffer.append('log', `${text}\n`)
      if (i % 7 === 5) return coffer.move('odd', `odd${i}`)
      return coffer.write(i % 2 === 0 ? 'even' : 'odd', text)
    }
    const { generation } = coffer
    await Promise.all(texts.map(ofSeven))
    expect([await coffer.readText('even'), await coffer.readText('odd')]).toEqual(['36', '39'])
    expect(await coffer.readLines('log')).toEqual(texts.filter((_, i) => i % 7 === 3))
    // Those between two moves share one.
    expect(coffer.generation - generation).toBe(11)
    expect(await coffer.verify()).toMatchObject({ ok: true, bad: [] })
    const flushed = [coffer.write('z', '1'), coffer.flush({ force: true }), coffer.write('z', '2'), coffer.close()]
    await Promise.all(flushed)
    expect(coffer.closed).toBe(true)
  })

  test('are many: no commit waits for more than 256', async () => {
    const coffer = await bank()
    const { generation } = coffer
    await Promise.all(Array.from({ length: 600 }, (_, i) => coffer.write(`${i}`, `${i}`)))
    expect(coffer.generation - generation).toBe(3)
    expect(await names(coffer)).toHaveLength(601)
    await coffer.close()
  })

  test('which are aborted, before their turn or in it: nothing of them is there', async () => {
    const coffer = await bank()
    const [waiting, atWork] = [new AbortController(), new AbortController()]
    const writing = [
      coffer.write('a', 'a'),
      coffer.write('b', 'b', { signal: waiting.signal }),
      coffer.write('c', 'c', { signal: atWork.signal, onProgress: () => atWork.abort(new Error('enough')) }),
      coffer.write('a', 'c', { signal: atWork.signal, onProgress: () => atWork.abort(new Error('enough')) }),
      coffer.write('d', 'd'),
    ]
    waiting.abort(new Error('enough'))
    expect((await Promise.allSettled(writing)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'])
    expect([await names(coffer), await coffer.readText('a')]).toEqual([['a', 'd', 'first'], 'a'])
    expect(await coffer.verify()).toMatchObject({ ok: true, members: 3 })
    await coffer.close()
  })
})

test('whoever is told of commits and fails takes nothing back', async () => {
  const { storage, bytes } = failingStorage()
  const { session, opening } = await openSession(storage, { mode: 'x', keys })
  const coffer = new OpenCoffer(session, settingsOf(opening))
  const told: number[] = []
  session.onCommit = () => {
    told.push(coffer.generation)
    throw new Error('nobody listens')
  }
  await coffer.write('a', 'a')
  await coffer.append('large', sample(200_000))
  await coffer.compact()
  await pause(1)
  expect(told).toEqual([1, 2, 3])
  expect(await committed(bytes())).toEqual(['a', 'large'])
  await coffer.close()
})

test('a change that changes nothing is no commit', async () => {
  const coffer = await bank()
  await coffer.makeDirectory('d')
  const { generation } = coffer
  await coffer.makeDirectory('d')
  expect(coffer.generation).toBe(generation)
  await coffer.close()
})
