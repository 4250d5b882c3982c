import { createKeyring, deriveKey, openKeyring, type PasswordHash } from '@coffer/core'
import { createPasswordHash } from '@coffer/worker'
import { describe, expect, test } from 'vitest'
import { code, failureOf, keysOf, same, sample } from './support.js'

const cost = { salt: sample(16), memoryBytes: 19_922_944, passes: 2, keyBytes: 64 }

describe('a password hashed by a worker', () => {
  test('is the same as on the calling thread, in NFC', async () => {
    const [here, there] = [await deriveKey('p\u00e4ssword', cost), await createPasswordHash()('pa\u0308ssword', cost)]
    expect(there.key.length).toBe(64)
    expect(same(here.key, there.key)).toBe(true)
  })

  test('leaves the calling thread free meanwhile', async () => {
    let ticks = 0
    const timer = setInterval(() => (ticks += 1), 5)
    await createPasswordHash()('password', { ...cost, memoryBytes: 134_217_728, passes: 3 })
    clearInterval(timer)
    // A blocked thread has none; a free one dozens.
    expect(ticks).toBeGreaterThan(3)
  })

  test('opens keyrings, and a wrong one does not', async () => {
    const hashed: string[] = []
    const passwordHash: PasswordHash = (password, options) => {
      hashed.push(password)
      return createPasswordHash()(password, options)
    }
    const { keyring } = await createKeyring(await keysOf('bank'), { password: 'right', memoryBytes: cost.memoryBytes, passes: 2, passwordHash })
    const opened = await openKeyring(keyring.document, { password: 'right' }, { passwordHash })
    expect(opened.keys).toEqual(keyring.keys)
    await expect(openKeyring(keyring.document, { password: 'wrong' }, { passwordHash })).rejects.toEqual(code('ERR_COFFER_AUTH'))
    expect(hashed).toEqual(['right', 'right', 'wrong'])
  })

  test('can be given up', async () => {
    const controller = new AbortController()
    const hashing = createPasswordHash({ signal: controller.signal })('password', { ...cost, memoryBytes: 536_870_912, passes: 16 })
    setTimeout(() => controller.abort(new Error('enough')), 50)
    expect((await failureOf(hashing)).message).toBe('enough')
    await expect(createPasswordHash({ signal: controller.signal })('password', cost)).rejects.toThrow('enough')
  })

  test('passes on what is refused', async () => {
    expect(await failureOf(createPasswordHash()('password', { ...cost, passes: 1 }))).toBeInstanceOf(RangeError)
  })

  test('is hashed on the calling thread where the worker has no script', async () => {
    const here = await deriveKey('password', cost)
    const there = await createPasswordHash({ workerUrl: new URL('./no-such-script.js', import.meta.url) })('password', cost)
    expect(same(here.key, there.key)).toBe(true)
  })
})
