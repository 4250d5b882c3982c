import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadSodium } from '../../src/cipher/sodium.js'
import { isCofferError } from '../../src/errors.js'
import { readDocument, type SlotRecord } from '../../src/keyring/document.js'
import { openKeyring, parseKeyring } from '../../src/keyring/open-keyring.js'
import { normalizeRecoveryCode } from '../../src/keyring/recovery-code.js'
import { deriveSlotKeys, wrapKeys } from '../../src/keyring/slot-secret.js'
import { cheap, codeOf, edited, keys, make, passkey, password, prf, reopen, slotIn, type JsonKeyring, type JsonSlot } from './support.js'

const MIB = 1_048_576

async function documentWithAll(): Promise<{ document: string; recoveryCode: string }> {
  const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
  await keyring.addPasskey({ ...passkey, label: 'Phone' })
  return { document: keyring.document, recoveryCode }
}

describe('parameters of a password are taken within bounds only, before anything is derived', () => {
  test.each([
    ['memoryBytes', 19 * MIB - 1],
    ['memoryBytes', 1024 * MIB + 1],
    ['memoryBytes', 0],
    ['memoryBytes', -1],
    ['passes', 1],
    ['passes', 17],
    ['passes', 1e15],
  ] as const)('%s of %d', async (name, value) => {
    const { document } = await documentWithAll()
    const hostile = edited(document, (keyring) => {
      const { kdf } = slotIn(keyring)
      if (kdf) kdf[name] = value
    })
    expect(() => parseKeyring(hostile)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_LIMIT' }))
    let derived = 0
    const passwordHash = async (): Promise<{ key: Uint8Array }> => {
      derived += 1
      return { key: new Uint8Array(64) }
    }
    expect(await codeOf(openKeyring(hostile, { password }, { passwordHash }))).toBe('ERR_COFFER_LIMIT')
    expect(derived).toBe(0)
  })

  test.each([
    ['memoryBytes', 20 * MIB + 0.5],
    ['memoryBytes', '20971520'],
    ['passes', 2.5],
    ['passes', null],
    ['algorithm', 'argon2i13'],
    ['algorithm', 'argon2id14'],
    ['algorithm', 'scrypt'],
    ['salt', 'AAAAAAAAAAAAAAAAAAAA'],
    ['salt', 'A'.repeat(24)],
    ['salt', ''],
    ['salt', 7],
    ['lanes', 4],
  ])('%s of %j', async (name, value) => {
    const { document } = await documentWithAll()
    const hostile = edited(document, (keyring) => Object.assign(slotIn(keyring).kdf ?? {}, { [name]: value }))
    expect(['ERR_COFFER_DAMAGED', 'ERR_COFFER_LIMIT']).toContain(await codeOf(reopen({ document: hostile } as never)))
  })
})

describe('a document that is none', () => {
  const edits: readonly (readonly [string, (keyring: JsonKeyring) => void])[] = [
    ['of another format', (keyring) => (keyring.format = 'other')],
    ['of version 0', (keyring) => (keyring.version = 0)],
    ['without slots', (keyring) => (keyring.slots = [])],
    ['with slots that are no list', (keyring) => (keyring.slots = {} as never)],
    ['with a slot that is no object', (keyring) => (keyring.slots[0] = null as never)],
    ['with two slots of one id', (keyring) => (slotIn(keyring, 1).id = slotIn(keyring).id)],
    ['with a slot of an unknown type', (keyring) => (slotIn(keyring).type = 'constructor')],
    ['with a slot that is another type than its fields', (keyring) => (slotIn(keyring).type = 'recovery')],
    ['with a short id', (keyring) => (keyring.id = keyring.id.slice(1))],
    ['with base64 that is not canonical', (keyring) => (keyring.id = `${keyring.id.slice(0, -1)}${keyring.id.endsWith('B') ? 'C' : 'B'}`)],
    ['with padded base64', (keyring) => (keyring.mac += '=')],
    ['with a revision of 0', (keyring) => (keyring.revision = 0)],
    ['with a revision that is no whole number', (keyring) => (keyring.revision = 1.5)],
    ['with a date that is none', (keyring) => (slotIn(keyring).created = 'yesterday')],
    ['with a date of another form', (keyring) => (slotIn(keyring).created = '2026-01-01')],
    ['with a label that steers a terminal', (keyring) => (slotIn(keyring).label = '\u001b[2J')],
    ['with a label that is no text', (keyring) => (slotIn(keyring).label = [] as never)],
    ['with an empty commitment', (keyring) => (slotIn(keyring).commitment = '')],
    ['with nothing wrapped', (keyring) => (slotIn(keyring).wrapped = '')],
    ['with a field too many', (keyring) => Object.assign(keyring, { more: 1 })],
    ['with a field too many in a slot', (keyring) => Object.assign(slotIn(keyring), { more: 1 })],
    ['with a field too few', (keyring) => delete (keyring as Partial<JsonKeyring>).mac],
    ['with a field too few in a slot', (keyring) => delete (slotIn(keyring) as Partial<JsonSlot>).commitment],
    ['with a transport that is no name', (keyring) => (slotIn(keyring, 2).transports = ['a b'])],
    ['with a credential of no bytes', (keyring) => (slotIn(keyring, 2).credentialId = '')],
  ]
  test.each(edits)('%s', async (_, edit) => {
    const { document } = await documentWithAll()
    expect(() => parseKeyring(edited(document, edit))).toThrow(expect.objectContaining({ code: expect.stringMatching(/DAMAGED|LIMIT/) as unknown }))
  })

  test.each(['', '{', 'null', '[]', '7', '"x"', '{"__proto__":{}}', `[${'['.repeat(10_000)}`])('%j', (text) => {
    expect(() => parseKeyring(text)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_DAMAGED' }))
  })

  test('is refused for its size before it is parsed', async () => {
    const { document } = await documentWithAll()
    expect(() => parseKeyring(document + ' '.repeat(65_536))).toThrow(expect.objectContaining({ code: 'ERR_COFFER_LIMIT' }))
    const many = edited(document, (keyring) => (keyring.slots = Array.from({ length: 17 }, (_, i) => ({ ...slotIn(keyring, 1), id: `${'A'.repeat(20)}${i < 10 ? 'B' : 'C'}A` }))))
    expect(() => parseKeyring(many)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_LIMIT' }))
  })

  test('is not quoted in the error', () => {
    for (const text of ['swordfish', '{"format": swordfish}', '{"format":"coffer-keyring","swordfish":1}']) {
      try {
        parseKeyring(text)
        expect.unreachable()
      } catch (error) {
        expect(isCofferError(error)).toBe(true)
        expect(`${(error as Error).stack}${String((error as Error).cause)}`).not.toContain('swordfish')
      }
    }
  })

  test('of a newer version is called that, whatever it holds', () => {
    expect(() => parseKeyring('{"format":"coffer-keyring","version":2,"new":true}')).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
  })

  test('as bytes that are no UTF-8', () => {
    expect(() => parseKeyring(Uint8Array.of(0xff, 0xfe))).toThrow(expect.objectContaining({ code: 'ERR_COFFER_DAMAGED' }))
  })
})

test('whatever is done to a document ends in the right keys, or in an error of ours', async () => {
  const { document, recoveryCode } = await documentWithAll()
  let opened = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(document.length - 1), fc.constantFrom('', '0', 'A', '"', '{', '\\', ' ', '99', '\u0000'), fc.nat(3), async (at, put, cut) => {
      const hostile = document.slice(0, at) + put + document.slice(at + cut)
      try {
        const keyring = await openKeyring(hostile, { recoveryCode })
        opened += 1
        expect(keyring.keys).toEqual(keys)
        const [is, was] = [JSON.parse(hostile), JSON.parse(document)] as [JsonKeyring, JsonKeyring]
        expect(keyring.changed).toBe(JSON.stringify(is) !== JSON.stringify(was))
      } catch (error) {
        if (!isCofferError(error)) throw error
      }
    }),
    { numRuns: 1500 },
  )
  expect(opened).toBeGreaterThan(20)
})

describe('what somebody without the keys did', () => {
  test('to the label of a slot is seen, and whose it is', async () => {
    const { document } = await documentWithAll()
    const keyring = await reopen({ document: edited(document, (doc) => (slotIn(doc, 2).label = 'Tablet')) } as never)
    expect(keyring.changed).toBe(true)
    expect(keyring.foreignSlots).toEqual([keyring.slots[2]?.id])
    expect(keyring.keys).toEqual(keys)
  })

  test('to anything of a slot is seen', async () => {
    const { document, recoveryCode } = await documentWithAll()
    const edits: ((keyring: JsonKeyring) => unknown)[] = [
      (doc) => (slotIn(doc).created = '2020-01-01T00:00:00.000Z'),
      (doc) => Object.assign(slotIn(doc).kdf ?? {}, { passes: 3 }),
      (doc) => (slotIn(doc).commitment = slotIn(doc, 1).commitment),
      (doc) => (slotIn(doc).wrapped = slotIn(doc, 1).wrapped),
      (doc) => (slotIn(doc).mac = slotIn(doc, 1).mac),
      (doc) => (slotIn(doc, 2).prfSalt = Buffer.alloc(32).toString('base64url')),
      (doc) => (slotIn(doc, 2).credentialId = 'AA'),
      (doc) => (slotIn(doc, 2).rpId = 'evil.example'),
      (doc) => (slotIn(doc, 2).transports = []),
      (doc) => (doc.revision += 1),
      (doc) => (doc.mac = slotIn(doc).mac),
      (doc) => (doc.slots = doc.slots.toReversed()),
      (doc) => doc.slots.splice(0, 1),
    ]
    for (const edit of edits) {
      const keyring = await openKeyring(edited(document, edit), { recoveryCode })
      expect(keyring.changed, edit.toString()).toBe(true)
      expect(await codeOf(keyring.addRecoveryCode())).toBe('ERR_COFFER_KEYRING')
    }
    const untouched = await openKeyring(edited(document, () => {}), { recoveryCode })
    expect(untouched.changed).toBe(false)
  })

  test('cannot bring back a slot that was removed, for its owner, without it being seen', async () => {
    const { keyring, recoveryCode = '' } = await make({ recoveryCode: true })
    const mallory = await keyring.addPassword('mallory', { label: 'Mallory', ...cheap })
    const old = JSON.parse(keyring.document) as JsonKeyring
    await keyring.removeSlot(mallory.id)
    const hostile = edited(keyring.document, (doc) => doc.slots.push(slotIn(old, 2)))
    const opened = await openKeyring(hostile, { recoveryCode })
    expect(opened.changed).toBe(true)
    expect(opened.foreignSlots).toEqual([mallory.id])
    const dropped = await opened.repair()
    expect(dropped.map(({ label }) => label)).toEqual(['Mallory'])
    expect(opened.changed).toBe(false)
    const again = await openKeyring(opened.document, { recoveryCode })
    expect(again).toMatchObject({ changed: false, foreignSlots: [] })
    expect(again.slots.map(({ type }) => type)).toEqual(['password', 'recovery'])
    expect(again.keys).toEqual(keys)
  })

  test('with a slot of another keyring does not open this one, and is seen', async () => {
    const [mine, other] = [await make(), await make({ password: 'other' })]
    const hostile = edited(mine.keyring.document, (doc) => doc.slots.push(slotIn(JSON.parse(other.keyring.document) as JsonKeyring)))
    const opened = await openKeyring(hostile, { password })
    expect(opened.foreignSlots).toEqual([opened.slots[1]?.id])
    // Its wrapping is bound to the keyring that it was made for.
    expect(await codeOf(openKeyring(hostile, { password: 'other' }))).toBe('ERR_COFFER_DAMAGED')
  })

  test('to the keys in a slot is told from a wrong password', async () => {
    const { document, recoveryCode } = await documentWithAll()
    const hostile = edited(document, (doc) => (slotIn(doc).wrapped = `${slotIn(doc).wrapped.startsWith('A') ? 'B' : 'A'}${slotIn(doc).wrapped.slice(1)}`))
    expect(await codeOf(openKeyring(hostile, { password }))).toBe('ERR_COFFER_DAMAGED')
    expect(await codeOf(openKeyring(hostile, { password: 'wrong' }))).toBe('ERR_COFFER_AUTH')
    expect((await openKeyring(hostile, { recoveryCode })).changed).toBe(true)
  })

  test.each([
    ['no keys', {}],
    ['a key of 1 byte', { cofferKey: new Uint8Array(1) }],
    ['a key of 15 bytes beside a good one', { ...keys, secureKey: new Uint8Array(15) }],
    ['a key of 900 bytes', { secureKey: new Uint8Array(900) }],
  ])('by who knows the secret wrapped %s: that is no keyring', async (_what, wrapped) => {
    const { document, recoveryCode } = await documentWithAll()
    const sodium = await loadSodium()
    const { id, slots } = readDocument(document)
    const slot = slots[1] as SlotRecord
    const secret = { recoveryCode: normalizeRecoveryCode(recoveryCode) }
    const { wrappingKey } = await deriveSlotKeys(sodium, secret, slot.id, slot.parameters, {})
    const sealed = wrapKeys(sodium, wrappingKey, { keyringId: id, slotId: slot.id, type: 'recovery' }, wrapped)
    for (const field of ['wrapped', 'next'] as const) {
      const hostile = edited(document, (doc) => (slotIn(doc, 1)[field] = Buffer.from(sealed).toString('base64url')))
      expect(await codeOf(openKeyring(hostile, { recoveryCode }))).toBe('ERR_COFFER_DAMAGED')
    }
  })

  test('moved a slot to another id: its secret does not open it there', async () => {
    const { document, recoveryCode } = await documentWithAll()
    for (const [index, secret] of [{ password }, { recoveryCode }, { prf }].entries()) {
      const hostile = edited(document, (doc) => (slotIn(doc, index).id = Buffer.alloc(16, 1).toString('base64url')))
      expect(['ERR_COFFER_AUTH', 'ERR_COFFER_DAMAGED']).toContain(await codeOf(openKeyring(hostile, secret)))
    }
  })

  test('is not made good by a repair that would leave passkeys alone', async () => {
    const { keyring } = await make()
    await keyring.addPasskey(passkey)
    const hostile = edited(keyring.document, (doc) => (slotIn(doc).label = 'changed'))
    const opened = await openKeyring(hostile, { prf })
    expect(await codeOf(opened.repair())).toBe('ERR_COFFER_KEYRING')
    const byPassword = await openKeyring(hostile, { password })
    expect(byPassword.foreignSlots).toEqual([byPassword.openedWith])
    expect(await byPassword.repair()).toEqual([])
    expect((await openKeyring(byPassword.document, { prf })).changed).toBe(false)
  })
})
