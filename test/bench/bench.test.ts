import { expect, test } from 'vitest'
import type { Cell } from './cell.ts'
import { drawChart } from './chart.ts'
import { megabytes, percent, ratio, seconds, secondsOf } from './format.ts'
import { othersShare } from './machine.ts'
import { alternate, median } from './measure.ts'
import { isChosen, parseOptions } from './options.ts'
import { markdown } from './report.ts'

test('every round starts with another contestant, and the medians are of all runs', async () => {
  const order: string[] = []
  const contestant = (name: string, values: readonly number[], runs?: number) => ({
    name,
    ...(runs !== undefined && { runs }),
    measure: (run: number) => {
      order.push(name)
      return Promise.resolve({ write: values[run] ?? Number.NaN })
    },
  })
  const measured = await alternate([contestant('a', [3, 1, 2]), contestant('b', [7, 5, 9]), contestant('slow', [1], 1)], {
    runs: 3,
    quietSeconds: 0,
  })
  expect(order.join(' ')).toBe('a b slow b a a b')
  expect(measured.map((one) => median(one, 'write'))).toEqual([2, 7, 1])
  expect(median(measured[0] ?? { name: '', samples: [] }, 'extract')).toBeUndefined()
})

test('what others take of the processors is what neither this process nor its children did', () => {
  const use = (totalSeconds: number, busySeconds: number, ownSeconds: number | undefined) => ({
    totalSeconds,
    busySeconds,
    ownSeconds,
  })
  expect(othersShare(use(10, 5, 3), use(20, 12, 6))).toBeCloseTo(0.4)
  expect(othersShare(use(10, 5, 3), use(20, 8, 7))).toBe(0)
  expect(othersShare(use(10, 5, undefined), use(20, 8, undefined))).toBeUndefined()
})

test('numbers show what they can say', () => {
  expect(seconds(0.0123)).toBe('0.0123 s')
  expect(seconds(0.61)).toBe('0.610 s')
  expect(seconds(56.41)).toBe('56.4 s')
  expect(megabytes(60_789_244)).toBe('60.8 MB')
  expect(ratio(3, 2)).toBe('1.50x')
  expect(ratio(1, 0)).toBe('')
  expect(percent(103, 100)).toBe('+3.0 %')
  expect(percent(97, 100)).toBe('-3.0 %')
  const of = (...values: readonly number[]) => secondsOf({ name: '', samples: values.map((write) => ({ write })) }, 'write')
  expect(of(1, 1.05, 1.02)).toBe('1.020 s')
  expect(of(1, 1.3, 1.2, 1.1)).toBe('1.150 s (1.000 to 1.300)')
})

test('options are checked, and a run that is not whole is not saved', () => {
  expect(parseOptions(['--only', 'archive,stages', '--only', 'workers']).only).toEqual(['archive', 'stages', 'workers'])
  expect(parseOptions([])).toMatchObject({ save: true, runs: undefined })
  expect(parseOptions(['--quick'])).toMatchObject({ save: false, runs: 1 })
  expect(parseOptions(['--against', 'AGE']).save).toBe(false)
  expect(isChosen('tar | zstd -3 | age', parseOptions(['--against', 'AGE']))).toBe(true)
  expect(isChosen('7z -p', parseOptions(['--against', 'AGE']))).toBe(false)
  expect(() => parseOptions(['--runs', '0'])).toThrow(RangeError)
  expect(() => parseOptions(['--fast'])).toThrow(TypeError)
})

test('a bar in a name is not a column', () => {
  const cell: Cell = { id: 'x', title: 'X', runs: 1, run: () => Promise.reject(new Error('not run')) }
  const result = { about: [], tables: [{ columns: ['', 'write'], rows: [['tar | age', '1 s']] }] }
  const text = markdown({ cell, result, runs: 1, loadBefore: 0, loadAfter: 0, seconds: 1, disturbances: [0.05, 0.5] }, 1)
  expect(text).toContain('| tar \\| age |   1 s |')
  expect(text).toContain('In 1 of 2 runs')
})

test('the chart is well-formed, and a bar far longer than the others is broken', () => {
  const bar = (label: string, value: number) => ({ label, value, isOurs: label === 'us' })
  const widths = (svg: string): number[] => [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width))
  const even = drawChart('T', [{ title: 'a < b & c', unit: 's', bars: [bar('us', 1), bar('them', 2)] }])
  expect(even).toContain('a &lt; b &amp; c')
  expect(even).not.toContain('<polygon')
  const [us = 0, them = 0] = widths(even)
  expect(them / us).toBeCloseTo(2, 1)
  const broken = drawChart('T', [{ title: '', unit: 's', bars: [bar('us', 1), bar('them', 2), bar('slow', 50)] }])
  expect(broken.match(/<polygon/g)).toHaveLength(1)
  expect(broken).toContain('50.0 s')
  expect((widths(broken)[1] ?? 0) / (widths(broken)[2] ?? 1)).toBeCloseTo(0.8, 1)
})
