import { join } from 'node:path'
import type { Cell, CellResult, Table } from '../cell.ts'
import { emptyFolder, newKeys } from '../coffers.ts'
import { compareTree, digestFile, largeFile } from '../data.ts'
import { megabytes, milliseconds, millisecondsOf, secondsOf } from '../format.ts'
import { alternate, median, spread, type Contestant, type Measured, type Sample } from '../measure.ts'
import { runSubject } from '../process.ts'

const BYTES = 2 ** 30
const QUICK_BYTES = 2 ** 27

interface Watched {
  readonly seconds: number
  readonly longestMs: number
  /** The longest without the time in which no process of the machine ran. */
  readonly ownMs: number
  readonly over50: number
  readonly nodeMaxMs: number
  readonly p99Ms: number
}

/** What a server or a page feels while a large file goes in. */
export const eventLoop: Cell = {
  id: 'event-loop',
  title: "The calling thread's longest pause while 1 GiB goes in and out",
  runs: 3,
  async run({ installed, options, corpus, work, alternately }): Promise<CellResult> {
    const bytes = options.quick ? QUICK_BYTES : BYTES
    const source = await largeFile(corpus, bytes)
    const expected = new Map([['large', await digestFile(source)]])
    const contestant = (name: string, workers: number | undefined): Contestant => ({
      name,
      async measure() {
        const target = await emptyFolder(join(work, 'out'))
        const task = {
          install: installed.coffer,
          path: join(work, 'large.pcof'),
          target,
          keys: newKeys('store'),
          source,
          workers,
        }
        const { result } = await runSubject<{ write: Watched; extract: Watched }>('pause', task)
        await compareTree(name, expected, target)
        return { ...prefixed('add', result.write), ...prefixed('extract', result.extract) }
      },
    })
    const measured = await alternate(
      [contestant('Coffer', undefined), contestant('2 workers', 2), contestant('without workers', 0)],
      alternately,
    )
    return {
      about: [
        `A file of ${megabytes(bytes)} (documents one after the other) goes into a store and out again. A timer of 1 ms ` +
          'on the calling thread notes how late it comes at worst; ' +
          "`monitorEventLoopDelay` is Node's own measure of the same. The worst of all runs is given beside the median, " +
          'since one long pause is what a user feels. Beside it another process looks at the clock each millisecond: while that is held up ' +
          'too the machine stands still, as a virtual one does whose host gives the processors to others. "Its own" is a pause without that. ' +
          '"Coffer" is what `openCoffer` of @coffer/node does by itself.',
      ],
      tables: [table('add', measured), table('extract', measured)],
      charts: (['add', 'extract'] as const).map((value) => ({
        title: `Longest pause of the calling thread by itself: ${value}`,
        unit: 'ms',
        bars: measured.map((one) => ({
          label: one.name,
          value: median(one, `${value} own`) ?? 0,
          isOurs: one.name !== 'without workers',
        })),
      })),
    }
  },
}

function prefixed(name: string, { seconds, longestMs, ownMs, over50, nodeMaxMs, p99Ms }: Watched): Sample {
  return {
    [name]: seconds,
    [`${name} pause`]: longestMs,
    [`${name} own`]: ownMs,
    [`${name} over 50`]: over50,
    [`${name} node`]: nodeMaxMs,
    [`${name} p99`]: p99Ms,
  }
}

function table(value: string, measured: readonly Measured[]): Table {
  return {
    title: value,
    columns: ['', 'longest pause', 'worst of all runs', 'of it its own', 'worst of all runs', 'of these over 50 ms', "Node's measure", '99 % below', 'takes'],
    rows: measured.map((one) => [
      one.name,
      millisecondsOf(one, `${value} pause`),
      milliseconds(spread(one, `${value} pause`)?.[1]),
      millisecondsOf(one, `${value} own`),
      milliseconds(spread(one, `${value} own`)?.[1]),
      String(median(one, `${value} over 50`) ?? ''),
      milliseconds(median(one, `${value} node`)),
      milliseconds(median(one, `${value} p99`)),
      secondsOf(one, value),
    ]),
  }
}
