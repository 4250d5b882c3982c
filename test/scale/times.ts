/** What two actions took that are compared. */
export interface Times {
  readonly firstMs: number
  readonly secondMs: number
  /** How many times as long the second takes. */
  readonly ratio: number
}

const ROUNDS = 3

/**
 * Medians of two actions that take turns, so that what else the machine does hits both. Where the second takes `limit` times as long, once more:
 * a moment in which it alone was hit does not come three times, but what is slow stays slow.
 */
export async function compare(
  { runs, limit }: { readonly runs: number; readonly limit: number },
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
): Promise<Times> {
  for (let round = 1; ; round++) {
    const times: [number[], number[]] = [[], []]
    for (let i = 0; i < runs; i++) {
      times[0].push(await timed(first))
      times[1].push(await timed(second))
    }
    const [firstMs, secondMs] = [median(times[0]), median(times[1])]
    const ratio = secondMs / firstMs
    if (ratio < limit || round === ROUNDS) return { firstMs, secondMs, ratio }
  }
}

/** Milliseconds of the fastest of several runs. */
export async function leastOf(runs: number, action: () => Promise<unknown>): Promise<number> {
  let least = Infinity
  for (let i = 0; i < runs; i++) least = Math.min(least, await timed(action))
  return least
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}
