import type { Crypt } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { concat } from '../../src/bytes/bytes.js'
import { codeOf, collect, kinds, names, place, same, sample } from './support.js'

describe.each(kinds)('a $kind coffer', ({ variant, container }) => {
  test('gives back what was put in, before and after it was closed', async () => {
    const { open } = await place(variant, container)
    const files = new Map<string, Uint8Array>([
      ['empty', new Uint8Array(0)],
      ['one', sample(1)],
      ['small/text.txt', sample(5000, 2, true)],
      ['block', sample(8192, 3)],
      ['blocks', sample(100_001, 4)],
      ['ünï/çødé-文件.txt', sample(14, 5)],
      [`long/${'n'.repeat(200)}/${'m'.repeat(200)}`, sample(300, 6)],
    ])
    const check = async (coffer: Awaited<ReturnType<typeof open>>): Promise<void> => {
      expect(await names(coffer)).toEqual([...files.keys()].sort())
      for (const [name, bytes] of files) {
        expect(same(await coffer.read(name), bytes)).toBe(true)
        expect((await coffer.stat(name))?.size).toBe(bytes.length)
      }
      expect(await coffer.verify()).toMatchObject({ ok: true, bad: [] })
    }
    const coffer = await open({ mode: 'x', blockBytes: 8192 })
    for (const [name, bytes] of files) await coffer.write(name, bytes, { mtime: 1_700_000_000_123 })
    await check(coffer)
    await coffer.close()

    const again = await open()
    await check(again)
    expect((await again.stat('one'))?.mtimeMs).toBe(1_700_000_000_123)
    await again.close()
  })

  test('reads any range', async () => {
    const { open } = await place(variant, container)
    const bytes = sample(50_000)
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    await coffer.write('file', bytes)
    await coffer.flush()
    for (const [start, end] of [[0, 0], [0, 1], [4095, 4097], [4096, 8192], [10_000, 30_000], [49_999, 50_000], [49_999, 60_000], [70_000, 80_000]] as const) {
      expect(same(await coffer.read('file', { start, end }), bytes.slice(start, end))).toBe(true)
    }
    expect(same(await coffer.read('file', { start: 40_000 }), bytes.slice(40_000))).toBe(true)
    await expect(coffer.read('file', { start: -1 })).rejects.toThrow(RangeError)
    await coffer.close()
  })

  test('replaces, appends, moves and deletes', async () => {
    const { open } = await place(variant, container)
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    await coffer.write('a', sample(10_000, 1))
    await coffer.write('a', sample(300, 2))
    await coffer.append('a', sample(9000, 3))
    await coffer.append('log', 'first\n')
    await coffer.append('log', 'second\n')
    await coffer.write('d/x', 'x')
    await coffer.write('d/e/y', sample(20_000, 4))
    await coffer.move('d', 'f')
    await coffer.write('gone', 'gone')
    await coffer.delete('gone')
    const check = async (reader: typeof coffer): Promise<void> => {
      expect(await names(reader)).toEqual(['a', 'f/e/y', 'f/x', 'log'])
      expect(same(await reader.read('a'), new Uint8Array([...sample(300, 2), ...sample(9000, 3)]))).toBe(true)
      expect(await reader.readLines('log')).toEqual(['first', 'second'])
      expect(same(await reader.read('f/e/y'), sample(20_000, 4))).toBe(true)
      expect(await codeOf(reader.read('gone'))).toBe('ERR_COFFER_NOT_FOUND')
    }
    await check(coffer)
    await coffer.close()
    const again = await open({ mode: 'a' })
    await check(again)
    await again.compact()
    await check(again)
    await again.close()
    const last = await open()
    await check(last)
    await last.close()
  })

  test('keeps the old content when a write is aborted or its source fails', async () => {
    const { open, storage } = await place(variant, container)
    const coffer = await open({ mode: 'x', blockBytes: 4096, autoFlush: false })
    await coffer.write('file', 'before')
    await coffer.flush()
    const before = storage.bytes()
    const controller = new AbortController()
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; ; i++) {
        if (i === 40) controller.abort(new Error('enough'))
        yield sample(4096, i)
      }
    }
    await expect(coffer.write('file', endless(), { signal: controller.signal })).rejects.toThrow('enough')
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 50; i++) yield sample(4096, i)
      throw new Error('source failed')
    }
    await expect(coffer.write('other', failing())).rejects.toThrow('source failed')
    expect(same(storage.bytes(), before)).toBe(true)
    expect(await coffer.readText('file')).toBe('before')
    expect(await coffer.has('other')).toBe(false)
    await coffer.close()
    const again = await open()
    expect(await again.readText('file')).toBe('before')
    await again.close()
  })

  test('takes other keys', async () => {
    const { open, storage } = await place(variant, container)
    const other = await place(variant, container)
    const coffer = await open({ mode: 'x', blockBytes: 4096 })
    await coffer.write('small', 'small')
    await coffer.write('large', sample(30_000))
    const { id, generation } = coffer
    await coffer.rekey(other.keys)
    await coffer.write('after', 'after')
    await coffer.close()
    if (variant !== 'null') expect(await codeOf(open())).toBe('ERR_COFFER_AUTH')
    const again = await open({ keys: other.keys })
    expect(again.id).toBe(id)
    expect(again.generation).toBeGreaterThan(generation)
    expect(same(await again.read('large'), sample(30_000))).toBe(true)
    expect(await again.readText('small')).toBe('small')
    expect(await again.readText('after')).toBe('after')
    await again.close()
    expect(storage.bytes().length).toBeGreaterThan(0)
  })

  test('encrypts loose data with the keys that it has at the time, and with none once it is closed', async () => {
    const { open } = await place(variant, container)
    const other = await place(variant, container)
    const coffer = await open({ mode: 'x' })
    const crypt = await coffer.plugin<Crypt>('crypt')
    const before = await crypt.encrypt('before')
    await coffer.rekey(other.keys)
    const sealed = await crypt.encrypt('secret')
    expect(await coffer.plugin('crypt')).toBe(crypt)
    if (variant !== 'null') expect(await codeOf(crypt.decrypt(before))).toBe('ERR_COFFER_AUTH')
    await coffer.close()
    expect(await codeOf(crypt.encrypt('x'))).toBe('ERR_COFFER_CLOSED')
    expect(await codeOf(crypt.decrypt(sealed))).toBe('ERR_COFFER_CLOSED')
    expect(await codeOf(collect(crypt.encryptStream('x')))).toBe('ERR_COFFER_CLOSED')
    await using again = await open({ keys: other.keys })
    expect(new TextDecoder().decode(await (await again.plugin<Crypt>('crypt')).decrypt(sealed))).toBe('secret')
  })

  test('encrypts loose data that no other key opens', async () => {
    const { open } = await place(variant, container)
    const coffer = await open({ mode: 'x' })
    const crypt = await coffer.plugin<Crypt>('crypt')
    const plain = sample(1_500_000, 7, true)
    const sealed = await crypt.encrypt(plain)
    expect(same(await crypt.decrypt(sealed), plain)).toBe(true)
    expect(same(await collect(crypt.decryptStream(crypt.encryptStream(plain))), plain)).toBe(true)
    expect(await crypt.decrypt(await crypt.encrypt(''))).toEqual(new Uint8Array(0))
    if (variant !== 'null') {
      for (const at of [0, 40, 100, sealed.length - 1]) {
        const changed = sealed.slice()
        changed[at] = (changed[at] as number) ^ 1
        expect(await codeOf(crypt.decrypt(changed))).toMatch(/ERR_COFFER_(AUTH|DAMAGED)/)
      }
      for (const length of [0, 20, 65_536, sealed.length - 1]) expect(await codeOf(crypt.decrypt(sealed.slice(0, length)))).toMatch(length === 0 ? /DAMAGED/ : /ERR_COFFER_(AUTH|DAMAGED)/)
    }
    await coffer.close()
  })
})

test('what was encrypted takes nothing from members of the coffer, which are under the same key', async () => {
  const { open, storage } = await place('market', undefined)
  const coffer = await open({ mode: 'x' })
  const plain = sample(600_000, 7, true)
  // Its second block has no marker.
  await coffer.write('member', sample(524_388, 3, true))
  await coffer.flush()
  const crypt = await coffer.plugin<Crypt>('crypt')
  const own = chunksIn(await crypt.encrypt(plain))
  expect(same(await crypt.decrypt(concat(own)), plain)).toBe(true)
  const foreign = chunksIn(storage.bytes()).filter(({ length }) => length > 100)
  const [second] = foreign.slice(-1) as [Uint8Array]
  // By itself it is what PyCoffer would have made.
  expect((await crypt.decrypt(second)).length).toBe(100)
  for (let at = 0; at <= own.length; at++) {
    const spliced = concat([...own.slice(0, at), second, ...own.slice(at)])
    expect(await codeOf(crypt.decrypt(spliced)), `before chunk ${at} of ${own.length}`).toMatch(/ERR_COFFER_(AUTH|DAMAGED)/)
  }
  expect(await codeOf(crypt.decrypt(concat(foreign)))).toBe('ERR_COFFER_AUTH')
  await coffer.close()
})

/** The chunks of secretbox in `bytes`, by their headers: the length, and zeros where other ciphers have a nonce. */
function chunksIn(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found: Uint8Array[] = []
  for (let at = 0; at + 32 < bytes.length; at++) {
    const length = 32 + view.getUint32(at, true)
    if (length <= 72 || length > 70_000 || at + length > bytes.length || bytes.subarray(at + 4, at + 32).some((byte) => byte !== 0)) continue
    found.push(bytes.slice(at, at + length))
    at += length - 1
  }
  return found
}
