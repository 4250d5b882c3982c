import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCofferError } from '../../src/errors.js'
import { decodePycofferPasswords } from '../../src/plugins/password-pycoffer.js'
import { decodePickle } from '../../src/plugins/pickle.js'

function pickleOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(import.meta.dirname, 'pycoffer', `${name}.pickle`)))
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

describe('what PyCoffer keeps', () => {
  // Made on a clock set to UTC, to be read as the time on the wall here.
  const created = new Date(2024, 1, 29, 23, 59, 58, 987)
  const modified = new Date(2025, 9, 26, 2, 30)

  test.each(['default', 'protocol-2', 'protocol-3', 'protocol-5'])('is read (%s)', (name) => {
    expect(decodePycofferPasswords(pickleOf(name))).toEqual([
      { name: 'mail', username: 'ann@example.org', password: 'p"ä€😀\n', urls: ['https://mail.example.org/'], note: 'a note', owner: 'ann', created, modified },
      { name: 'mail', username: 'bob', password: 'other', urls: [], note: undefined, owner: 'bob', created, modified },
      { name: 'bare', username: undefined, password: undefined, urls: [], note: undefined, owner: undefined, created, modified },
      { name: 'long', username: undefined, password: 'x'.repeat(300), urls: [], note: 'n'.repeat(70_000), owner: 'ann', created, modified },
    ])
  })

  test('is an error of ours wherever it is cut', () => {
    const bytes = pickleOf('protocol-3')
    for (let end = 0; end < 1200; end++) {
      expect(() => decodePycofferPasswords(bytes.slice(0, end))).toThrow(expect.objectContaining({ code: expect.stringMatching(/DAMAGED|UNSUPPORTED/) as unknown }))
    }
    expect(() => decodePycofferPasswords(new Uint8Array([...bytes, 0x2e]))).toThrow(expect.objectContaining({ code: 'ERR_COFFER_DAMAGED' }))
  })

  test('is read, or an error of ours, whatever byte is changed', () => {
    const bytes = pickleOf('default').slice()
    // The long note is cut out of what is tried, not out of the file.
    const places = fc.oneof(fc.nat(900), fc.integer({ min: bytes.length - 60, max: bytes.length - 1 }))
    let errors = 0
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ by
        try {
          for (const { name } of decodePycofferPasswords(changed)) expect(typeof name).toBe('string')
        } catch (error) {
          errors += 1
          if (!isCofferError(error)) throw error
        }
      }),
      { numRuns: 1000 },
    )
    expect(errors).toBeGreaterThan(300)
  })
})

/** The start of an entry whose fields come next, and a time at noon. */
const entry = '\x80\x04}\x8c\x01k\x8c\x19pycoffer.plugins.password\x8c\x0cPasswordInfo\x93)\x81'
const noon = '\x07\xea\x01\x01\x0c\x00\x00\x00\x00\x00'
const time = (args: string): string => `${entry}}\x8c\x05ctime\x8c\x08datetime\x8c\x08datetime\x93${args}Rsbs.`

test('the pickles below are wrong in what they say they are, and nothing else', () => {
  const good = time(`C\x0a${noon}\x85`)
  expect(decodePycofferPasswords(ascii(good))).toMatchObject([{ name: 'unnamed', created: new Date(2026, 0, 1, 12) }])
  const encoded = time(`c_codecs\nencode\nX\x0a\x00\x00\x00${noon.replace('\xea', '\xc3\xaa')}`.replace('X\x0a', 'X\x0b') + `X\x06\x00\x00\x00latin1\x86R\x85`)
  expect(decodePycofferPasswords(ascii(encoded))).toMatchObject([{ created: new Date(2026, 0, 1, 12) }])
})

describe('logins that are recalled', () => {
  /** So many logins, all of them one object with so many fields, whose values are all one text. */
  function recalled(logins: number, fields: number): Uint8Array {
    const named = Array.from({ length: fields }, (_, i) => `\x8c\x04${i.toString(36).padStart(4, '0')}h\x01`).join('')
    const more = '\x4e\x68\x02'.repeat(logins - 1)
    return ascii(`\x80\x04}\x8c\x05valueq\x01\x8c\x19pycoffer.plugins.password\x8c\x0cPasswordInfo\x93)\x81}(${named}ubq\x02s(${more}u.`)
  }

  test('a few times are as many', () => {
    const all = decodePycofferPasswords(recalled(20, 100))
    expect(all.length).toBe(20)
    expect(all[19]?.fields?.length).toBe(100)
    expect(all[19]?.fields?.[99]).toEqual({ name: '002r', value: 'value' })
  })

  test('without end are refused', () => {
    const bytes = recalled(2000, 1000)
    expect(bytes.length).toBeLessThan(20_000)
    expect(() => decodePycofferPasswords(bytes)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
  })
})

describe('a pickle that would do something in Python', () => {
  test.each([
    ['runs a command', "cos\nsystem\n(S'echo pwned'\ntR."],
    ['runs a command, protocol 2', '\x80\x02cos\nsystem\nX\x04\x00\x00\x00echo\x85R.'],
    ['runs a command, protocol 4', '\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04echo\x85R.'],
    ['evaluates', '\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.'],
    ['reaches through an attribute', '\x80\x04\x8c\x08datetime\x8c\x11datetime.__class__\x93.'],
    ['makes an instance by name (INST)', '\x80\x02(ios\nsystem\n.'],
    ['makes an instance by class (OBJ)', '\x80\x02(cos\nsystem\no.'],
    ['takes an extension', '\x80\x02\x82\x01.'],
    ['asks for something outside', '\x80\x02Pid\n.'],
    ['has keyword arguments (NEWOBJ_EX)', '\x80\x04\x8c\x08datetime\x8c\x08datetime\x93)}\x92.'],
    ['takes a buffer from outside', '\x80\x05\x97.'],
    ['is a list', '\x80\x04]\x94.'],
    ['is a set', '\x80\x04\x8f\x94.'],
    ['has a fraction', '\x80\x04G\x3f\xf0\x00\x00\x00\x00\x00\x00.'],
    ['is of a protocol to come', '\x80\x06N.'],
    ['is of a protocol in text', 'N.'],
  ])('is refused: it %s', (_, text) => {
    expect(() => decodePycofferPasswords(ascii(text))).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
    // Already where it is read, whatever is made of it then.
    expect(() => decodePickle(ascii(text), ['datetime.datetime'])).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
  })

  test.each([
    ['has a time with a zone', time(`C\x0a${noon}\x8c\x03UTC\x86`)],
    ['has a time of nine bytes', time(`C\x09${noon.slice(1)}\x85`)],
    ['has a time of eleven bytes', time(`C\x0b${noon}\x00\x85`)],
    ['has a time in another coding', time(`c_codecs\nencode\nX\x0b\x00\x00\x00${noon.replace('\xea', '\xc3\xaa')}X\x05\x00\x00\x00utf-8\x86R\x85`)],
    ['has an entry of another class', `\x80\x04}\x8c\x01k\x8c\x08datetime\x8c\x08datetime\x93)\x81}bs.`],
    ['has a name that is no text', `${entry}}\x8c\x04name\x88sbs.`],
    ['has a field whose name is no text', `${entry}}K\x01\x8c\x01xsbs.`],
    ['is no dict', '\x80\x04N.'],
    ['calls the class that is allowed with other things', '\x80\x04}\x8c\x01k\x8c\x08datetime\x8c\x08datetime\x93)Rs.'],
    ['has an entry that is a text', '\x80\x04}\x8c\x01k\x8c\x01vs.'],
    ['has an entry without a state', '\x80\x04}\x8c\x01k\x8c\x19pycoffer.plugins.password\x8c\x0cPasswordInfo\x93)\x81s.'],
    ['has an entry with a time of its own kind', '\x80\x04}\x8c\x01k\x8c\x19pycoffer.plugins.password\x8c\x0cPasswordInfo\x93)\x81}\x8c\x05ctimeK\x01sbs.'],
  ])('is refused: it %s', (_, text) => {
    expect(() => decodePycofferPasswords(ascii(text))).toThrow(expect.objectContaining({ code: 'ERR_COFFER_UNSUPPORTED' }))
  })

  test.each([
    ['ends before its time', '\x80\x04}'],
    ['is empty', ''],
    ['takes from an empty stack', '\x80\x04s.'],
    ['remembers nothing', '\x80\x04h\x07.'],
    ['memoizes nothing', '\x80\x04\x94N.'],
    ['has no mark', '\x80\x04}u.'],
    ['takes beyond a mark', '\x80\x04}(\x8c\x01a\x86.'],
    ['takes a mark for a value', '\x80\x04(\x85.'],
    ['is a mark', '\x80\x04(.'],
    ['has a key without a value', '\x80\x04}(\x8c\x01au.'],
    ['sets items of a text', '\x80\x04\x8c\x01a\x8c\x01b\x8c\x01cs.'],
    ['builds a text', '\x80\x04\x8c\x01a}b.'],
    ['calls a text', '\x80\x04\x8c\x01a)R.'],
    ['leaves something behind', '\x80\x04NN.'],
    ['says that a text is longer than the file', '\x80\x04\x8d\xff\xff\xff\xff\xff\xff\x00\x00.'],
    ['has a text that is no UTF-8', '\x80\x04\x8c\x01\xff.'],
  ])('is damaged: it %s', (_, text) => {
    expect(() => decodePickle(ascii(text), [])).toThrow(expect.objectContaining({ code: expect.stringMatching(text === '' ? /DAMAGED|UNSUPPORTED/ : /DAMAGED/) as unknown }))
  })

  test('cannot put anything on the prototypes of this program', () => {
    const evil = '\x80\x04}\x8c\x01k\x8c\x19pycoffer.plugins.password\x8c\x0cPasswordInfo\x93)\x81}(\x8c\x09__proto__\x8c\x01x\x8c\x04name\x8c\x01nubs.'
    expect(decodePycofferPasswords(ascii(evil))).toMatchObject([{ name: 'n' }])
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})
