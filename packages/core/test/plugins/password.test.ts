import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Passwords } from '../../src/plugins/passwords.js'
import { codeOf, makePlace, openPasswords } from './support.js'

const FILE = '.plugins/password.json'
const mail = { name: 'mail', username: 'ann', password: 'secret-1', urls: ['https://mail.example'], note: 'secret-2', owner: 'me', totp: 'GEZDGNBVGY3TQOJQ', fields: [{ name: 'pin', value: 'secret-3' }] }

function pycofferPickle(): Uint8Array {
  return new Uint8Array(readFileSync(join(import.meta.dirname, 'pycoffer', 'default.pickle')))
}

describe('logins', () => {
  test('are kept in the coffer, and there when it is opened again', async () => {
    const { coffer, passwords, place } = await openPasswords()
    const added = await passwords.add(mail)
    expect(await passwords.get({ name: 'mail' })).toMatchObject({ ...mail, id: added.id, totp: expect.stringContaining('otpauth://totp/') as unknown })
    await coffer.close()
    const again = await place.open('r')
    const reader = await again.plugin<Passwords>('password')
    expect(await reader.get({ id: added.id })).toMatchObject({ name: 'mail', password: 'secret-1' })
    expect(await codeOf(reader.add({ name: 'other' }))).toBe('ERR_COFFER_READ_ONLY')
    await again.close()
  })

  test('are JSON in a member of their own', async () => {
    const { coffer, passwords } = await openPasswords()
    const { id } = await passwords.add({ name: 'mail', password: 'p', created: new Date(0), modified: new Date(1) })
    const members = []
    for await (const member of coffer.members()) members.push(member.name)
    expect(members).toEqual([FILE])
    expect(await coffer.load(FILE)).toEqual({
      format: 'coffer-passwords',
      version: 1,
      passwords: [{ id, name: 'mail', password: 'p', urls: [], fields: [], created: '1970-01-01T00:00:00.000Z', modified: '1970-01-01T00:00:00.001Z' }],
    })
    await coffer.close()
  })

  test('are listed by name, without anything that is secret', async () => {
    const { coffer, passwords } = await openPasswords()
    await passwords.add({ name: 'Zoo' })
    await passwords.add(mail)
    await passwords.add({ ...mail, username: 'bob', owner: undefined })
    const list = await passwords.list()
    expect(list.map(({ name, username, owner }) => [name, username, owner])).toEqual([['mail', 'ann', 'me'], ['mail', 'bob', undefined], ['Zoo', undefined, undefined]])
    expect(list[0]).toEqual({ id: list[0]?.id, name: 'mail', username: 'ann', urls: mail.urls, owner: 'me', created: expect.any(Date) as unknown, modified: expect.any(Date) as unknown, hasPassword: true, hasNote: true, hasTotp: true })
    expect(list[2]).toMatchObject({ hasPassword: false, hasNote: false, hasTotp: false })
    expect(JSON.stringify(list)).not.toMatch(/secret-|GEZDGNBV/)
    expect(await passwords.list({ owner: 'me' })).toHaveLength(1)
    expect(await passwords.list({ name: 'mail' })).toHaveLength(2)
    await coffer.close()
  })

  test('are found by what is said of them, and only one', async () => {
    const { coffer, passwords } = await openPasswords()
    await passwords.add(mail)
    await passwords.add({ ...mail, username: 'bob', password: 'other' })
    expect((await passwords.get({ name: 'mail', username: 'bob' })).password).toBe('other')
    for (const call of [passwords.get({ name: 'mail' }), passwords.delete({}), passwords.totp({ name: 'mail' }), passwords.update({ owner: 'me' }, {})]) {
      expect(await codeOf(call)).toBe('ERR_COFFER_CONFLICT')
    }
    for (const call of [passwords.get({ name: 'mai' }), passwords.delete({ name: 'mail', owner: 'you' }), passwords.get({ id: '1' })]) {
      expect(await codeOf(call)).toBe('ERR_COFFER_NOT_FOUND')
    }
    expect(await passwords.list()).toHaveLength(2)
    await coffer.close()
  })

  test('replace one of the same owner, name and username, unless told not to', async () => {
    const { coffer, passwords } = await openPasswords()
    const first = await passwords.add({ ...mail, created: new Date(5), modified: new Date(6) })
    expect(await codeOf(passwords.add({ ...mail, password: 'new' }, { replace: false }))).toBe('ERR_COFFER_EXISTS')
    expect((await passwords.get({ name: 'mail' })).password).toBe('secret-1')
    const second = await passwords.add({ ...mail, password: 'new', note: undefined })
    expect(second).toMatchObject({ id: first.id, created: new Date(5), hasNote: false })
    expect(second.modified.getTime()).toBeGreaterThan(1e12)
    expect(await passwords.list()).toHaveLength(1)
    await passwords.add({ ...mail, owner: 'you' }, { replace: false })
    await passwords.add({ ...mail, username: undefined }, { replace: false })
    expect(await passwords.list()).toHaveLength(3)
    await coffer.close()
  })

  test('are changed field by field', async () => {
    const { coffer, passwords } = await openPasswords()
    const before = await passwords.add({ ...mail, created: new Date(5), modified: new Date(6) })
    const after = await passwords.update({ name: 'mail' }, { password: 'changed', note: undefined, name: 'post' })
    expect(after).toMatchObject({ id: before.id, name: 'post', hasNote: false, created: new Date(5) })
    expect(after.modified.getTime()).toBeGreaterThan(1e12)
    expect(await passwords.get({ name: 'post' })).toMatchObject({ password: 'changed', username: 'ann', urls: mail.urls, fields: mail.fields })
    await coffer.close()
  })

  test('have no fields where there is nothing in them', async () => {
    const { coffer, passwords } = await openPasswords()
    const { id } = await passwords.add({ name: 'a', username: '', password: '', urls: ['', 'https://a.example'], note: '', owner: '', totp: '' })
    const kept = await passwords.get({ id })
    expect(Object.keys(kept).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['created', 'fields', 'hasNote', 'hasPassword', 'hasTotp', 'id', 'modified', 'name', 'urls'])
    expect(kept).toMatchObject({ hasPassword: false, hasNote: false, hasTotp: false, urls: ['https://a.example'] })
    await coffer.close()
  })

  test('are deleted', async () => {
    const { coffer, passwords } = await openPasswords()
    await passwords.add(mail)
    await passwords.add({ name: 'other' })
    expect(await passwords.delete({ name: 'mail' })).toMatchObject({ name: 'mail', hasPassword: true })
    expect((await passwords.list()).map(({ name }) => name)).toEqual(['other'])
    expect(await coffer.readText(FILE)).not.toContain('secret-1')
    await coffer.close()
  })

  test('that were deleted are restored as they were, beside others of the same name, and only once', async () => {
    const { coffer, passwords } = await openPasswords()
    const { id } = await passwords.add({ ...mail, created: new Date(5), modified: new Date(6) })
    const kept = await passwords.get({ id })
    expect(await codeOf(passwords.restore(kept))).toBe('ERR_COFFER_EXISTS')
    await passwords.delete({ id })
    await passwords.add({ ...mail, password: 'another' })
    expect(await passwords.restore(kept)).toMatchObject({ id, name: 'mail', hasPassword: true })
    expect(await passwords.get({ id })).toEqual(kept)
    expect(await passwords.list({ name: 'mail' })).toHaveLength(2)
    expect(await codeOf(passwords.restore(kept))).toBe('ERR_COFFER_EXISTS')
    await expect(passwords.restore({ ...kept, id: '' })).rejects.toThrow(TypeError)
    await coffer.close()
  })

  test('added at the same time are all there', async () => {
    const { coffer, passwords } = await openPasswords()
    await Promise.all(Array.from({ length: 20 }, (_, i) => passwords.add({ name: `n${i}` })))
    await Promise.allSettled([passwords.delete({ name: 'n1' }), passwords.delete({ name: 'none' }), passwords.update({ name: 'n2' }, { note: 'x' })])
    expect(await passwords.list()).toHaveLength(19)
    expect((await passwords.get({ name: 'n2' })).note).toBe('x')
    await coffer.close()
  })

  test.each([
    { name: '' },
    {},
    { name: 7 },
    { name: 'a', password: 7 },
    { name: 'a', urls: 'x' },
    { name: 'a', urls: [7] },
    { name: 'a', fields: [{ name: 'x' }] },
    { name: 'a', created: 'now' },
    { name: 'a', created: new Date(Number.NaN) },
    { name: 'a', totp: 'no base32!' },
    { name: 'a', totp: 7 },
  ])('are refused: %j', async (login) => {
    const { coffer, passwords } = await openPasswords()
    await expect(passwords.add(login as never)).rejects.toThrow(TypeError)
    expect(await coffer.has(FILE)).toBe(false)
    await coffer.close()
  })
})

test('one-time codes come from what is kept', async () => {
  const { coffer, passwords } = await openPasswords()
  // The secret of RFC 6238 in base32.
  await passwords.add({ ...mail, totp: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' })
  expect(await passwords.totp({ name: 'mail' }, { now: new Date(59_000) })).toEqual({ code: '287082', validUntil: new Date(60_000) })
  const now = await passwords.totp({ name: 'mail' })
  expect(now.code).toMatch(/^\d{6}$/)
  expect(now.validUntil.getTime() - Date.now()).toBeLessThanOrEqual(30_000)
  await passwords.add({ name: 'without' })
  expect(await codeOf(passwords.totp({ name: 'without' }))).toBe('ERR_COFFER_NOT_FOUND')
  expect(await passwords.generate({ length: 12 })).toHaveLength(12)
  await coffer.close()
})

describe('an import', () => {
  const csv = 'name,url,username,password\na,https://a.example,ann,one\na,https://a.example,bob,two\nb,https://b.example,ann,three\n'

  test('adds, and the second time changes nothing', async () => {
    const { coffer, passwords } = await openPasswords()
    expect(await passwords.importFrom(csv)).toEqual({ format: 'chrome-csv', added: 3, replaced: 0, unchanged: 0, skipped: [] })
    const before = await passwords.list()
    expect(await passwords.importFrom(csv)).toEqual({ format: 'chrome-csv', added: 0, replaced: 0, unchanged: 3, skipped: [] })
    expect(await passwords.list()).toEqual(before)
    expect((await passwords.get({ name: 'a', username: 'bob', owner: 'chrome' })).password).toBe('two')
    await coffer.close()
  })

  test('replaces what changed, or leaves it where that is asked for', async () => {
    const { coffer, passwords } = await openPasswords()
    await passwords.importFrom(csv)
    const { id } = await passwords.get({ name: 'b' })
    const changed = csv.replace('three', 'four')
    expect(await passwords.importFrom(changed, { replace: false })).toMatchObject({ replaced: 0, unchanged: 2, skipped: [{ place: 4 }] })
    expect((await passwords.get({ name: 'b' })).password).toBe('three')
    expect(await passwords.importFrom(changed)).toMatchObject({ replaced: 1, unchanged: 2, skipped: [] })
    expect(await passwords.get({ name: 'b' })).toMatchObject({ id, password: 'four' })
    await coffer.close()
  })

  test('keeps two logins apart that differ in their address only, and two that do not differ at all', async () => {
    const { coffer, passwords } = await openPasswords()
    const twins = 'name,url,username,password\na,https://a.example/1,ann,one\na,https://a.example/2,ann,two\na,https://a.example/2,ann,three\n'
    expect(await passwords.importFrom(twins)).toMatchObject({ added: 3, replaced: 0 })
    expect(await passwords.importFrom(twins)).toMatchObject({ added: 0, unchanged: 3 })
    const all = await Promise.all((await passwords.list()).map(async ({ id }) => (await passwords.get({ id })).password))
    expect(new Set(all)).toEqual(new Set(['one', 'two', 'three']))
    await coffer.close()
  })

  test('of another address is another login; add() asks which is meant then', async () => {
    const { coffer, passwords } = await openPasswords()
    await passwords.importFrom(csv)
    expect(await passwords.importFrom(csv.replace('https://b.example', 'https://c.example'))).toMatchObject({ added: 1, replaced: 0, unchanged: 2 })
    const b = { name: 'b', username: 'ann', owner: 'chrome' }
    expect((await passwords.list(b)).map(({ urls }) => urls[0]).toSorted((one, other) => ((one ?? '') < (other ?? '') ? -1 : 1))).toEqual(['https://b.example', 'https://c.example'])
    expect(await codeOf(passwords.add({ ...b, password: 'x' }))).toBe('ERR_COFFER_CONFLICT')
    await coffer.close()
  })

  test('notices a change of what is no text too, and keeps when a login was made', async () => {
    const { coffer, passwords } = await openPasswords()
    const item = { type: 1, name: 'n', login: { password: 'p' }, fields: [{ name: 'pin', value: '1' }] }
    const exported = (change: object): string => JSON.stringify({ encrypted: false, items: [{ ...item, ...change }] })
    await passwords.importFrom(exported({ creationDate: '2020-01-01T00:00:00.000Z' }))
    expect(await passwords.importFrom(exported({ fields: [{ name: 'pin', value: '2' }] }))).toMatchObject({ replaced: 1 })
    expect(await passwords.get({ name: 'n' })).toMatchObject({ fields: [{ name: 'pin', value: '2' }], created: new Date('2020-01-01T00:00:00.000Z') })
    const dated = exported({ creationDate: '2021-01-01T00:00:00.000Z', notes: 'x' })
    expect(await passwords.importFrom(dated)).toMatchObject({ replaced: 1 })
    expect((await passwords.get({ name: 'n' })).created).toEqual(new Date('2021-01-01T00:00:00.000Z'))
    await coffer.close()
  })

  test('names what it left out in the order of the export', async () => {
    const { coffer, passwords } = await openPasswords()
    const items = [
      { type: 1, name: 'a', login: { totp: 'steam://X' } },
      { type: 1, name: '' },
      { type: 1, name: 'b', login: { totp: 'steam://Y' } },
    ]
    const { skipped } = await passwords.importFrom(JSON.stringify({ encrypted: false, items }))
    expect(skipped.map(({ place }) => place)).toEqual([1, 2, 3])
    await coffer.close()
  })

  test('takes another owner, and then they are others', async () => {
    const { coffer, passwords } = await openPasswords()
    await passwords.importFrom(csv)
    expect(await passwords.importFrom(csv, { owner: 'ann' })).toMatchObject({ added: 3 })
    expect(await passwords.list({ owner: 'ann' })).toHaveLength(3)
    await coffer.close()
  })

  test('keeps secrets for codes that it does not know as a field, and says so', async () => {
    const { coffer, passwords } = await openPasswords()
    const header = 'folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n'
    const report = await passwords.importFrom(`${header},,login,steam,,,0,,ann,p,steam://GEZDGNBV\n,,login,good,,,0,,ann,p,GEZD GNBV GY3T QOJQ\n`)
    expect(report).toMatchObject({ added: 2, skipped: [{ place: 2, reason: expect.stringContaining('one-time codes') as unknown }] })
    expect(JSON.stringify(report)).not.toContain('GEZD')
    expect((await passwords.get({ name: 'steam' })).fields).toEqual([{ name: 'totp', value: 'steam://GEZDGNBV' }])
    expect((await passwords.totp({ name: 'good' })).code).toMatch(/^\d{6}$/)
    await coffer.close()
  })

  test('of what is broken changes nothing', async () => {
    const { coffer, passwords } = await openPasswords()
    expect(await codeOf(passwords.importFrom(`${csv}c,d,"e`))).toBe('ERR_COFFER_DAMAGED')
    expect(await coffer.has(FILE)).toBe(false)
    await coffer.close()
  })
})

describe('what PyCoffer keeps', () => {
  test('is shown until this plugin writes, and taken over then', async () => {
    const { coffer, passwords } = await openPasswords()
    await coffer.write('.plugins/passwd', pycofferPickle())
    expect((await passwords.list()).map(({ id, name, owner }) => [id, name, owner])).toEqual([
      ['pycoffer-3', 'bare', undefined],
      ['pycoffer-4', 'long', 'ann'],
      ['pycoffer-1', 'mail', 'ann'],
      ['pycoffer-2', 'mail', 'bob'],
    ])
    expect((await passwords.get({ name: 'mail', owner: 'ann' })).password).toBe('p"ä€😀\n')
    expect(await coffer.has(FILE)).toBe(false)
    await passwords.delete({ id: 'pycoffer-2' })
    expect((await passwords.list()).map(({ id }) => id)).toEqual(['pycoffer-3', 'pycoffer-4', 'pycoffer-1'])
    expect(Buffer.compare(await coffer.read('.plugins/passwd'), pycofferPickle())).toBe(0)
    await coffer.close()
  })

  test('is taken in again when that is asked for', async () => {
    const { coffer, passwords } = await openPasswords()
    expect(await codeOf(passwords.importPycoffer())).toBe('ERR_COFFER_NOT_FOUND')
    await passwords.add({ name: 'own' })
    await coffer.write('.plugins/passwd', pycofferPickle())
    expect(await passwords.list()).toHaveLength(1)
    expect(await passwords.importPycoffer()).toEqual({ format: 'pycoffer', added: 4, replaced: 0, unchanged: 0, skipped: [] })
    expect(await passwords.importPycoffer()).toMatchObject({ added: 0, unchanged: 4 })
    expect(await passwords.list()).toHaveLength(5)
    await coffer.close()
  })

  test('is not run, and not taken for nothing, where it is something else', async () => {
    const { coffer, passwords } = await openPasswords()
    await coffer.write('.plugins/passwd', "cos\nsystem\n(S'touch pwned'\ntR.")
    expect(await codeOf(passwords.list())).toBe('ERR_COFFER_UNSUPPORTED')
    expect(await codeOf(passwords.add({ name: 'x' }))).toBe('ERR_COFFER_UNSUPPORTED')
    await coffer.write('.plugins/passwd', '')
    expect(await passwords.list()).toEqual([])
    await coffer.close()
  })
})

describe('a member that this plugin did not write', () => {
  const good = { id: 'a', name: 'n', urls: [], fields: [], created: '1970-01-01T00:00:00.000Z', modified: '1970-01-01T00:00:00.000Z' }
  test.each<[string, unknown, string]>([
    ['other JSON', {}, 'ERR_COFFER_DAMAGED'],
    ['no list', { format: 'coffer-passwords', version: 1, passwords: {} }, 'ERR_COFFER_DAMAGED'],
    ['a newer version', { format: 'coffer-passwords', version: 2 }, 'ERR_COFFER_UNSUPPORTED'],
    ...[{ id: 7 }, { id: '' }, { name: '' }, { created: 'x' }, { urls: 'x' }, { password: 7 }, { more: 1 }].map((change): [string, unknown, string] => [
      JSON.stringify(change),
      { format: 'coffer-passwords', version: 1, passwords: [{ ...good, ...change }] },
      'ERR_COFFER_DAMAGED',
    ]),
    ['two of one id', { format: 'coffer-passwords', version: 1, passwords: [good, good] }, 'ERR_COFFER_DAMAGED'],
  ])('is refused, and left as it is: %s', async (_, value, code) => {
    const { coffer, passwords } = await openPasswords()
    await coffer.dump(FILE, value)
    expect(await codeOf(passwords.list())).toBe(code)
    expect(await codeOf(passwords.add({ name: 'x' }))).toBe(code)
    expect(await coffer.load(FILE)).toEqual(value)
    await coffer.close()
  })

  test('is not quoted in the error', async () => {
    const { coffer, passwords } = await openPasswords()
    await coffer.write(FILE, '{"format": swordfish}')
    const error = (await passwords.list().catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'ERR_COFFER_DAMAGED' })
    expect(`${error.stack}${String(error.cause)}`).not.toContain('swordfish')
    await coffer.close()
  })
})

test('the plugin goes with the coffer that it was made for', async () => {
  const place = await makePlace()
  const coffer = await place.open()
  const passwords = await coffer.plugin<Passwords>('password')
  expect(await coffer.plugin('password')).toBe(passwords)
  await coffer.close()
  expect(await codeOf(passwords.list())).toBe('ERR_COFFER_CLOSED')
})
