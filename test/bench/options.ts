import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

/** What `pnpm bench` was asked for. */
export interface BenchOptions {
  /** Names of cells; none means all. */
  readonly only: readonly string[]
  /** Undefined where nothing was said: each cell has its own. */
  readonly runs: number | undefined
  /** Only peers whose names hold one of these; none means all. */
  readonly against: readonly string[]
  readonly quick: boolean
  /** Also what takes minutes with PyCoffer. */
  readonly full: boolean
  /** Seconds to wait at most, before each run, until the machine is idle; with any, disturbed runs are done again. */
  readonly quiet: number
  /** Where coffers, archives and extracted files go. */
  readonly work: string
  /** Writes docs/bench and the chart. */
  readonly save: boolean
  readonly list: boolean
  readonly help: boolean
}

export const usage = `pnpm bench [options]

  --quick        one run of each, and only the first rows of the long tables; nothing is saved
  --only CELL    only these cells (comma between them, or given again); --list names them
  --against NAME only the peers whose names hold NAME, beside Coffer
  --runs N       alternating runs of each contestant (5, or 3 in the table of PyCoffer's own benchmark)
  --full         also what takes minutes: PyCoffer with all of the 10,000 small files, and with the newest pyzstd
  --quiet S      before each run, waits up to S seconds until the processors are idle (0), and does a run
                 again, up to three times, in which other programs had more than a tenth of them
  --work DIR     where coffers and archives are written (the system's folder for temporary files)
  --no-save      leaves docs/bench and the chart as they are
  --list         names the cells
`

/** @throws TypeError for an option that there is not; RangeError for a number of runs that makes no sense. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      against: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      quiet: { type: 'string', default: '0' },
      work: { type: 'string', default: tmpdir() },
      'no-save': { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { quick, full, work, list, help } = values
  const runs = values.runs === undefined ? (quick ? 1 : undefined) : Number(values.runs)
  if (runs !== undefined && (!Number.isInteger(runs) || runs < 1 || runs > 99))
    throw new RangeError('--runs takes a whole number from 1 to 99.')
  const quiet = Number(values.quiet)
  if (!(quiet >= 0)) throw new RangeError('--quiet takes a number of seconds.')
  const only = values.only.flatMap((names) => names.split(',')).filter((name) => name !== '')
  const against = values.against.map((name) => name.toLowerCase())
  return { only, against, runs, quick, full, quiet, work, save: !values['no-save'] && !quick && against.length === 0, list, help }
}

/** Whether a peer of that name takes part. */
export function isChosen(name: string, { against }: BenchOptions): boolean {
  return against.length === 0 || against.some((part) => name.toLowerCase().includes(part))
}
