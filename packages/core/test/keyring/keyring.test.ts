import { describe, expect, test } from 'vitest'
import { createKeyring, createPrfSalt, openKeyring, parseKeyring } from '../../src/keyring/open-keyring.js'
import { isRecoveryCode } from '../../src/keyring/recovery-code.js'
import { cheap, codeOf, keys, make, passkey, password, prf, reopen } from './support.js'

const MIB = 1_048_576

describe('a new keyring', () => {
  test('opens with its password, to the same keys', async () => {
    const { keyring, recoveryCode } = await make()
    expect(recoveryCode).toBeUndefined()
    const again = await reopen(keyring)
    expect(again.keys).toEqual(keys)
    expect(again).toMatchObject({ id: keyring.id, revision: 1, changed: false, foreignSlots: [], rekeying: false, pendingKeys: undefined })
    expect(again.openedWith).toBe(again.slots[0]?.id)
    expect(again.slots).toEqual([
      { id: again.openedWith, type: 'password', label: '', created: expect.any(Date) as unknown, ...cheap, outdated: true },
    ])
    expect(again.document).toBe(keyring.document)
  })

  test('has a name for its password, where one is given', async () => {
    const { keyring } = await make({ label: 'Ann', recoveryCode: true })
    expect((await reopen(keyring)).slots.map(({ label }) => label)).toEqual(['Ann', ''])
  })

  test('opens with its recovery code, as people type it', async () => {
    const { keyring, recoveryCode = '' } = await make({ password: undefined, recoveryCode: true })
    expect(isRecoveryCode(recoveryCode)).toBe(true)
    expect(keyring.slots.map(({ type }) => type)).toEqual(['recovery'])
    for (const typed of [recoveryCode, recoveryCode.toLowerCase().replaceAll('-', ' '), recoveryCode.replaceAll('0', 'O').replaceAll('1', 'i')]) {
      expect((await reopen(keyring, { recoveryCode: typed })).keys).toEqual(keys)
    }
  })

  test('opens with a passkey that was added, and says what a browser needs for it', async () => {
    const { keyring } = await make()
    const slot = await keyring.addPasskey({ ...passkey, label: 'Phone' })
    const parsed = parseKeyring(keyring.document).slots[1]
    expect(parsed).toEqual(slot)
    const { prf: _, ...details } = passkey
    expect(parsed).toMatchObject({ type: 'passkey', label: 'Phone', ...details })
    expect((await reopen(keyring, { prf })).openedWith).toBe(slot.id)
    expect(createPrfSalt()).toHaveLength(32)
    expect(createPrfSalt()).not.toEqual(createPrfSalt())
  })

  test.each([
    ['a store', { cofferKey: new Uint8Array(32).fill(1) }],
    ['a market', { secureKey: new Uint8Array(32).fill(2) }],
    ['a bank of AES-OCB', { cofferKey: new Uint8Array(16).fill(3), secureKey: new Uint8Array(32).fill(4) }],
    ['a coffer with ciphers of its own', { cofferKey: new Uint8Array(256).fill(5), secureKey: new Uint8Array(64).fill(6) }],
  ])('holds the keys of %s', async (_, own) => {
    const { keyring } = await createKeyring(own, { password, ...cheap })
    const again = await reopen(keyring)
    expect(again.keys).toEqual(own)
    expect(again.changed).toBe(false)
  })

  test('takes 256 MiB and 3 passes for a password, unless told', async () => {
    const asked: object[] = []
    const passwordHash = async (_: string, { salt, ...cost }: { salt: Uint8Array; memoryBytes: number; passes: number; keyBytes: number }) => {
      asked.push(cost)
      return { key: new Uint8Array(cost.keyBytes).fill(salt[0] ?? 0) }
    }
    const { keyring } = await createKeyring(keys, { password, passwordHash })
    expect(asked).toEqual([{ memoryBytes: 256 * MIB, passes: 3, keyBytes: 64 }])
    expect(keyring.slots[0]).toMatchObject({ memoryBytes: 256 * MIB, passes: 3, outdated: false })
  })

  test('takes a password in NFC', async () => {
    const { keyring } = await make({ password: 'caf\u0065\u0301' })
    expect((await reopen(keyring, { password: 'caf\u00e9' })).keys).toEqual(keys)
    expect(await codeOf(reopen(keyring, { password: 'cafe' }))).toBe('ERR_COFFER_AUTH')
    const seen: string[] = []
    const passwordHash = async (given: string): Promise<{ key: Uint8Array }> => {
      seen.push(given)
      return { key: new Uint8Array(64) }
    }
    await make({ password: 'caf\u0065\u0301', passwordHash })
    expect(seen).toEqual(['caf\u00e9'])
  })

  test('holds copies: neither its keys nor those it gives out can be changed from outside', async () => {
    const own = { cofferKey: new Uint8Array(32).fill(1) }
    const { keyring } = await createKeyring(own, { password, ...cheap })
    own.cofferKey.fill(9)
    keyring.keys.cofferKey?.fill(9)
    expect(keyring.keys.cofferKey).toEqual(new Uint8Array(32).fill(1))
    await keyring.addRecoveryCode()
    expect((await reopen(keyring)).keys.cofferKey).toEqual(new Uint8Array(32).fill(1))
  })

  test('holds neither keys nor secrets in the clear, in no usual coding', async () => {
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    await keyring.addPasskey(passkey)
    const secrets = [keys.cofferKey, keys.secureKey, prf].map((bytes) => Buffer.from(bytes as Uint8Array))
    for (const bytes of secrets) {
      for (const coding of ['base64', 'base64url', 'hex', 'latin1'] as const) expect(keyring.document).not.toContain(bytes.toString(coding))
    }
    for (const text of [password, recoveryCode, recoveryCode.replaceAll('-', '')]) expect(keyring.document).not.toContain(text)
  })

  test('is another one each time', async () => {
    const [one, other] = [await make(), await make()]
    const [a, b] = [one, other].map(({ keyring }) => JSON.parse(keyring.document) as { id: string; slots: { id: string; commitment: string; wrapped: string }[] })
    expect(a?.id).not.toBe(b?.id)
    for (const field of ['id', 'commitment', 'wrapped'] as const) expect(a?.slots[0]?.[field]).not.toBe(b?.slots[0]?.[field])
  })

  test.each([
    ['no keys', {}, { password }],
    ['a short key', { cofferKey: new Uint8Array(15) }, { password }],
    ['a long key', { cofferKey: new Uint8Array(257) }, { password }],
    ['a key that is text', { cofferKey: 'x'.repeat(32) as unknown as Uint8Array }, { password }],
    ['no slot', keys, {}],
    ['an empty password', keys, { password: '' }],
  ])('is not made of %s', async (_, own, options) => {
    await expect(createKeyring(own, { ...options, ...cheap })).rejects.toThrow(TypeError)
  })

  test.each([{ memoryBytes: 19 * MIB - 1 }, { memoryBytes: 1024 * MIB + 1 }, { passes: 1 }, { passes: 17 }])('is not made at a cost of %o', async (cost) => {
    await expect(make(cost)).rejects.toThrow(RangeError)
  })
})

describe('a secret', () => {
  test('that is wrong opens nothing, and is not in the error', async () => {
    const { keyring } = await make({ recoveryCode: true })
    await keyring.addPasskey(passkey)
    const other = await make({ recoveryCode: true })
    const wrong = [{ password: 'hunter2hunter2' }, { recoveryCode: other.recoveryCode ?? '' }, { prf: new Uint8Array(32).fill(0x41) }]
    for (const secret of wrong) {
      const error = (await reopen(keyring, secret).catch((thrown: unknown) => thrown)) as Error & { code: string }
      expect(error.code).toBe('ERR_COFFER_AUTH')
      for (const text of ['hunter2', other.recoveryCode ?? '-', 'AAAA', '41414141']) expect(String(error.stack)).not.toContain(text)
    }
  })

  test('opens the slot that fits, of several of its type', async () => {
    const { keyring } = await make()
    const slots = [await keyring.addPassword('second', { label: 'two', ...cheap }), await keyring.addPassword('third', { label: 'three', ...cheap })]
    expect((await reopen(keyring, { password: 'third' })).openedWith).toBe(slots[1]?.id)
    const only = await openKeyring(keyring.document, { password: 'second' }, { slot: slots[0]?.id })
    expect(only.openedWith).toBe(slots[0]?.id)
    expect(await codeOf(openKeyring(keyring.document, { password: 'second' }, { slot: slots[1]?.id }))).toBe('ERR_COFFER_AUTH')
    expect(await codeOf(openKeyring(keyring.document, { password: 'second' }, { slot: 'none' }))).toBe('ERR_COFFER_NOT_FOUND')
  })

  test('of one type opens no slot of another', async () => {
    const { keyring, recoveryCode = '' } = await make({ password: undefined, recoveryCode: true })
    expect(await codeOf(reopen(keyring, { password: recoveryCode }))).toBe('ERR_COFFER_AUTH')
    expect(await codeOf(reopen(keyring, { prf }))).toBe('ERR_COFFER_AUTH')
  })

  test.each([{}, { password: 'a', recoveryCode: 'b' }, { password: '' }, { password: 7 }, { prf: new Uint8Array(31) }, { prf: 'x'.repeat(32) }, { recoveryCode: 7 }])(
    'that is none is a mistake of the caller: %o',
    async (secret) => {
      const { keyring } = await make({ recoveryCode: true })
      await expect(reopen(keyring, secret as never)).rejects.toThrow(TypeError)
    },
  )

  test('can be proven without opening anew', async () => {
    const { keyring } = await make()
    const { slot, recoveryCode } = await keyring.addRecoveryCode({ label: 'in the safe' })
    expect(await keyring.slotOf({ recoveryCode })).toEqual(slot)
    expect(await keyring.slotOf({ password })).toMatchObject({ id: keyring.openedWith })
    expect(await keyring.slotOf({ password: 'no' })).toBeUndefined()
    const other = await make({ recoveryCode: true })
    expect(await keyring.slotOf({ recoveryCode: other.recoveryCode ?? '' })).toBeUndefined()
    expect(await codeOf(keyring.slotOf({ recoveryCode: 'mistyped' }))).toBe('ERR_COFFER_AUTH')
  })

  test('is not tried any more once the caller has given up', async () => {
    const { keyring } = await make()
    await keyring.addPassword('second', cheap)
    const abort = new AbortController()
    let tries = 0
    const passwordHash = async (): Promise<{ key: Uint8Array }> => {
      tries += 1
      abort.abort(new Error('given up'))
      return { key: new Uint8Array(64) }
    }
    await expect(openKeyring(keyring.document, { password: 'second' }, { passwordHash, signal: abort.signal })).rejects.toThrow('given up')
    expect(tries).toBe(1)
  })
})

describe('slots', () => {
  test('come and go without touching the others', async () => {
    const { keyring } = await make()
    const second = await keyring.addPassword('second', { label: 'Alice', ...cheap })
    const { slot, recoveryCode } = await keyring.addRecoveryCode()
    expect(keyring.revision).toBe(3)
    const alice = await reopen(keyring, { password: 'second' })
    await alice.removeSlot(keyring.openedWith)
    expect(alice.slots.map(({ id }) => id)).toEqual([second.id, slot.id])
    expect(await codeOf(reopen(alice))).toBe('ERR_COFFER_AUTH')
    expect((await reopen(alice, { recoveryCode })).changed).toBe(false)
    expect((await reopen(alice, { password: 'second' })).revision).toBe(4)
  })

  test('never go altogether, and a passkey is never the only one', async () => {
    const { keyring } = await make()
    expect(await codeOf(keyring.removeSlot(keyring.openedWith))).toBe('ERR_COFFER_KEYRING')
    const { id } = await keyring.addPasskey(passkey)
    expect(await codeOf(keyring.removeSlot(keyring.openedWith))).toBe('ERR_COFFER_KEYRING')
    expect((await reopen(keyring)).slots).toHaveLength(2)
    await keyring.addRecoveryCode()
    await keyring.removeSlot(keyring.openedWith)
    expect((await reopen(keyring, { prf })).slots.map(({ type }) => type)).toEqual(['passkey', 'recovery'])
    await keyring.removeSlot(id)
    expect(await codeOf(keyring.removeSlot(keyring.slots[0]?.id ?? ''))).toBe('ERR_COFFER_KEYRING')
    expect(await codeOf(keyring.removeSlot(id))).toBe('ERR_COFFER_NOT_FOUND')
  })

  test('are called something else, and open as before', async () => {
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    const { id } = await keyring.addPasskey({ ...passkey, label: 'Phone' })
    expect(await keyring.renameSlot(id, 'Old phone')).toMatchObject({ id, label: 'Old phone', type: 'passkey' })
    expect(keyring.revision).toBe(3)
    for (const secret of [{ prf }, { password }, { recoveryCode }]) {
      const after = await reopen(keyring, secret)
      expect(after).toMatchObject({ keys, changed: false })
      expect(after.slots.map(({ label }) => label)).toEqual(['', '', 'Old phone'])
    }
    expect(await codeOf(keyring.renameSlot('x', 'y'))).toBe('ERR_COFFER_NOT_FOUND')
    await expect(keyring.renameSlot(id, 'two\nlines')).rejects.toThrow(TypeError)
    expect(keyring.revision).toBe(3)
  })

  test('keep a label that they get while their password is changed, and one that they get while they are rekeyed', async () => {
    const { keyring } = await make()
    const changing = keyring.changePassword('new', cheap)
    await keyring.renameSlot(keyring.openedWith, 'Mine')
    expect((await changing).label).toBe('Mine')
    const newKeys = { ...keys, cofferKey: new Uint8Array(32).fill(3) }
    await keyring.beginRekey(newKeys)
    await keyring.renameSlot(keyring.openedWith, 'Still mine')
    await keyring.finishRekey()
    expect(await reopen(keyring, { password: 'new' })).toMatchObject({ keys: newKeys, slots: [{ label: 'Still mine' }], changed: false })
  })

  test('are no more than 16', async () => {
    const { keyring } = await make()
    for (let i = 0; i < 15; i++) await keyring.addRecoveryCode()
    expect(await codeOf(keyring.addRecoveryCode())).toBe('ERR_COFFER_KEYRING')
    expect((await reopen(keyring)).slots).toHaveLength(16)
  })

  test.each(['a\u001b[2Jb', 'two\nlines', 'a\u202eb', 'x'.repeat(201), '\ud800', 7])('are not called %j', async (label) => {
    const { keyring } = await make()
    await expect(keyring.addRecoveryCode({ label: label as string })).rejects.toThrow(TypeError)
  })

  test.each([
    { prf: new Uint8Array(31) },
    { credentialId: new Uint8Array(0) },
    { credentialId: new Uint8Array(1024) },
    { prfSalt: new Uint8Array(31) },
    { rpId: 'a\nb' },
    { transports: ['a b'] },
  ])('are not made of a passkey with %o', async (change) => {
    const { keyring } = await make()
    await expect(keyring.addPasskey({ ...passkey, ...change })).rejects.toThrow(TypeError)
    expect(keyring.revision).toBe(1)
  })

  test('changed at the same time are all there', async () => {
    const { keyring } = await make()
    const added = await Promise.all([keyring.addPassword('a', cheap), keyring.addRecoveryCode(), keyring.addPassword('b', cheap), keyring.changePassword('new', cheap)])
    expect(added).toHaveLength(4)
    for (const secret of ['a', 'b', 'new']) expect((await reopen(keyring, { password: secret })).slots).toHaveLength(4)
    expect(keyring.revision).toBe(5)
  })

  test('that go while their password is changed stay gone', async () => {
    const { keyring } = await make({ recoveryCode: true })
    const changing = codeOf(keyring.changePassword('new', cheap))
    await keyring.removeSlot(keyring.openedWith)
    expect(await changing).toBe('ERR_COFFER_NOT_FOUND')
    expect(keyring.slots.map(({ type }) => type)).toEqual(['recovery'])
  })
})

describe('a password', () => {
  test('is changed in its place', async () => {
    const { keyring } = await make({ recoveryCode: true })
    const changed = await keyring.changePassword('new one', cheap)
    expect(changed.id).toBe(keyring.openedWith)
    expect(keyring.slots[0]).toEqual(changed)
    expect(await codeOf(reopen(keyring))).toBe('ERR_COFFER_AUTH')
    expect((await reopen(keyring, { password: 'new one' })).keys).toEqual(keys)
  })

  test('is changed by whoever opened with another secret, where it is clear which', async () => {
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    const recovered = await reopen(keyring, { recoveryCode })
    await recovered.changePassword('not forgotten this time', cheap)
    const second = await recovered.addPassword('second', { label: 'two', ...cheap })
    const again = await reopen(recovered, { recoveryCode })
    expect(await codeOf(again.changePassword('third', cheap))).toBe('ERR_COFFER_KEYRING')
    expect(await codeOf(again.changePassword('third', { slot: again.openedWith, ...cheap }))).toBe('ERR_COFFER_KEYRING')
    expect((await again.changePassword('third', { slot: second.id, ...cheap })).label).toBe('two')
    expect((await reopen(again, { password: 'third' })).openedWith).toBe(second.id)
    expect((await reopen(again, { password: 'not forgotten this time' })).keys).toEqual(keys)
  })

  test('is taken to a higher cost, and never to a lower one', async () => {
    const { keyring } = await make()
    expect(await keyring.upgradePassword(password, { memoryBytes: 20 * MIB, passes: 2 })).toBe(true)
    expect(keyring.slots[0]).toMatchObject({ memoryBytes: 20 * MIB, passes: 2 })
    const again = await reopen(keyring)
    expect(again.slots[0]).toMatchObject({ memoryBytes: 20 * MIB, passes: 2 })
    expect(await again.upgradePassword(password, { memoryBytes: 20 * MIB, passes: 2 })).toBe(false)
    expect(await again.upgradePassword(password, { memoryBytes: 19 * MIB, passes: 2 })).toBe(false)
    expect(await again.upgradePassword(password, { memoryBytes: 19 * MIB, passes: 3 })).toBe(true)
    expect(again.slots[0]).toMatchObject({ memoryBytes: 20 * MIB, passes: 3, outdated: true })
    expect(await codeOf(again.upgradePassword('another', cheap))).toBe('ERR_COFFER_AUTH')
  })
})

test('a clone changes apart from what it was made of, and knows what that knows', async () => {
  const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
  const before = keyring.document
  const clone = keyring.clone()
  expect([clone.document, clone.openedWith, clone.slots]).toEqual([before, keyring.openedWith, keyring.slots])
  await clone.changePassword('another', cheap)
  expect([keyring.document, keyring.revision]).toEqual([before, 1])
  expect((await reopen(clone, { password: 'another' })).revision).toBe(2)
  await keyring.addPasskey(passkey)
  expect(clone.slots).toHaveLength(2)
  // Both slots were made before it was.
  const fresh = { cofferKey: new Uint8Array(32).fill(9) }
  await clone.beginRekey(fresh)
  expect(await clone.finishRekey()).toEqual([])
  expect((await reopen(clone, { recoveryCode })).keys).toEqual(fresh)
  expect((await reopen(keyring, { recoveryCode })).keys).toEqual(keys)
})

test('an older copy is refused by whoever remembers more, and so is another keyring', async () => {
  const { keyring } = await make()
  const before = keyring.document
  await keyring.addRecoveryCode()
  const expected = { id: keyring.id, revision: keyring.revision }
  expect((await openKeyring(keyring.document, { password }, { expect: expected })).revision).toBe(2)
  expect(await codeOf(openKeyring(before, { password }, { expect: expected }))).toBe('ERR_COFFER_EXPECT')
  const other = await make()
  expect(await codeOf(openKeyring(other.keyring.document, { password }, { expect: { id: keyring.id } }))).toBe('ERR_COFFER_EXPECT')
})
