import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/bytes/bytes.js'
import { checkName, nameProblem, portabilityProblem, quoteName } from '../../src/tar/names.js'
import { failureOf } from '../zstd/support.js'

describe('names', () => {
  test.each([
    'a',
    'a/b/c',
    '...',
    '..a/.b/c..',
    ' ',
    '-rf',
    'CON',
    'new\nline',
    '\ufeffbom',
    'e\u0301',
    '\u202egpj.exe',
    '😀',
    'a\\b',
    'x'.repeat(255),
    'ä'.repeat(127),
    '😀'.repeat(63),
    Array.from({ length: 900 }, () => 'd').join('/'),
    `${'x/'.repeat(1749)}xx`,
  ])('%j is taken', (name) => {
    expect(nameProblem(name)).toBeUndefined()
    checkName(name)
  })

  test.each([
    ['', 'empty'],
    ['.', 'component'],
    ['..', 'component'],
    ['a/..', 'component'],
    ['../a', 'component'],
    ['a/./b', 'component'],
    ['/a', 'begins'],
    ['/', 'begins'],
    ['a/', 'ends'],
    ['a//b', '"//"'],
    ['a\0b', 'NUL'],
    ['\ud800', 'Unicode'],
    ['a\udc00b', 'Unicode'],
    ['x'.repeat(256), '255'],
    ['ä'.repeat(128), '255'],
    [`a/${'😀'.repeat(64)}/b`, '255'],
    [`${'x/'.repeat(1749)}xxx`, '3500'],
  ])('%j is refused', async (name, reason) => {
    expect(nameProblem(name)).toContain(reason)
    expect(await failureOf(() => checkName(name))).toBe('ERR_COFFER_NAME')
  })

  test('of another type are the mistake of the caller', () => {
    for (const name of [undefined, null, 1, {}, ['a']]) expect(() => checkName(name as string)).toThrow(TypeError)
  })

  test('whatever is taken stays inside a directory', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('/', '.', '..', 'a', '\\', '\0', ' ', 'é', '\ud83d'), { maxLength: 8 }), (parts) => {
        const name = parts.join('')
        if (nameProblem(name) !== undefined) return
        expect(new URL(`file:///x/y/${encodeURI(name.replaceAll('\\', '%5C').replaceAll('%', 'p'))}`).pathname.startsWith('/x/y/')).toBe(true)
        expect(name.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && utf8(part).length <= 255)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('portable names', () => {
  test.each(['a', 'console', 'com10', 'con1/aux2', 'nul_', 'a.b c', 'é', '日本語', '.hidden'])('%j', (name) => {
    expect(portabilityProblem(name)).toBeUndefined()
  })

  test.each([
    ['CON', 'reserved'],
    ['a/nul', 'reserved'],
    ['Com1.txt', 'reserved'],
    ['lpt³', 'reserved'],
    ['aux .txt', 'reserved'],
    ['conin$', 'reserved'],
    ['a:b', 'forbids'],
    ['a\\b', 'forbids'],
    ['a?', 'forbids'],
    ['a\tb', 'forbids'],
    ['dot.', 'drops'],
    ['dir /a', 'drops'],
    ['e\u0301', 'normal form'],
  ])('%j is none', (name, reason) => {
    expect(portabilityProblem(name)).toContain(reason)
  })
})

test('a quoted name is short and has nothing in it that acts on a terminal', () => {
  expect(quoteName('a"b')).toBe('"a\\"b"')
  expect(quoteName('x'.repeat(81))).toBe(`"${'x'.repeat(77)}..."`)
  expect(quoteName('\u001b[2J\u009b\u007f\u202e\u2028\ufeff')).toBe('"\\u001b[2J\\u009b\\u007f\\u202e\\u2028\\ufeff"')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (name) => {
      // eslint-disable-next-line no-control-regex
      expect(quoteName(name)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
      expect(quoteName(name).isWellFormed()).toBe(true)
    }),
  )
})
