import { expect, test } from 'vitest'
import { loadSodium } from '../../src/cipher/sodium.js'
import { KeyringMac } from '../../src/keyring/authentic.js'
import { canonicalJson, type Json } from '../../src/keyring/canonical-json.js'
import { readDocument } from '../../src/keyring/document.js'
import { make } from './support.js'

test('a value is written in one way: fields sorted by UTF-16, no blanks, escapes as JSON.stringify has them', () => {
  // The texts and names of RFC 8785, 3.2.2 and 3.2.3.
  const names = { '\u20ac': 'Euro Sign', '\r': 'Carriage Return', '\ufb33': 'Hebrew Letter Dalet With Dagesh', '1': 'One', '\ud83d\ude00': 'Emoji', '\u0080': 'Control', '\u00f6': 'o' }
  expect(Object.keys(JSON.parse(canonicalJson(names)) as object)).toHaveLength(7)
  expect([...canonicalJson(names).matchAll(/":"([A-Za-z])/g)].map(([, first]) => first).join('')).toBe('COCoEEH')
  expect(canonicalJson({ string: '\u20ac$\u000f\nA\'B"\\"/' })).toBe('{"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"}')
  expect(canonicalJson({ b: [1, 'x', {}], a: { d: 0, c: -1 } })).toBe('{"a":{"c":-1,"d":0},"b":[1,"x",{}]}')
  for (const value of [0.5, Number.NaN, 2 ** 53] as Json[]) expect(() => canonicalJson(value)).toThrow(RangeError)
})

test('the keys of one kind are not those of another with the same bytes', async () => {
  const { keyring } = await make()
  const sodium = await loadSodium()
  const read = readDocument(keyring.document)
  const { cofferKey = new Uint8Array(0), secureKey = new Uint8Array(0) } = keyring.keys
  expect(new KeyringMac(sodium, keyring.keys).check(read).isIntact).toBe(true)
  const joined = new Uint8Array([...cofferKey, ...secureKey])
  for (const keys of [{ cofferKey: joined }, { secureKey: joined }, { cofferKey: secureKey, secureKey: cofferKey }]) {
    const { isIntact, foreign } = new KeyringMac(sodium, keys).check(read)
    expect({ isIntact, foreign: foreign.length }).toEqual({ isIntact: false, foreign: 1 })
  }
})
