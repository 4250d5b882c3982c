import { test } from 'vitest'

/** Tests that an adapter cannot pass, and why. */
export interface Skip {
  readonly reason: string
  /** Titles of tests, exactly. */
  readonly tests: readonly string[]
}

/** Registers tests of one suite but those that an adapter skips. */
export interface Suite {
  check(title: string, run: () => Promise<void>): void
  /** Call when all are registered. @throws Error where a skip names no test. */
  end(): void
}

export function suiteWith(skips: readonly Skip[] = []): Suite {
  const reasons = new Map(skips.flatMap(({ reason, tests }) => tests.map((title) => [title, reason])))
  return {
    check: (title, run) => {
      const reason = reasons.get(title)
      reasons.delete(title)
      if (reason === undefined) test(title, run)
      else test.skip(`${title} (${reason})`, run)
    },
    end: () => {
      if (reasons.size > 0) throw new Error(`There are no tests to skip called ${[...reasons.keys()].join(', ')}.`)
    },
  }
}
