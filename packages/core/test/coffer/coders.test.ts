import { CofferError, convert, inlineEngine, memoryStorage, openCoffer, type Engine } from '@coffer/core'
import { expect, test } from 'vitest'
import { encodeHeader } from '../../src/tar/header.js'
import { encodeRawFrame } from '../../src/zstd/frame.js'
import { codeOf, place } from './support.js'

/** An engine that counts the coders that are open, and makes no more of them when told so. */
class CountingEngine implements Engine {
  readonly #inner = inlineEngine()
  open = 0
  refuses = false

  async createCoder(...args: Parameters<Engine['createCoder']>): ReturnType<Engine['createCoder']> {
    if (this.refuses) throw new CofferError('ERR_COFFER_CLOSED', 'no more')
    const coder = await this.#inner.createCoder(...args)
    this.open += 1
    let isOpen = true
    const close = coder.close.bind(coder)
    return Object.assign(coder, {
      close: async () => {
        if (isOpen) this.open -= 1
        isOpen = false
        await close()
      },
    })
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

/** A coffer as PyCoffer writes one, with one empty file; with a name that is refused if need be. */
function legacyBytes(name = 'a'): Uint8Array {
  const header = encodeHeader({ type: 'file', mode: 0o600, mtime: 0, name, size: 0 })
  return encodeRawFrame(new Uint8Array([...header, ...new Uint8Array(1024)]))
}

const legacy = { variant: 'null', mode: 'r', legacy: 'read' } as const

test('no coder stays open behind a coffer of PyCoffer, whether it opens or not', async () => {
  const engine = new CountingEngine()
  const coffer = await openCoffer(memoryStorage(legacyBytes()), { ...legacy, engine })
  expect(await coffer.has('a')).toBe(true)
  await coffer.close()
  expect(engine.open).toBe(0)
  expect(await codeOf(openCoffer(memoryStorage(legacyBytes('../a')), { ...legacy, engine }))).toBe('ERR_COFFER_NAME')
  expect(engine.open).toBe(0)
  // It has nothing that could be compared with what is remembered: an older copy, from before it was converted, would go unnoticed.
  for (const remembered of [{ id: '00'.repeat(16) }, { generation: 0 }]) {
    expect(await codeOf(openCoffer(memoryStorage(legacyBytes()), { ...legacy, engine, expect: remembered }))).toBe('ERR_COFFER_EXPECT')
  }
  expect(engine.open).toBe(0)
  expect(await codeOf(openCoffer(memoryStorage(legacyBytes()), { variant: 'null', engine }))).toBe('ERR_COFFER_LEGACY')
  expect(engine.open).toBe(0)
})

test('nor behind a conversion', async () => {
  const engine = new CountingEngine()
  expect(await convert(memoryStorage(legacyBytes()), { variant: 'null', engine })).toMatchObject({ converted: true })
  expect(await codeOf(convert(memoryStorage(legacyBytes('../a')), { variant: 'null', engine }))).toBe('ERR_COFFER_NAME')
  expect(await codeOf(convert(memoryStorage(new Uint8Array(9)), { variant: 'null', engine }))).toBe('ERR_COFFER_NOT_A_COFFER')
  expect(engine.open).toBe(0)
})

test('nor behind a new coffer for which there is no room', async () => {
  const engine = new CountingEngine()
  const { storage, keys } = await place()
  const replace = storage.replace.bind(storage)
  const write = (): Promise<void> => Promise.reject(new CofferError('ERR_COFFER_FULL', 'no room'))
  storage.replace = async () => Object.assign(await replace(), { write })
  expect(await codeOf(openCoffer(storage, { mode: 'x', keys, engine }))).toBe('ERR_COFFER_FULL')
  expect(engine.open).toBe(0)
})

test('a compaction for which there is no coder leaves no file open', async () => {
  const engine = new CountingEngine()
  const { storage, keys } = await place()
  let open = 0
  const replace = storage.replace.bind(storage)
  storage.replace = async () => {
    const file = await replace()
    const close = file.close.bind(file)
    open += 1
    return Object.assign(file, {
      close: async () => {
        open -= 1
        await close()
      },
    })
  }
  const coffer = await openCoffer(storage, { mode: 'x', keys, engine })
  await coffer.write('a', 'a')
  await coffer.flush()
  expect(open).toBe(1)
  engine.refuses = true
  expect(await codeOf(coffer.compact())).toBe('ERR_COFFER_CLOSED')
  expect(open).toBe(1)
  await coffer.close()
  expect([open, engine.open]).toEqual([0, 0])
})
