import { customMatchers, JestAsymmetricMatchers, JestChaiExpect, JestExtend, type ExpectStatic } from '@vitest/expect'
import * as chai from 'chai'

// As much of vitest as the conformance suites take, for browsers that vitest itself does not drive here. The matchers are vitest's own.

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

type Hook = () => Promise<void> | void

interface Group {
  readonly title: string
  readonly before: Hook[]
  readonly after: Hook[]
  readonly tests: { readonly title: string; readonly run: Hook }[]
}

const groups: Group[] = []

export const expect = chai.expect as unknown as ExpectStatic
// What vitest calls `extend` is this with itself as the first argument.
;(chai.expect as unknown as { extend(to: unknown, matchers: unknown): void }).extend(expect, customMatchers)

export function describe(title: string, define: () => void): void {
  groups.push({ title, before: [], after: [], tests: [] })
  define()
}

export function beforeEach(hook: Hook): void {
  groups.at(-1)?.before.push(hook)
}

export function afterEach(hook: Hook): void {
  groups.at(-1)?.after.push(hook)
}

/** Registers a test in the group that is being described. */
export function test(title: string, run: Hook): void {
  groups.at(-1)?.tests.push({ title, run })
}

/** None of the suites that are run here skips any. */
test.skip = (title: string): void => {
  throw new Error(`${title} is skipped`)
}

/** Runs all that was described. */
export async function runAll(): Promise<{ passed: number; failed: string[] }> {
  const failed: string[] = []
  let passed = 0
  for (const { title, before, after, tests } of groups.splice(0)) {
    for (const one of tests) {
      try {
        for (const hook of before) await hook()
        await one.run()
        passed += 1
      } catch (error) {
        failed.push(`${title} > ${one.title}: ${String(error)}`)
      }
      for (const hook of after) await hook()
    }
  }
  return { passed, failed }
}
