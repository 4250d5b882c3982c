import { Buffer } from 'node:buffer'
import { openCoffer } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { place, sample } from './support.js'

// A Node Buffer is a Uint8Array whose `slice` is a view, and programs read into the same one again and again.

describe('a Node Buffer that the caller goes on using', () => {
  test('was copied when a write came back', async () => {
    const store = await place('store')
    const coffer = await store.open({ mode: 'x' })
    const data = Buffer.from(sample(1000))
    await coffer.write('file', data)
    data.fill(0)
    expect(Uint8Array.from(await coffer.read('file'))).toEqual(sample(1000))
    await coffer.close()
    const again = await store.open()
    expect(Uint8Array.from(await again.read('file'))).toEqual(sample(1000))
    await again.close()
  })

  test('was copied when the next piece of a stream is asked for', async () => {
    const store = await place('store')
    const coffer = await store.open({ mode: 'x', blockBytes: 4096 })
    const whole = sample(30_000)
    async function* pieces(): AsyncGenerator<Uint8Array> {
      const memory = Buffer.alloc(1000)
      for (let at = 0; at < whole.length; at += memory.length) {
        memory.set(whole.subarray(at, at + memory.length))
        yield memory
      }
    }
    await coffer.write('file', pieces())
    expect(Uint8Array.from(await coffer.read('file'))).toEqual(whole)
    await coffer.close()
  })

  test('was copied when a handle’s write was called', async () => {
    const store = await place('store')
    const coffer = await store.open({ mode: 'x' })
    const file = await coffer.file('file', 'w')
    const memory = Buffer.alloc(100)
    const whole = sample(1000)
    for (let at = 0; at < whole.length; at += memory.length) {
      memory.set(whole.subarray(at, at + memory.length))
      void file.write(memory)
    }
    await file.close()
    expect(Uint8Array.from(await coffer.read('file'))).toEqual(whole)
    await coffer.close()
  })

  test('was copied where it is a key', async () => {
    const { storage, keys } = await place('bank')
    const mine = { cofferKey: Buffer.from(keys.cofferKey as Uint8Array), secureKey: Buffer.from(keys.secureKey as Uint8Array) }
    const coffer = await openCoffer(storage, { mode: 'x', variant: 'bank', keys: mine })
    mine.cofferKey.fill(0)
    mine.secureKey.fill(0)
    await coffer.write('file', sample(100))
    await coffer.close()
    const again = await openCoffer(storage, { variant: 'bank', keys })
    expect(Uint8Array.from(await again.read('file'))).toEqual(sample(100))
    await again.close()
  })
})
