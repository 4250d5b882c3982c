import { openCoffer, type Coffer } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { failingStorage } from './failing-storage.js'
import { codeOf, names, place, sample } from './support.js'

describe('a write handle that cannot be closed takes nothing else with it', () => {
  const hindrances: [string, (coffer: Coffer) => Promise<void>, string][] = [
    ['where its place was taken', async (coffer) => {
      await (await coffer.file('taken', 'w')).write('x')
      await coffer.write('taken/below', 'y')
    }, 'ERR_COFFER_CONFLICT'],
    ['where a new one found its name taken', async (coffer) => {
      await coffer.file('taken', 'x')
      await coffer.write('taken', 'y')
    }, 'ERR_COFFER_EXISTS'],
    ['where half of a character is left', async (coffer) => {
      await (await coffer.file('half', 'w')).write('\ud83d')
    }, 'TypeError'],
    ['where its signal was aborted, which it has told nobody', async (coffer) => {
      const controller = new AbortController()
      await (await coffer.file('late', 'w', { signal: controller.signal })).write('x')
      controller.abort(new Error('out of time'))
    }, 'out of time'],
  ]

  test.each(hindrances)('%s', async (_, hinder, told) => {
    for (const how of ['close', 'dispose'] as const) {
      const { open } = await place()
      const coffer = await open({ mode: 'x' })
      await coffer.write('entry', 'hours of work')
      await hinder(coffer)
      await (await coffer.file('other', 'w')).write('kept')
      expect(await codeOf(how === 'close' ? coffer.close() : Promise.resolve(coffer[Symbol.asyncDispose]()))).toContain(told)
      expect(coffer.closed).toBe(true)
      await coffer.close()
      await using again = await open({ lockTimeoutMs: 0 })
      expect([await again.readText('entry'), await again.readText('other')]).toEqual(['hours of work', 'kept'])
    }
  })

  test('where its own spool failed', async () => {
    const { storage } = failingStorage()
    const coffer = await openCoffer({ ...storage, spool: () => Promise.reject(new Error('no space')) }, { mode: 'x' })
    await coffer.write('entry', 'hours of work')
    const handle = await coffer.file('large', 'w')
    await expect(handle.write(sample(2_000_000))).rejects.toThrow('no space')
    await expect(coffer.close()).rejects.toThrow('no space')
    await using again = await openCoffer(storage, {})
    expect(await names(again)).toEqual(['entry'])
  })

  test('where a write was refused by its signal, which is told no second time', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    const controller = new AbortController()
    const handle = await coffer.file('upload', 'w', { signal: controller.signal })
    await handle.write('half')
    controller.abort(new Error('out of time'))
    await expect(handle.write('the rest')).rejects.toThrow('out of time')
    await expect(handle.write('more')).rejects.toThrow('out of time')
    await coffer.write('entry', 'hours of work')
    await coffer.close()
    // Whoever closes it wants to know.
    await expect(handle.close()).rejects.toThrow('out of time')
    await handle.abort()
    await using again = await open()
    expect(await names(again)).toEqual(['entry'])
  })

  test('where the commit fails too: the coffer stays open, and the handle is told of once it is closed', async () => {
    const { storage, fails } = failingStorage()
    const coffer = await openCoffer(storage, { mode: 'a' })
    await coffer.write('entry', 'hours of work')
    await coffer.file('taken', 'x')
    await coffer.write('taken', 'y')
    fails.write = 1
    const code = await codeOf(coffer.close())
    expect([code, coffer.closed]).toEqual(['ERR_COFFER_IO', false])
    expect([await codeOf(coffer.close()), coffer.closed]).toEqual(['ERR_COFFER_EXISTS', true])
    await coffer.close()
    await using again = await openCoffer(storage, {})
    expect(await names(again)).toEqual(['entry', 'taken'])
  })
})

test('a handle in the place of a directory is refused when it is opened', async () => {
  await using coffer = await (await place()).open({ mode: 'x' })
  await coffer.makeDirectory('made')
  await coffer.write('implied/below', 'x')
  await coffer.link('link', 'implied')
  for (const name of ['made', 'implied', 'link/below']) {
    for (const mode of ['w', 'a'] as const) expect(`${name} ${mode} ${await codeOf(coffer.file(name, mode))}`).toBe(`${name} ${mode} ERR_COFFER_CONFLICT`)
  }
  expect(await codeOf(coffer.file('made', 'x'))).toBe('ERR_COFFER_EXISTS')
  await (await coffer.file('link', 'w')).close()
  expect((await coffer.stat('link'))?.type).toBe('file')
})

describe('a stream into a handle that fails puts nothing in the place of the file', () => {
  const streams: [string, unknown][] = [
    ['at what its encoding has no bytes for', '€'],
    ['at what is neither text nor bytes', 5],
  ]

  test.each(streams)('%s', async (_, bad) => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    await coffer.write('doc', 'the good old content')
    const handle = await coffer.file('doc', 'w', { encoding: 'latin1' })
    const source = new ReadableStream({
      start(controller) {
        for (const piece of ['half', bad, 'more']) controller.enqueue(piece)
        controller.close()
      },
    })
    await expect(source.pipeTo(handle.writable)).rejects.toThrow()
    expect(handle.closed).toBe(true)
    await expect(handle.write('x')).rejects.toThrow()
    await expect(handle.close()).rejects.toThrow()
    await handle.abort()
    await coffer.close()
    await using again = await open()
    expect(await again.readText('doc')).toBe('the good old content')
  })

  test('what comes after the handle was closed takes nothing back', async () => {
    await using coffer = await (await place()).open({ mode: 'x' })
    const handle = await coffer.file('doc', 'w')
    const writer = handle.writable.getWriter()
    await writer.write('all of it')
    await handle.close()
    expect(await codeOf(writer.write('more'))).toBe('ERR_COFFER_CLOSED')
    await handle.close()
    expect(await coffer.readText('doc')).toBe('all of it')
  })

  test('where there is no room to keep it aside', async () => {
    const { storage } = failingStorage()
    const coffer = await openCoffer({ ...storage, spool: () => Promise.reject(new Error('no space')) }, { mode: 'x' })
    const writer = (await coffer.file('large', 'w')).writable.getWriter()
    await expect(writer.write(sample(2_000_000))).rejects.toThrow('no space')
    await coffer.write('entry', 'hours of work')
    await coffer.close()
    await using again = await openCoffer(storage, {})
    expect(await names(again)).toEqual(['entry'])
  })
})
