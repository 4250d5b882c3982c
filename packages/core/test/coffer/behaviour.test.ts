import { defineVariant, generateKeys, memoryStorage, openCoffer } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { codeOf, collect, names, place, same, sample } from './support.js'

describe('opening', () => {
  test('modes: r wants one, x refuses one, a makes or goes on, w starts anew', async () => {
    const { open } = await place()
    expect(await codeOf(open())).toBe('ERR_COFFER_NOT_FOUND')
    const made = await open({ mode: 'a' })
    await made.write('a', '1')
    await made.close()
    expect(await codeOf(open({ mode: 'x' }))).toBe('ERR_COFFER_EXISTS')
    const more = await open({ mode: 'a' })
    expect(await more.readText('a')).toBe('1')
    await more.close()
    const fresh = await open({ mode: 'w' })
    expect(await names(fresh)).toEqual([])
    await fresh.discard()
    const kept = await open()
    expect(await kept.readText('a')).toBe('1')
    await kept.close()
    const anew = await open({ mode: 'w' })
    await anew.close()
    const empty = await open()
    expect(await names(empty)).toEqual([])
    await empty.close()
  })

  test('what is given up is not left behind in the file, where PyCoffer would find it', async () => {
    const { open, storage } = await place()
    const made = await open({ mode: 'x', autoFlush: false })
    await made.write('a', '1')
    await made.close()
    const before = storage.bytes()
    const coffer = await open({ mode: 'a', autoFlush: false })
    await coffer.write('large', sample(200_000))
    await coffer.delete('a')
    expect(storage.bytes().length).toBeGreaterThan(before.length)
    await coffer.discard()
    expect(same(storage.bytes(), before)).toBe(true)
  })

  test('a reader cannot write', async () => {
    const { open } = await place()
    await (await open({ mode: 'x' })).close()
    const reader = await open()
    for (const change of [
      () => reader.write('a', 'b'),
      () => reader.append('a', 'b'),
      () => reader.delete('a'),
      () => reader.move('a', 'b'),
      () => reader.flush(),
      () => reader.compact(),
      () => reader.file('a', 'w'),
      () => reader.makeDirectory('d'),
      () => reader.dump('v', 1),
    ]) {
      expect(await codeOf((async () => void (await change()))())).toBe('ERR_COFFER_READ_ONLY')
    }
    await reader.close()
  })

  test('after close every call says so, and a second close is nothing', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    await coffer.write('a', 'b')
    await coffer.close()
    await coffer.close()
    expect(coffer.closed).toBe(true)
    for (const call of [
      () => coffer.write('a', 'b'),
      () => coffer.read('a'),
      () => coffer.readText('a'),
      () => coffer.readLines('a'),
      () => names(coffer),
      () => coffer.stat('a'),
      () => coffer.has('a'),
      () => coffer.delete('a'),
      () => coffer.flush(),
      () => coffer.verify(),
      () => coffer.file('a'),
      () => coffer.plugin('crypt'),
    ]) {
      expect(await codeOf((async () => void (await call()))())).toBe('ERR_COFFER_CLOSED')
    }
  })

  test('the keys say the variant', async () => {
    for (const variant of ['bank', 'store', 'market', 'null'] as const) {
      const storage = memoryStorage()
      const keys = await generateKeys(variant)
      await (await openCoffer(storage, { mode: 'x', keys })).close()
      const coffer = await openCoffer(storage, { keys })
      expect(coffer.variant.name).toBe(variant)
      await coffer.close()
    }
  })

  test('another variant than it is, keys of wrong lengths, and wrong keys have their own codes', async () => {
    const all = { cofferKey: new Uint8Array(32).fill(1), secureKey: new Uint8Array(32).fill(2) }
    for (const made of ['bank', 'store', 'market', 'null'] as const) {
      const storage = memoryStorage()
      await (await openCoffer(storage, { mode: 'x', variant: made, keys: all })).close()
      for (const asked of ['bank', 'store', 'market', 'null'] as const) {
        const code = await codeOf(openCoffer(storage, { variant: asked, keys: all }).then((coffer) => coffer.close()))
        expect(`${made} as ${asked}: ${code}`).toBe(`${made} as ${asked}: ${made === asked ? 'no error' : 'ERR_COFFER_VARIANT'}`)
      }
    }
    const { open, storage } = await place('bank')
    await (await open({ mode: 'x' })).close()
    expect(await codeOf(open({ keys: await generateKeys('bank') }))).toBe('ERR_COFFER_AUTH')
    expect(await codeOf(open({ keys: {} }))).toBe('ERR_COFFER_KEY')
    expect(await codeOf(open({ keys: { cofferKey: new Uint8Array(31), secureKey: new Uint8Array(32) } }))).toBe('ERR_COFFER_KEY')
    expect(storage.bytes().length).toBeGreaterThan(0)
  })

  test('remembers and refuses: expect', async () => {
    const { open, storage, keys } = await place()
    const coffer = await open({ mode: 'x' })
    await coffer.write('a', '1')
    await coffer.flush()
    const old = storage.bytes()
    const before = { id: coffer.id, generation: coffer.generation, fingerprint: coffer.fingerprint }
    await coffer.write('a', '2')
    await coffer.flush()
    const now = { id: coffer.id, generation: coffer.generation, fingerprint: coffer.fingerprint }
    await coffer.close()
    await (await open({ expect: now })).close()
    // A newer state of the remembered one is fine.
    await (await open({ expect: before })).close()
    expect(await codeOf(open({ expect: { ...before, fingerprint: '00'.repeat(32) } }))).toBe('ERR_COFFER_EXPECT')
    expect(await codeOf(open({ expect: { id: '00'.repeat(16) } }))).toBe('ERR_COFFER_EXPECT')
    const rolledBack = memoryStorage(old)
    expect(await codeOf(openCoffer(rolledBack, { keys, expect: now }))).toBe('ERR_COFFER_EXPECT')
    expect(await codeOf(openCoffer(rolledBack, { keys, expect: { generation: now.generation } }))).toBe('ERR_COFFER_EXPECT')
    await (await openCoffer(rolledBack, { keys, expect: before })).close()
    expect(await codeOf(open({ mode: 'w', expect: now }))).toBe('ERR_COFFER_EXPECT')
    await (await open({ expect: now })).close()
  })

  test('what is expected is not made anew', async () => {
    const { open, storage } = await place('bank')
    for (const mode of ['a', 'w', 'x'] as const) {
      for (const remembered of [{ id: '00'.repeat(16) }, { generation: 0 }, { fingerprint: '00'.repeat(32) }]) {
        expect(await codeOf(open({ mode, expect: remembered }))).toBe('ERR_COFFER_EXPECT')
        expect(storage.bytes().length).toBe(0)
      }
    }
    await (await open({ mode: 'x', lockTimeoutMs: 0 })).close()
  })

  test('a dictionary is asked for by name of its digest', async () => {
    const dictionary = sample(2000, 9, true)
    const { open } = await place()
    const coffer = await open({ mode: 'x', dictionary })
    await coffer.write('a', dictionary)
    await coffer.close()
    expect(await codeOf(open())).toBe('ERR_COFFER_DICTIONARY')
    expect(await codeOf(open({ dictionary: sample(2000, 8, true) }))).toBe('ERR_COFFER_DICTIONARY')
    const again = await open({ dictionary })
    expect(same(await again.read('a'), dictionary)).toBe(true)
    await again.close()
  })

  test('a variant of one’s own', async () => {
    const variant = defineVariant({ name: 'twice', member: 'fernet', container: 'secretbox', compression: 'none' })
    const keys = { cofferKey: sample(32, 1), secureKey: sample(32, 2) }
    const storage = memoryStorage()
    const coffer = await openCoffer(storage, { mode: 'x', variant, keys, blockBytes: 4096 })
    await coffer.write('a', sample(20_000))
    await coffer.close()
    const again = await openCoffer(storage, { variant, keys })
    expect(same(await again.read('a'), sample(20_000))).toBe(true)
    await again.close()
    for (const name of ['bank', '', undefined, null, 5]) expect(() => defineVariant({ name: name as string })).toThrow(TypeError)
    for (const compression of ['zip', 'Member', '', null, true]) {
      expect(() => defineVariant({ name: 'odd', compression: compression as 'none' })).toThrow(TypeError)
    }
    const unsaid = defineVariant({ name: 'mine', member: undefined, container: 'secretbox', compression: undefined, autoFlush: undefined, level: undefined })
    expect(unsaid).toEqual(defineVariant({ name: 'mine', container: 'secretbox' }))
    expect(unsaid).toMatchObject({ compression: 'member', autoFlush: false, level: 3 })
    expect(() => defineVariant({ name: 'odd', member: 'secretbox', compression: 'container' })).toThrow(RangeError)
  })
})

describe('writing', () => {
  test('takes strings, bytes, blobs, web streams and async iterables', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    const bytes = sample(20_000)
    await coffer.write('string', 'grüße')
    await coffer.write('bytes', bytes)
    await coffer.write('blob', new Blob([bytes.slice()]))
    await coffer.write('stream', new Blob([bytes.slice()]).stream())
    await coffer.write('iterable', (async function* () { yield bytes.subarray(0, 7); yield bytes.subarray(7) })())
    expect(await coffer.readText('string')).toBe('grüße')
    for (const name of ['bytes', 'blob', 'stream', 'iterable']) expect(same(await coffer.read(name), bytes)).toBe(true)
    // @ts-expect-error numbers are no data
    await expect(coffer.write('number', 5)).rejects.toThrow(TypeError)
    await coffer.close()
  })

  test('keeps no hold of the caller’s bytes, and gives out none of its own', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    const bytes = sample(100)
    await coffer.write('a', bytes)
    bytes.fill(0)
    const got = await coffer.read('a')
    expect(got).toEqual(sample(100))
    got.fill(0)
    expect(same(await coffer.read('a'), sample(100))).toBe(true)
    await coffer.close()
  })

  test('refuses names, places and options', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    for (const name of ['', '/a', 'a/', 'a//b', '.', '..', 'a/../b', 'a/./b', 'a\0b', '\ud800', 'x'.repeat(256), 'x/'.repeat(1800) + 'x']) {
      expect(`${name.slice(0, 20)} ${await codeOf(coffer.write(name, 'x'))}`).toBe(`${name.slice(0, 20)} ERR_COFFER_NAME`)
    }
    await coffer.write('d/f', 'x')
    expect(await codeOf(coffer.write('d', 'x'))).toBe('ERR_COFFER_CONFLICT')
    expect(await codeOf(coffer.write('d/f/g', 'x'))).toBe('ERR_COFFER_CONFLICT')
    expect(await codeOf(coffer.delete('d'))).toBe('ERR_COFFER_NOT_EMPTY')
    expect(await codeOf(coffer.delete('nothing'))).toBe('ERR_COFFER_NOT_FOUND')
    expect(await codeOf(coffer.write('d/f', 'y', { replace: false }))).toBe('ERR_COFFER_EXISTS')
    await coffer.write('e', 'x')
    expect(await codeOf(coffer.move('e', 'd/f'))).toBe('ERR_COFFER_EXISTS')
    await expect(coffer.write('m', 'x', { mode: 0o7777 })).rejects.toThrow(RangeError)
    for (const mtime of [-1, Number.NaN, Infinity, 1e20]) await expect(coffer.write('m', 'x', { mtime })).rejects.toThrow(RangeError)
    await coffer.delete('d', { recursive: true })
    await coffer.write('d', 'now a file')
    expect(await coffer.readText('d')).toBe('now a file')
    await coffer.close()
    const portable = await open({ mode: 'a', portable: true })
    for (const name of ['CON', 'a/nul.txt', 'a:b', 'a.', 'e\u0301']) expect(await codeOf(portable.write(name, 'x'))).toBe('ERR_COFFER_NAME')
    await portable.close()
  })

  test('purge leaves no trace of the content in the file', async () => {
    const { open, storage } = await place('null')
    const coffer = await open({ mode: 'x' })
    await coffer.write('secret', sample(3000, 5))
    await coffer.write('other', 'x')
    await coffer.flush()
    const has = (): boolean => Buffer.from(storage.bytes()).includes(Buffer.from(sample(3000, 5)))
    expect(has()).toBe(true)
    await coffer.delete('secret')
    await coffer.flush()
    expect(has()).toBe(true)
    await coffer.write('secret', sample(3000, 5))
    await coffer.delete('secret', { purge: true })
    expect(has()).toBe(false)
    await coffer.close()
  })

  test('a close compacts what is mostly dead', async () => {
    const { open, storage } = await place()
    const coffer = await open({ mode: 'x' })
    for (let i = 0; i < 5; i++) {
      await coffer.write('a', sample(200_000, i))
      await coffer.flush()
    }
    expect(storage.bytes().length).toBeGreaterThan(1_000_000)
    await coffer.close()
    expect(storage.bytes().length).toBeLessThan(250_000)
    const again = await open()
    expect(same(await again.read('a'), sample(200_000, 4))).toBe(true)
    await again.close()
  })

  test('says how far it is', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    const seen: string[] = []
    await coffer.write('a', sample(10_000), { onProgress: ({ phase, done, total }) => seen.push(`${phase} ${done}/${total}`) })
    expect(seen).toEqual(['write 4096/10000', 'write 8192/10000', 'write 10000/10000'])
    await expect(coffer.write('b', sample(10), { onProgress: () => { throw new Error('no more') } })).rejects.toThrow('no more')
    expect(await coffer.has('b')).toBe(false)
    await coffer.close()
  })
})

describe('handles', () => {
  test('what is written through one becomes a member when it is closed', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    const handle = await coffer.file('a', 'w')
    await handle.write(sample(3_000_000, 1))
    await coffer.write('b', 'others go on')
    await coffer.flush()
    expect(await coffer.has('a')).toBe(false)
    await handle.write('end')
    expect(handle.size).toBe(3_000_003)
    await handle.close()
    await handle.close()
    expect((await coffer.read('a')).length).toBe(3_000_003)
    const more = await coffer.file('a', 'a')
    await more.write('!')
    await more.close()
    expect(await coffer.readText('a', { start: 3_000_000 })).toBe('end!')
    expect(await codeOf(coffer.file('a', 'x'))).toBe('ERR_COFFER_EXISTS')
    const dropped = await coffer.file('a', 'w')
    await dropped.write('never')
    await dropped.abort()
    expect((await coffer.read('a')).length).toBe(3_000_004)
    expect(await codeOf(dropped.write('x'))).toBe('ERR_COFFER_CLOSED')
    await coffer.close()
  })

  test('web streams, encodings and snapshots', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    const out = await coffer.file('utf16', 'w', { encoding: 'utf-16le' })
    const writer = out.writable.getWriter()
    await writer.write('grüße ')
    await writer.write('€')
    await writer.close()
    expect((await coffer.stat('utf16'))?.size).toBe(14)
    expect(await coffer.readText('utf16', { encoding: 'utf-16le' })).toBe('grüße €')
    const reader = await coffer.file('utf16', 'r', { encoding: 'utf-16le' })
    await coffer.write('utf16', 'replaced')
    await coffer.flush()
    await coffer.compact()
    let text = ''
    for await (const piece of reader.readable as unknown as AsyncIterable<string>) text += piece
    expect(text).toBe('grüße €')
    expect(same(await reader.read(0, 2), new Uint8Array([0x67, 0]))).toBe(true)
    await reader.close()
    expect(() => reader.readable).toThrow('closed')
    await expect(coffer.readText('utf16', { encoding: 'utf-16' })).resolves.not.toBe('grüße €')
    await coffer.close()
  })

  test('a character may be cut in two between one string and the next', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    for (const encoding of ['utf-8', 'utf-16le', undefined]) {
      const handle = await coffer.file('cut', 'w', { encoding })
      for (const piece of ['a\ud83d', '\ude00', '', '\ud83d', '', '\ude00b']) await handle.write(piece)
      await handle.close()
      expect(await coffer.readText('cut', { encoding })).toBe('a😀😀b')
    }
    const { writable } = await coffer.file('cut', 'a', { encoding: 'utf-8' })
    const writer = writable.getWriter()
    await writer.write('\ud83d')
    await writer.write('\ude00')
    await writer.close()
    expect(await coffer.readText('cut', { start: 10 })).toBe('😀')
    // What never gets its other half would come back as another character.
    const cut = (await coffer.file('cut', 'a')).writable.getWriter()
    await cut.write('c\ud83d')
    await expect(cut.close()).rejects.toThrow(/well-formed/)
    expect(await coffer.readText('cut', { start: 10 })).toBe('😀')
    const mixed = await coffer.file('mixed', 'w')
    await mixed.write('a\ud83d')
    await expect(mixed.write(new Uint8Array([0x62]))).rejects.toThrow(/well-formed/)
    await expect(mixed.write('b')).rejects.toThrow(/well-formed/)
    await mixed.write('\ude00')
    await mixed.close()
    expect(await coffer.readText('mixed')).toBe('a😀')
    await coffer.close()
  })

  test('closing the coffer closes them first', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    const handle = await coffer.file('a', 'w')
    await handle.write('kept')
    await coffer.close()
    const again = await open()
    expect(await again.readText('a')).toBe('kept')
    await again.close()
  })

  test('lines come one by one, whatever ends them', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    const lines = Array.from({ length: 3000 }, (_, i) => `line ${i} ${'é'.repeat(i % 17)}`)
    await coffer.writeLines('lines', lines)
    expect(await coffer.readLines('lines')).toEqual(lines)
    await coffer.write('windows', 'a\r\nb\n\nc')
    expect(await coffer.readLines('windows')).toEqual(['a', 'b', '', 'c'])
    let count = 0
    for await (const line of coffer.lines('lines')) if (line !== '' && ++count === 3) break
    expect(count).toBe(3)
    await expect(coffer.writeLines('bad', ['a\nb'])).rejects.toThrow(TypeError)
    await expect(coffer.writeLines('bad', ['a\r'])).rejects.toThrow(/half of a line end/)
    expect(await coffer.has('bad')).toBe(false)
    await coffer.writeLines('inner', ['a\rb', ''])
    expect(await coffer.readLines('inner')).toEqual(['a\rb', ''])
    await coffer.write('open', 'a\r\nb\r')
    expect(await coffer.readLines('open')).toEqual(['a', 'b\r'])
    await coffer.write('broken', new Uint8Array([0xff, 0xfe, 0xfd]))
    await expect(coffer.readText('broken')).rejects.toThrow(TypeError)
    await coffer.close()
  })

  test('lines are of the bytes that are asked for, and say how far they are', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    await coffer.write('l', 'one\ntwo\nthree\n')
    expect(await coffer.readLines('l', { start: 4, end: 8 })).toEqual(['two'])
    expect(await coffer.readLines('l', { start: 5 })).toEqual(['wo', 'three'])
    expect(await coffer.readLines('l', { start: 8, end: 1000 })).toEqual(['three'])
    expect(await coffer.readLines('l', { start: 9, end: 5 })).toEqual([])
    await expect(coffer.readLines('l', { start: -1 })).rejects.toThrow(RangeError)
    const text = Array.from({ length: 2000 }, (_, i) => `line ${i}`).join('\n')
    await coffer.write('long', text)
    const told: number[] = []
    const onProgress = ({ done, total }: { done: number; total: number | undefined }): void => void told.push(done, total ?? 0)
    const lines = await coffer.readLines('long', { start: 1000, end: 10_002, onProgress })
    expect(lines).toEqual(text.slice(1000, 10_002).split('\n'))
    expect(told).toEqual([3096, 9002, 7192, 9002, 9002, 9002])
    await expect(coffer.readLines('long', { onProgress: () => { throw new Error('enough') } })).rejects.toThrow('enough')
    await coffer.close()
  })

  test('values', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    await coffer.dump('v', { a: [1, 'two', null] })
    expect(await coffer.load('v')).toEqual({ a: [1, 'two', null] })
    await expect(coffer.dump('f', () => 1)).rejects.toThrow(TypeError)
    await coffer.write('no', 'not json')
    expect(await codeOf(coffer.load('no'))).toBe('ERR_COFFER_DAMAGED')
    await coffer.close()
  })
})

describe('many at once', () => {
  test('a timer may flush while a stream is written', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    let flushes = 0
    const timer = setInterval(() => void coffer.flush({ force: true }).then(() => flushes++), 2)
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 60; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        yield sample(1000, i)
      }
    }
    await coffer.write('slow', slow())
    clearInterval(timer)
    await coffer.close()
    expect(flushes).toBeGreaterThan(0)
    const again = await open()
    expect((await again.read('slow')).length).toBe(60_000)
    await again.close()
  })

  test('members are those at the time of the call, whenever they are asked for', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x' })
    await coffer.write('a', '1')
    const members = coffer.members()
    const others = coffer.members()
    await coffer.delete('a')
    await coffer.write('b', '2')
    const found: string[] = []
    for await (const { name } of members) found.push(name)
    expect(found).toEqual(['a'])
    expect(await names(coffer)).toEqual(['b'])
    await coffer.close()
    expect(await codeOf(others[Symbol.asyncIterator]().next())).toBe('ERR_COFFER_CLOSED')
    expect(await codeOf(coffer.members()[Symbol.asyncIterator]().next())).toBe('ERR_COFFER_CLOSED')
  })

  test('readers of an older state go on through commits and compactions', async () => {
    const { open } = await place()
    const writer = await open({ mode: 'x', lock: 'none', blockBytes: 4096 })
    await writer.write('a', sample(50_000, 1))
    await writer.flush()
    const reader = await open({ lock: 'none' })
    for (let i = 2; i < 10; i++) {
      await writer.write('a', sample(50_000, i))
      await writer.flush()
      if (i === 5) await writer.compact()
      expect(same(await reader.read('a'), sample(50_000, 1))).toBe(true)
    }
    const newer = await open({ lock: 'none' })
    expect(same(await newer.read('a'), sample(50_000, 9))).toBe(true)
    expect(newer.recovered).toBeUndefined()
    await Promise.all([reader.close(), newer.close(), writer.close()])
  })

  test('the second one waits for the lock, and gives up', async () => {
    const { open } = await place()
    const first = await open({ mode: 'x' })
    const start = performance.now()
    expect(await codeOf(open({ lockTimeoutMs: 50 }))).toBe('ERR_COFFER_LOCKED')
    expect(performance.now() - start).toBeGreaterThan(45)
    const waiting = open({ mode: 'a', lockTimeoutMs: 5000 })
    await first.write('a', 'b')
    await first.close()
    const second = await waiting
    expect(await second.readText('a')).toBe('b')
    const controller = new AbortController()
    const third = open({ lockTimeoutMs: 5000, signal: controller.signal })
    controller.abort(new Error('never mind'))
    await expect(third).rejects.toThrow('never mind')
    await second.close()
  })

  test('a stream of what is being replaced reads the old content', async () => {
    const { open } = await place()
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    await coffer.write('a', sample(100_000, 1))
    const handle = await coffer.file('a')
    await coffer.write('a', handle.readable as ReadableStream<Uint8Array>)
    await handle.close()
    expect(same(await coffer.read('a'), sample(100_000, 1))).toBe(true)
    const bytes = await collect(new Blob([await coffer.read('a')]).stream())
    expect(bytes.length).toBe(100_000)
    await coffer.close()
  })
})
