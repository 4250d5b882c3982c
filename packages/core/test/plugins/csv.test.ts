import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCsv } from '../../src/plugins/csv.js'

const fieldsOf = (text: string): (readonly string[])[] => parseCsv(text).map(({ fields }) => fields)

test.each<[string, string[][]]>([
  ['', []],
  ['\n', []],
  ['a', [['a']]],
  ['a,b\r\nc,d\r\n', [['a', 'b'], ['c', 'd']]],
  ['a,b\nc,d', [['a', 'b'], ['c', 'd']]],
  ['a,b\rc,d', [['a', 'b'], ['c', 'd']]],
  ['"a","b"\n', [['a', 'b']]],
  ['"a ""b"" c",d', [['a "b" c', 'd']]],
  ['"two\r\nlines, one field",x\ny,z', [['two\r\nlines, one field', 'x'], ['y', 'z']]],
  [',', [['', '']]],
  ['a,', [['a', '']]],
  ['a,\nb,', [['a', ''], ['b', '']]],
  [',,\n', [['', '', '']]],
  ['""', []],
  ['"",', [['', '']]],
  ['a, b ,c', [['a', ' b ', 'c']]],
  ['a"b,c', [['a"b', 'c']]],
  ['a\n\n\nb', [['a'], ['b']]],
  ['ä,😀', [['ä', '😀']]],
])('%j', (text, rows) => {
  expect(fieldsOf(text)).toEqual(rows)
})

test('rows are counted as they are seen, empty ones included', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    expect(parseCsv(['a,b', '', `"x${end}y",c`, 'd,e'].join(end)).map(({ number }) => number)).toEqual([1, 3, 4])
  }
})

test.each(['"a', 'a,"b\nc', '"a"b', '"a"b",c', '"a" ,b'])('is refused: %j', (text) => {
  expect(() => parseCsv(text)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_DAMAGED' }))
  expect(() => parseCsv(text)).toThrow(/^Row \d of the CSV/)
})

test('gives back whatever was written by the rules', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ä'), maxLength: 6 })
  const row = fc.array(field, { minLength: 2, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, end, ended) => {
      const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
      const text = rows.map((fields) => fields.map(quote).join(',')).join(end) + (ended ? end : '')
      expect(fieldsOf(text)).toEqual(rows)
    }),
    { numRuns: 2000 },
  )
})
