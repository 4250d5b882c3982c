import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCoffer } from '@coffer/node'
import { repository } from '../sources.js'

const command = join(repository, 'packages/cli/dist/coffer.js')
const folder = mkdtempSync(join(tmpdir(), 'coffer-start-'))
const env = { ...process.env, HOME: folder }
const RUNS = 15

beforeAll(() => mkdirSync(join(folder, 'x')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The median of several runs, in milliseconds; runs of the two take turns, so that what else the machine does hits both. */
function medians(first: readonly string[], second: readonly string[], runs = RUNS): [number, number] {
  const times: [number[], number[]] = [[], []]
  for (let i = 0; i < runs; i++) {
    for (const [which, args] of [first, second].entries()) {
      const start = performance.now()
      const { status } = spawnSync(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      times[which]?.push(performance.now() - start)
      expect(status).toBe(0)
    }
  }
  const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0
  return [median(times[0]), median(times[1])]
}

describe('the command starts quickly', () => {
  test('--version takes no more than twice what Node takes for nothing', () => {
    const [nothing, version] = medians(['-e', '0'], [command, '--version'])
    console.log(`node -e 0: ${nothing.toFixed(0)} ms, coffer --version: ${version.toFixed(0)} ms`)
    expect(version).toBeLessThan(nothing * 2)
  })

  test.each(['store', 'bank'] as const)('ls of 10,000 members takes less than half a second (%s)', async (type) => {
    const path = join(folder, `${type}.pcof`)
    const keys = join(folder, `${type}.keys`)
    execFileSync(process.execPath, [command, 'generate', path, '--type', type, '--keys', keys, '-q'], { env })
    const text = execFileSync('cat', [keys], { encoding: 'utf8' })
    const key = (name: string): Uint8Array => new Uint8Array(Buffer.from(new RegExp(`${name}: !!binary "(.*)"`).exec(text)?.[1] ?? '', 'base64'))
    {
      await using coffer = await openCoffer(path, {
        mode: 'x',
        autoFlush: false,
        keys: { cofferKey: key('coffer_key'), ...(type === 'bank' ? { secureKey: key('secure_key') } : {}) },
      })
      for (let i = 0; i < 10_000; i++) await coffer.write(`folder ${i % 100}/file ${i}.txt`, `content ${i}`)
    }
    const list = [command, 'ls', path, '--keys', keys]
    expect(execFileSync(process.execPath, list, { env, encoding: 'utf8' }).split('\n')).toHaveLength(10_001)
    const [nothing, plain] = medians(['-e', '0'], list, 9)
    console.log(`coffer ls of 10,000 members (${type}): ${plain.toFixed(0)} ms; node -e 0: ${nothing.toFixed(0)} ms`)
    // Node starts in 40 to 50 ms on an idle machine: a busy one, where that takes longer, gets as much more for the list.
    expect(plain).toBeLessThan(Math.max(500, nothing * 10))
  })
})
