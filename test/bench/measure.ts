import { load, othersShare, processorUse, waitForQuiet } from './machine.ts'
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
      const { sample, others } = await measureUndisturbed(contestant, run, quietSeconds)
      samples.get(contestant.name)?.push(sample)
      disturbances.push(others ?? 0)
      const text = Object.entries(sample).map(([name, value]) => `${name} ${short(value)}`)
      console.error(
        `  run ${run + 1}  ${contestant.name.padEnd(34)} ${text.join('  ')}  ` +
          `(others ${others === undefined ? '?' : Math.round(others * 100)} %, load ${load().toFixed(1)})`,
      )
    }
  }
  return contestants.map(({ name }) => ({ name, samples: samples.get(name) ?? [] }))
}

/** What others took of the processors in each run so far, 0 to 1; emptied by the reading. */
export function takeDisturbances(): readonly number[] {
  return disturbances.splice(0)
}

const disturbances: number[] = []

/** A run in which others had more than this part of the processors is done again where there is time to wait for quiet. */
export const DISTURBED = 0.1
const MOST_TRIES = 4

/** The least disturbed of a few tries; of one, where nobody asked for quiet. */
async function measureUndisturbed({ measure }: Contestant, run: number, quietSeconds: number): Promise<Tried> {
  let best: Tried | undefined
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    // What the one before left unwritten is not for this one to wait for.
    await output('sync', [])
    await waitForQuiet(quietSeconds)
    const before = processorUse()
    const sample = await measure(run)
    const others = othersShare(before, processorUse())
    if (best === undefined || (others ?? 0) < (best.others ?? 0)) best = { sample, others }
    if (quietSeconds === 0 || (others ?? 0) <= DISTURBED || isLong(sample)) break
  }
  if (best === undefined) throw new Error('nothing was tried')
  return best
}

interface Tried {
  readonly sample: Sample
  readonly others: number | undefined
}

/** What takes very long is disturbed at some time or other. */
function isLong(sample: Sample): boolean {
  return (sample['write'] ?? 0) > LONG_SECONDS
}

const LONG_SECONDS = 20

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
