import { load, waitForQuiet } from './machine.ts'
import { output } from './process.ts'

/** What one run of one contestant took: seconds, bytes or milliseconds by name. */
export type Sample = Readonly<Record<string, number>>

export interface Contestant {
  readonly name: string
  readonly measure: (run: number) => Promise<Sample>
  /** Fewer than the others, where each run is very long. */
  readonly runs?: number
}

export interface Measured {
  readonly name: string
  readonly samples: readonly Sample[]
}

export interface AlternateOptions {
  readonly runs: number
  /** To wait at most, before each run, for the machine to be idle. */
  readonly quietSeconds: number
}

/**
 * The contestants one after the other, and again, each round starting with another one: what slows the machine for a while slows
 * them all.
 */
export async function alternate(
  contestants: readonly Contestant[],
  { runs, quietSeconds }: AlternateOptions,
): Promise<Measured[]> {
  const samples = new Map(contestants.map(({ name }) => [name, [] as Sample[]]))
  for (let run = 0; run < runs; run++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(turn + run) % contestants.length]
      if (!contestant || run >= (contestant.runs ?? runs)) continue
      // What the one before left unwritten is not for this one to wait for.
      await output('sync', [])
      const busy = await waitForQuiet(quietSeconds)
      const sample = await contestant.measure(run)
      samples.get(contestant.name)?.push(sample)
      const text = Object.entries(sample).map(([name, value]) => `${name} ${short(value)}`)
      console.error(
        `  run ${run + 1}  ${contestant.name.padEnd(34)} ${text.join('  ')}  ` +
          `(${Math.round(busy * 100)} % busy before, load ${load().toFixed(1)})`,
      )
    }
  }
  return contestants.map(({ name }) => ({ name, samples: samples.get(name) ?? [] }))
}

/** The median of one value over all runs; undefined where no run gave it. */
export function median({ samples }: Measured, value: string): number | undefined {
  const sorted = valuesOf(samples, value)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) return undefined
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** The least and the most of one value. */
export function spread({ samples }: Measured, value: string): readonly [number, number] | undefined {
  const sorted = valuesOf(samples, value)
  const [least] = sorted
  const most = sorted.at(-1)
  return least === undefined || most === undefined ? undefined : [least, most]
}

function valuesOf(samples: readonly Sample[], value: string): number[] {
  return samples.flatMap((sample) => sample[value] ?? []).toSorted((a, b) => a - b)
}

function short(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
