import { createHash } from 'node:crypto'
import { generateKeys, isCofferError, type CofferKeys, type VariantName } from '@coffer/core'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCoffer, salvage, type SalvageReport } from '../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'coffer-salvage-'))
const at = (...names: string[]): string => join(folder, ...names)
let runs = 0

/** Content that does not shrink, and is another one for each name. */
const contentOf = (name: string, size: number): Uint8Array => new Uint8Array(createHash('shake256', { outputLength: size }).update(name).digest())
const files: Readonly<Record<string, Uint8Array>> = {
  'a.txt': contentOf('a', 3000),
  'deep/b.bin': contentOf('b', 1_300_000),
  'deep/c.bin': contentOf('c', 200_000),
  empty: new Uint8Array(0),
  'late.txt': contentOf('late', 5000),
}
const variants: readonly VariantName[] = ['bank', 'store', 'market', 'null']
const made = new Map<VariantName, { keys: CofferKeys; bytes: Uint8Array }>()

beforeAll(async () => {
  for (const variant of variants) {
    const keys = await generateKeys(variant)
    const path = at(`${variant}.pcof`)
    await using coffer = await openCoffer(path, { mode: 'x', variant, keys, autoFlush: false })
    await coffer.makeDirectory('deep')
    for (const [name, content] of Object.entries(files)) if (name !== 'late.txt') await coffer.write(name, content)
    await coffer.write('gone.txt', contentOf('gone', 4000))
    await coffer.flush()
    await coffer.delete('gone.txt')
    await coffer.write('late.txt', files['late.txt'] as Uint8Array)
    await coffer.close()
    made.set(variant, { keys, bytes: readFileSync(path) })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly report: SalvageReport
  readonly out: string
  read(name: string): Buffer
}

async function salvageOf(variant: VariantName, change: (bytes: Buffer) => Uint8Array): Promise<Outcome> {
  const { keys, bytes } = made.get(variant) ?? { keys: {}, bytes: new Uint8Array(0) }
  const path = at(`damaged-${runs}.pcof`)
  const out = at(`out-${runs++}`)
  const damaged = change(Buffer.from(bytes))
  writeFileSync(path, damaged)
  const report = await salvage(path, out, { variant, keys })
  // It never writes.
  expect(Buffer.compare(readFileSync(path), damaged)).toBe(0)
  rmSync(path)
  return { report, out, read: (name) => readFileSync(join(out, name)) }
}

/** What is written whole is what went in; what is not says so, and is right but for the ranges that it names. */
function expectAuthentic({ report, read }: Outcome, isSealed = true): string[] {
  const whole: string[] = []
  for (const { name, writtenAs, origin, bad, size } of report.files) {
    if (writtenAs === undefined) continue
    // Nothing tells what was changed in the tar stream of a null coffer.
    if (!isSealed && origin === 'archive') whole.push(name)
    else if (bad.length === 0) {
      expect(Buffer.compare(read(writtenAs), contentNamed(name)), name).toBe(0)
      whole.push(name)
    } else {
      expect(writtenAs).toBe(`${name}.damaged`)
      const expected = Buffer.from(contentNamed(name).subarray(0, size))
      for (const { start, end } of bad) expected.fill(0, start, end)
      expect(Buffer.compare(read(writtenAs), expected), name).toBe(0)
    }
  }
  return whole
}

function contentNamed(name: string): Uint8Array {
  return name === 'gone.txt' ? contentOf('gone', 4000) : (files[name] as Uint8Array)
}

const all = Object.keys(files).toSorted()

describe.each(variants)('of a %s', (variant) => {
  test('that is whole, everything, and not what was deleted', async () => {
    const outcome = await salvageOf(variant, (bytes) => bytes)
    expect(outcome.report.ok).toBe(true)
    expect(expectAuthentic(outcome).toSorted()).toEqual(all)
  })

  test('of which the newest commit is damaged, what its index names', async () => {
    const outcome = await salvageOf(variant, (bytes) => bytes.fill(0x55, bytes.length - 70, bytes.length - 40))
    expect(expectAuthentic(outcome).toSorted()).toEqual(all)
  })

  test('that is cut, what was committed before, or what the tar stream holds', async () => {
    const { bytes } = made.get(variant) ?? { bytes: new Uint8Array(0) }
    for (const part of [0.3, 0.6, 0.9]) {
      const outcome = await salvageOf(variant, (whole) => whole.subarray(0, Math.floor(bytes.length * part)))
      expect(outcome.report.ok).toBe(false)
      expect(expectAuthentic(outcome, variant !== 'null')).toContain('a.txt')
      expect(outcome.report.isWhole).toBe(false)
    }
  })

  test('of which the beginning is damaged, everything', async () => {
    const outcome = await salvageOf(variant, (bytes) => bytes.fill(0x55, 40, 90))
    expect(expectAuthentic(outcome, variant !== 'null')).toEqual(expect.arrayContaining(all.filter((name) => name !== 'empty')))
  })

  test('wherever a hole is, all that it does not touch, and nothing that is not authentic', async () => {
    const { bytes } = made.get(variant) ?? { bytes: new Uint8Array(0) }
    const STEPS = 16
    let whole = 0
    for (let step = 0; step < STEPS; step++) {
      const hole = Math.floor((bytes.length * step) / STEPS)
      const outcome = await salvageOf(variant, (copy) => copy.fill(0x55, hole, hole + 300))
      const names = expectAuthentic(outcome, variant !== 'null')
      whole += names.length
      // A hole of 300 bytes is in at most two members, or in the index of one commit.
      expect(names.filter((name) => name !== 'gone.txt').length, `hole at ${hole}`).toBeGreaterThanOrEqual(all.length - 2)
    }
    expect(whole).toBeGreaterThanOrEqual(STEPS * (all.length - 1))
  })
})

test('of large files only the ranges that are bad are missing', async () => {
  const outcome = await salvageOf('bank', (bytes) => bytes.fill(0x55, 700_000, 700_100))
  const damaged = outcome.report.files.find(({ name }) => name === 'deep/b.bin')
  expect(damaged?.bad).toHaveLength(1)
  const [hole] = damaged?.bad ?? []
  expect(hole && hole.end - hole.start).toBeLessThanOrEqual(524_288)
  expectAuthentic(outcome)
})

test('refuses other keys, other files, and a directory that holds something', async () => {
  const { bytes, keys } = made.get('store') ?? { bytes: new Uint8Array(0), keys: {} }
  writeFileSync(at('x.pcof'), bytes)
  const others = await generateKeys('store')
  await expect(salvage(at('x.pcof'), at('never'), { variant: 'store', keys: others })).rejects.toSatisfy((error) => isCofferError(error, 'ERR_COFFER_AUTH'))
  expect(existsSync(at('never'))).toBe(false)
  await expect(salvage(at('nowhere'), at('never'), { keys })).rejects.toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
  await expect(salvage(at('x.pcof'), folder, { keys })).rejects.toMatchObject({ code: 'ERR_COFFER_NOT_EMPTY' })
  writeFileSync(at('random'), contentOf('noise', 300_000))
  await expect(salvage(at('random'), at('never'), { keys })).rejects.toMatchObject({ code: 'ERR_COFFER_AUTH' })
  expect(readdirSync(folder).filter((name) => name.endsWith('lock') && name.startsWith('x.pcof.js'))).toEqual([])
})
