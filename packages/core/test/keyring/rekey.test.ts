import { describe, expect, test } from 'vitest'
import { openCoffer } from '../../src/coffer/open.js'
import type { Coffer } from '../../src/coffer/coffer.js'
import type { CofferKeys } from '../../src/coffer/variants.js'
import { deriveKey } from '../../src/cipher/derive.js'
import type { PasswordHash } from '../../src/keyring/keyring.js'
import { openKeyring } from '../../src/keyring/open-keyring.js'
import { openWithKeyring, rekeyWithKeyring } from '../../src/keyring/rekey.js'
import { memoryStorage, type MemoryStorage } from '../../src/storage/memory.js'
import { cheap, codeOf, edited, keys, make, passkey, password, prf, reopen, slotIn } from './support.js'

const newKeys: CofferKeys = { cofferKey: new Uint8Array(32).fill(0x51), secureKey: new Uint8Array(32).fill(0x52) }

async function makeCoffer(): Promise<MemoryStorage> {
  const storage = memoryStorage()
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  await coffer.write('a', 'b')
  await coffer.close()
  return storage
}

describe('new keys for a keyring', () => {
  test('stand beside the old ones until it is finished', async () => {
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    await keyring.beginRekey(newKeys)
    for (const secret of [{ password }, { recoveryCode }]) {
      const half = await reopen(keyring, secret)
      expect(half).toMatchObject({ keys, pendingKeys: newKeys, rekeying: true, changed: false })
    }
    expect(await keyring.finishRekey()).toEqual([])
    for (const secret of [{ password }, { recoveryCode }]) {
      const done = await reopen(keyring, secret)
      expect(done).toMatchObject({ keys: newKeys, pendingKeys: undefined, rekeying: false, changed: false })
    }
  })

  test('are in the slots whose secret is there, and the others are dropped', async () => {
    const made = await make()
    await made.keyring.addPassword('second', { label: 'second', ...cheap })
    await made.keyring.addPasskey(passkey)
    const { recoveryCode } = await made.keyring.addRecoveryCode({ label: 'safe' })
    const keyring = await reopen(made.keyring)
    expect(await codeOf(keyring.beginRekey(newKeys, [{ password: 'wrong' }]))).toBe('ERR_COFFER_AUTH')
    await keyring.beginRekey(newKeys, [{ prf }])
    const half = await reopen(keyring, { recoveryCode })
    expect(half).toMatchObject({ keys, pendingKeys: undefined, rekeying: true, changed: false })
    expect(await codeOf(half.finishRekey())).toBe('ERR_COFFER_KEYRING')
    const dropped = await keyring.finishRekey()
    expect(dropped.map(({ label }) => label)).toEqual(['second', 'safe'])
    expect((await reopen(keyring, { prf })).keys).toEqual(newKeys)
    expect((await reopen(keyring)).keys).toEqual(newKeys)
    expect(await codeOf(reopen(keyring, { recoveryCode }))).toBe('ERR_COFFER_AUTH')
  })

  test('can be finished by another process, for all slots that have them', async () => {
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    await keyring.beginRekey(newKeys)
    const other = await reopen(keyring, { recoveryCode })
    await other.finishRekey()
    expect((await reopen(other)).keys).toEqual(newKeys)
    expect((await reopen(other)).changed).toBe(false)
  })

  test('are not lost with a password that is changed by a slot without them', async () => {
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    const fresh = await reopen(keyring)
    await fresh.beginRekey(newKeys)
    const half = await reopen(fresh, { recoveryCode })
    expect(await codeOf(half.changePassword('changed', cheap))).toBe('ERR_COFFER_KEYRING')
    expect(await codeOf(half.upgradePassword(password, { ...cheap, passes: 3 }))).toBe('ERR_COFFER_KEYRING')
    expect(await reopen(half)).toMatchObject({ keys, pendingKeys: newKeys, changed: false })
  })

  test('can be given up', async () => {
    const { keyring } = await make({ recoveryCode: true })
    const second = await keyring.addPassword('second', cheap)
    const fresh = await reopen(keyring)
    await fresh.beginRekey(newKeys)
    expect(await fresh.finishRekey({ keep: 'old' })).toEqual([])
    const after = await reopen(fresh, { password: 'second' })
    expect(after).toMatchObject({ keys, rekeying: false, changed: false, openedWith: second.id })
    expect(await codeOf(fresh.finishRekey())).toBe('ERR_COFFER_KEYRING')
  })

  test('are in what is added meanwhile, and nothing is removed meanwhile', async () => {
    const { keyring } = await make({ recoveryCode: true })
    await keyring.beginRekey(newKeys)
    await keyring.addPassword('second', cheap)
    await keyring.changePassword('changed', cheap)
    expect(await codeOf(keyring.removeSlot(keyring.slots[1]?.id ?? ''))).toBe('ERR_COFFER_KEYRING')
    expect(await codeOf(keyring.beginRekey({ cofferKey: new Uint8Array(32) }))).toBe('ERR_COFFER_KEYRING')
    await keyring.finishRekey()
    for (const secret of ['second', 'changed']) expect((await reopen(keyring, { password: secret })).keys).toEqual(newKeys)
  })

  test('are never with passkeys alone', async () => {
    const { keyring } = await make()
    await keyring.addPasskey(passkey)
    const byPasskey = await reopen(keyring, { prf })
    expect(await codeOf(byPasskey.beginRekey(newKeys))).toBe('ERR_COFFER_KEYRING')
    expect(byPasskey.rekeying).toBe(false)
    await byPasskey.beginRekey(newKeys, [{ password }])
    expect(await byPasskey.finishRekey()).toEqual([])
  })

  test('are wrapped for the password that a slot has now, not for one that was given and changed meanwhile', async () => {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    let isSlow = false
    const passwordHash: PasswordHash = async (secret, options) => {
      const derived = await deriveKey(secret, options)
      if (secret === 'second' && isSlow) await gate
      return derived
    }
    const { keyring } = await make({ passwordHash })
    const second = await keyring.addPassword('second', cheap)
    isSlow = true
    const beginning = keyring.beginRekey(newKeys, [{ password: 'second' }])
    await keyring.changePassword('changed', { slot: second.id, ...cheap })
    release()
    await beginning
    expect(await keyring.finishRekey()).toEqual([])
    expect((await reopen(keyring, { password: 'changed' })).keys).toEqual(newKeys)
  })

  test('are not the old ones, nor none', async () => {
    const { keyring } = await make()
    await expect(keyring.beginRekey(keys)).rejects.toThrow(TypeError)
    await expect(keyring.beginRekey({})).rejects.toThrow(TypeError)
  })

  test('that are damaged are told from a wrong password', async () => {
    const { keyring } = await make()
    await keyring.beginRekey(newKeys)
    const hostile = edited(keyring.document, (doc) => (slotIn(doc).next = slotIn(doc).wrapped.slice(4)))
    expect(await codeOf(openKeyring(hostile, { password }))).toBe('ERR_COFFER_DAMAGED')
    expect(await codeOf(openKeyring(hostile, { password: 'wrong' }))).toBe('ERR_COFFER_AUTH')
  })

  test('put back by somebody without them are seen', async () => {
    const { keyring } = await make({ recoveryCode: true })
    await keyring.beginRekey(newKeys)
    const hostile = edited(keyring.document, (doc) => {
      const slot = slotIn(doc)
      slot.wrapped = slot.next ?? ''
      delete slot.next
    })
    const opened = await openKeyring(hostile, { password })
    expect(opened).toMatchObject({ keys: newKeys, changed: true })
  })
})

describe('a coffer with its keyring', () => {
  test('gets fresh keys, and who has the old ones is shut out', async () => {
    const storage = await makeCoffer()
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    const saved: string[] = []
    const coffer = await openCoffer(storage, { mode: 'a', keys: keyring.keys })
    expect(await rekeyWithKeyring({ coffer, keyring, save: async (document) => void saved.push(document) })).toEqual([])
    await coffer.close()
    expect(saved).toHaveLength(2)
    expect(await codeOf(openCoffer(storage, { keys }))).toBe('ERR_COFFER_AUTH')
    const again = await openKeyring(saved[1] ?? '', { recoveryCode })
    expect(again.keys).not.toEqual(keys)
    const { coffer: opened, has } = await openWithKeyring(again, (found) => openCoffer(storage, { keys: found }))
    expect(has).toBe('old')
    expect(await opened.readText('a')).toBe('b')
    await opened.close()
  })

  test('opens after a crash at any point of it', async () => {
    const points = ['first save', 'rekey', 'second save'] as const
    for (const point of points) {
      const storage = await makeCoffer()
      const { keyring } = await make({ recoveryCode: true })
      let saved = keyring.document
      const crash = new Error('crash')
      const coffer = await openCoffer(storage, { mode: 'a', keys: keyring.keys })
      let saves = 0
      const save = async (document: string): Promise<void> => {
        saves += 1
        if (point === 'first save' || (point === 'second save' && saves === 2)) throw crash
        saved = document
      }
      const crashing: Coffer = point === 'rekey' ? (Object.create(coffer, { rekey: { value: () => Promise.reject(crash) }, writable: { value: true } }) as Coffer) : coffer
      await expect(rekeyWithKeyring({ coffer: crashing, keyring, save })).rejects.toBe(crash)
      await coffer.discard()
      const found = await openKeyring(saved, { password })
      const { coffer: opened, has } = await openWithKeyring(found, (candidate) => openCoffer(storage, { mode: 'a', keys: candidate }))
      expect(await opened.readText('a')).toBe('b')
      expect(has, point).toBe(point === 'second save' ? 'new' : 'old')
      if (found.rekeying) await found.finishRekey({ keep: has })
      await opened.close()
      const end = await reopen(found)
      expect(end.rekeying).toBe(false)
      const last = await openCoffer(storage, { keys: end.keys })
      await last.close()
    }
  })

  test('is left alone where it is open for reading only', async () => {
    const storage = await makeCoffer()
    const { keyring } = await make()
    const coffer = await openCoffer(storage, { keys })
    expect(await codeOf(rekeyWithKeyring({ coffer, keyring, save: () => Promise.reject(new Error('saved')) }))).toBe('ERR_COFFER_READ_ONLY')
    expect(keyring.rekeying).toBe(false)
    await coffer.close()
  })

  test('says another error than a wrong key as it is', async () => {
    const { keyring } = await make()
    await keyring.beginRekey(newKeys)
    const tried: CofferKeys[] = []
    const open = (candidate: CofferKeys): Promise<never> => {
      tried.push(candidate)
      return Promise.reject(new RangeError('no'))
    }
    await expect(openWithKeyring(keyring, open)).rejects.toThrow(RangeError)
    expect(tried).toHaveLength(1)
  })
})
