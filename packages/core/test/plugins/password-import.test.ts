import { describe, expect, test } from 'vitest'
import { isCofferError } from '../../src/errors.js'
import { parseExport } from '../../src/plugins/password-import.js'

const chrome = `name,url,username,password,note
mail.example.org,https://mail.example.org/login?next=%2F,ann@example.org,"pa""ss,word",
"two
lines",https://example.org/,bob,x,"a note,
of two lines"
,https://user@host.example:8443/path,carl,y,
android://hash==@org.example.app/,android://hash==@org.example.app/,dora,z,
,,nobody,n,
`

const firefox = `"url","username","password","httpRealm","formActionOrigin","guid","timeCreated","timeLastUsed","timePasswordChanged"
"https://mail.example.org","ann@example.org","pa""ss,word",,"https://mail.example.org","{a1b2}","1600000000123","1700000000000","1650000000456"
"http://router.local","admin","secret","Router admin",,"{c3d4}","1600000000123","1700000000000","x"
"chrome://FirefoxAccounts","0123","{""sync"":1}","Firefox Accounts credentials",,"{e5f6}","1","1","1"
`

const bitwardenCsv = `folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp
Work/Mail,1,login,Mail,"a note
of two lines","pin: 1234
with: a colon: inside
loose",0,"https://a.example,https://b.example/?x=1,2",ann,pass,GEZDGNBVGY3TQOJQ
,,note,A note,Only text,,0,,,,
,,login,,nameless,,0,,,,`

const bitwardenJson = {
  encrypted: false,
  folders: [{ id: 'f1', name: 'Work' }],
  items: [
    {
      id: 'i1',
      organizationId: null,
      folderId: 'f1',
      type: 1,
      reprompt: 0,
      name: 'Mail',
      notes: 'a note',
      favorite: true,
      fields: [
        { name: 'pin', value: '1234', type: 0, linkedId: null },
        { name: 'hidden', value: 'h', type: 1, linkedId: null },
        { name: 'on', value: 'true', type: 2, linkedId: null },
        { name: 'linked', value: null, type: 3, linkedId: 100 },
      ],
      login: { uris: [{ match: null, uri: 'https://a.example' }, { match: null, uri: 'https://b.example' }], username: 'ann', password: 'pass', totp: 'GEZDGNBVGY3TQOJQ' },
      creationDate: '2024-02-29T23:59:58.987Z',
      revisionDate: '2025-01-01T00:00:00.000Z',
      deletedDate: null,
    },
    { id: 'i2', folderId: null, type: 2, name: 'A note', notes: 'Only text', secureNote: { type: 0 } },
    { id: 'i3', folderId: null, type: 3, name: 'Card', notes: null, card: { cardholderName: 'Ann', brand: 'Visa', number: '4111111111111111', expMonth: '4', code: null } },
    { id: 'i4', folderId: null, type: 4, name: 'Me', notes: null, identity: { title: 'Dr', firstName: 'Ann', ssn: null } },
    { id: 'i5', folderId: null, type: 5, name: 'Key', notes: null, sshKey: { privateKey: 'PRIVATE', publicKey: 'PUBLIC', keyFingerprint: 'F' } },
    { id: 'i6', folderId: null, type: 1, name: 'Trash', login: { username: 'x', password: 'y' }, deletedDate: '2025-01-01T00:00:00.000Z' },
    { id: 'i7', type: 1, name: 'Rich', login: { username: null, password: 'p', fido2Credentials: [{}] }, passwordHistory: [{ password: 'old' }], attachments: [{}] },
    { id: 'i8', type: 1, name: '', login: { password: 'p' } },
  ],
}

describe('an export of Chrome', () => {
  test('is read, with quotes, lines and commas in its fields', () => {
    const { format, passwords, skipped } = parseExport(chrome)
    expect(format).toBe('chrome-csv')
    expect(passwords).toEqual([
      { place: 2, input: { name: 'mail.example.org', username: 'ann@example.org', password: 'pa"ss,word', urls: ['https://mail.example.org/login?next=%2F'], note: '', owner: 'chrome' } },
      { place: 3, input: { name: 'two\nlines', username: 'bob', password: 'x', urls: ['https://example.org/'], note: 'a note,\nof two lines', owner: 'chrome' } },
      { place: 4, input: { name: 'host.example', username: 'carl', password: 'y', urls: ['https://user@host.example:8443/path'], note: '', owner: 'chrome' } },
      { place: 5, input: { name: 'android://hash==@org.example.app/', username: 'dora', password: 'z', urls: ['android://hash==@org.example.app/'], note: '', owner: 'chrome' } },
    ])
    expect(skipped).toEqual([{ place: 6, reason: expect.any(String) as unknown }])
  })

  test('is read in the form before notes, and with columns in another order or case', () => {
    const { passwords } = parseExport('Password,URL,NAME,username\r\nsecret,https://x.example,x,ann\r\n')
    expect(passwords[0]?.input).toMatchObject({ name: 'x', password: 'secret', username: 'ann', urls: ['https://x.example'] })
  })

  test('is read as bytes with a byte order mark', () => {
    for (const text of [chrome, firefox, bitwardenCsv, JSON.stringify(bitwardenJson)]) {
      expect(parseExport(new TextEncoder().encode(`\uFEFF${text}`))).toEqual(parseExport(text))
    }
  })

  test('has its broken rows named', () => {
    const { passwords, skipped } = parseExport('name,url,username,password\na,b,c\nd,e,f,g\nh,i,j,k,l')
    expect(passwords.map(({ place }) => place)).toEqual([3])
    expect(skipped.map(({ place }) => place)).toEqual([2, 4])
  })
})

test('an export of Firefox is read, with its times and realms, without its own', () => {
  const { format, passwords, skipped } = parseExport(firefox)
  expect(format).toBe('firefox-csv')
  const created = new Date(1_600_000_000_123)
  expect(passwords.map(({ input }) => input)).toEqual([
    { name: 'mail.example.org', username: 'ann@example.org', password: 'pa"ss,word', urls: ['https://mail.example.org'], owner: 'firefox', created, modified: new Date(1_650_000_000_456) },
    { name: 'router.local', username: 'admin', password: 'secret', urls: ['http://router.local'], owner: 'firefox', fields: [{ name: 'httpRealm', value: 'Router admin' }], created, modified: undefined },
  ])
  expect(skipped.map(({ place }) => place)).toEqual([4])
})

describe('an export of Bitwarden', () => {
  test('as CSV is read, with fields, several addresses and notes', () => {
    const { format, passwords, skipped } = parseExport(bitwardenCsv)
    expect(format).toBe('bitwarden-csv')
    expect(passwords[0]?.input).toEqual({
      name: 'Mail',
      username: 'ann',
      password: 'pass',
      urls: ['https://a.example', 'https://b.example/?x=1,2'],
      note: 'a note\nof two lines',
      totp: 'GEZDGNBVGY3TQOJQ',
      owner: 'bitwarden',
      fields: [{ name: 'pin', value: '1234' }, { name: 'with', value: 'a colon: inside' }, { name: '', value: 'loose' }, { name: 'folder', value: 'Work/Mail' }],
    })
    expect(passwords[1]?.input).toMatchObject({ name: 'A note', note: 'Only text', fields: [] })
    expect(passwords).toHaveLength(2)
    expect(skipped.map(({ place }) => place)).toEqual([4])
  })

  test('as CSV of an organisation is read', () => {
    const { format, passwords } = parseExport('collections,type,name,notes,fields,login_uri,login_username,login_password,login_totp\nTeam,login,ovh.com,,,https://www.ovh.com/,ann,p,')
    expect(format).toBe('bitwarden-csv')
    expect(passwords[0]?.input).toMatchObject({ name: 'ovh.com', urls: ['https://www.ovh.com/'], fields: [{ name: 'folder', value: 'Team' }] })
  })

  test('as JSON is read, cards, identities and keys too', () => {
    const { format, passwords, skipped } = parseExport(JSON.stringify(bitwardenJson))
    expect(format).toBe('bitwarden-json')
    expect(passwords.map(({ place }) => place)).toEqual([1, 2, 3, 4, 5, 7])
    expect(passwords[0]?.input).toEqual({
      name: 'Mail',
      username: 'ann',
      password: 'pass',
      urls: ['https://a.example', 'https://b.example'],
      note: 'a note',
      totp: 'GEZDGNBVGY3TQOJQ',
      owner: 'bitwarden',
      fields: [{ name: 'pin', value: '1234' }, { name: 'hidden', value: 'h' }, { name: 'on', value: 'true' }, { name: 'folder', value: 'Work' }],
      created: new Date('2024-02-29T23:59:58.987Z'),
      modified: new Date('2025-01-01T00:00:00.000Z'),
    })
    expect(passwords[2]?.input.fields).toEqual([
      { name: 'cardholderName', value: 'Ann' },
      { name: 'brand', value: 'Visa' },
      { name: 'number', value: '4111111111111111' },
      { name: 'expMonth', value: '4' },
    ])
    expect(passwords[3]?.input.fields).toEqual([{ name: 'title', value: 'Dr' }, { name: 'firstName', value: 'Ann' }])
    expect(passwords[4]?.input.fields).toContainEqual({ name: 'privateKey', value: 'PRIVATE' })
    expect(skipped.map(({ place }) => place)).toEqual([6, 7, 8])
    expect(skipped[1]?.reason).toBe('without its passkeys, its earlier passwords, its attachments')
  })

  test.each([{ encrypted: true, data: 'x' }, { encrypted: true, passwordProtected: true, salt: 's', data: 'd' }, { items: [] }, []])('as other JSON is refused: %j', (file) => {
    expect(() => parseExport(JSON.stringify(file))).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
  })

  test.each(['{"encrypted":false}', '{"encrypted":false,"items":{}}', '{"encrypted":false,"items":[7]}', '{"encrypted":false,"items":[{"name":'])('that is broken is refused: %s', (text) => {
    expect(() => parseExport(text)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_DAMAGED' }))
  })
})

describe('another file', () => {
  test.each(['', 'hello', 'a,b,c\n1,2,3', 'url,username,password\nx,y,z', '"Title","URL","Username","Password","Notes","OTPAuth"\n'])('is refused: %j', (text) => {
    expect(() => parseExport(text)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
  })

  test('is refused where another format was asked for', () => {
    expect(() => parseExport(chrome, 'firefox-csv')).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
    expect(() => parseExport(chrome, 'bitwarden-json')).toThrow(expect.objectContaining({ code: 'ERR_COFFER_DAMAGED' }))
    expect(parseExport(firefox, 'firefox-csv').passwords).toHaveLength(2)
  })

  test('is not quoted in the error, nor in a reason', () => {
    const texts = ['swordfish', '{"swordfish', 'name,url,username,password\na,b,"swordfish', 'name,url,username,password\na,"b"swordfish', '{"encrypted":true,"data":"swordfish"}']
    for (const text of texts) {
      try {
        parseExport(text)
        expect.unreachable()
      } catch (error) {
        expect(isCofferError(error)).toBe(true)
        expect(`${(error as Error).stack}${String((error as Error).cause)}`).not.toContain('swordfish')
      }
    }
    expect(JSON.stringify(parseExport('name,url,username,password\nswordfish,b,c').skipped)).not.toContain('swordfish')
  })

  test('that is no UTF-8 is refused', () => {
    expect(() => parseExport(Uint8Array.of(0x6e, 0xff))).toThrow(expect.objectContaining({ code: 'ERR_COFFER_DAMAGED' }))
  })
})
