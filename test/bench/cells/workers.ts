import { join } from 'node:path'
import type { Cell, CellResult } from '../cell.ts'
import { emptyFolder, extractCoffer, newKeys, writeCoffer } from '../coffers.ts'
import { compareTree, digestFile, largeFile } from '../data.ts'
import { megabytes, rate, ratio, secondsOf } from '../format.ts'
import type { NewerNode } from '../install.ts'
import { alternate, median, type Contestant } from '../measure.ts'
import { runProgram } from '../process.ts'

const BYTES = 2 ** 29
const QUICK_BYTES = 2 ** 27
/** Of what takes half a minute. */
const SLOW_RUNS = 2
const ONE = '1 worker'

const nativeName = (threads: number): string => `zstd -3 -T${threads}`

/** What a contestant is compared with. */
function baseOf(name: string): string {
  if (name.startsWith('zstd')) return nativeName(1)
  const [, how] = name.split(', ')
  return how === undefined ? ONE : `${ONE}, ${how}`
}

/** What a second worker is worth. */
export const workers: Cell = {
  id: 'workers',
  title: 'Workers on a large file',
  runs: 5,
  async run({ installed, options, corpus, work, alternately }): Promise<CellResult> {
    const bytes = options.quick ? QUICK_BYTES : BYTES
    const source = await largeFile(corpus, bytes)
    const expected = new Map([['large', await digestFile(source)]])
    const contestant = (name: string, count: number | undefined, level?: number, node?: NewerNode): Contestant => ({
      name,
      async measure() {
        const task = {
          install: installed.coffer,
          path: join(work, 'large.pcof'),
          keys: newKeys('store'),
          options: level === undefined ? {} : { level },
          ...(count !== undefined && { workers: count }),
          ...(node && { node: node.path }),
        }
        const written = await writeCoffer({ ...task, rounds: [[{ source, name: 'large' }]] })
        const target = await emptyFolder(join(work, 'out'))
        const extracted = await extractCoffer({ ...task, target })
        await compareTree(name, expected, target)
        return { write: written.result.seconds[0] ?? 0, extract: extracted.result.seconds[0] ?? 0 }
      },
    })
    const contestants = [
      contestant('Coffer', undefined),
      contestant('no worker', 0),
      contestant(ONE, 1),
      contestant('2 workers', 2),
    ]
    const native = [1, 2].map((threads): Contestant => ({
      name: nativeName(threads),
      measure: async () => {
        const { seconds } = await runProgram('zstd', ['-3', `-T${threads}`, '-q', '-f', source, '-o', join(work, 'large.zst')])
        return { write: seconds }
      },
    }))
    const slow = [contestant(`${ONE}, level 12`, 1, 12), contestant('2 workers, level 12', 2, 12)]
    const { newerNode } = installed
    const newer = newerNode
      ? [contestant(`${ONE}, ${newerNode.name}`, 1, undefined, newerNode), contestant(`2 workers, ${newerNode.name}`, 2, undefined, newerNode)]
      : []
    const measured = await alternate(
      [...contestants, ...newer, ...native, ...slow.map(({ name, measure }) => ({ name, measure, runs: SLOW_RUNS }))],
      alternately,
    )
    return {
      about: [
        `A file of ${megabytes(bytes)} into a store and out again, each in a process that has just started. "Coffer" is ` +
          `what \`openCoffer\` of @coffer/node does by itself; ` +
          'ratios are to one worker at the same level: above 1 is faster. The machine has as many cores as the last line ' +
          'says; the calling thread needs a part of one. What the machine gives for a second thread shows in `zstd`, a native ' +
          'program, which reads and writes on a thread of its own too; it encrypts nothing.',
      ],
      tables: [
        {
          columns: ['', 'write', 'rate', `to ${ONE}`, 'extract', 'rate', `to ${ONE}`],
          rows: measured.map((one) => {
            const base = measured.find(({ name }) => name === baseOf(one.name))
            const cells = (value: string): string[] => [
              secondsOf(one, value),
              rate(bytes, median(one, value)),
              ratio(base && median(base, value), median(one, value)),
            ]
            return [one.name, ...cells('write'), ...cells('extract')]
          }),
        },
      ],
      charts: (['write', 'extract'] as const).map((value) => ({
        title: `${megabytes(bytes)} in one file: ${value}`,
        unit: 's',
        bars: measured.filter((one) => median(one, value) !== undefined).map((one) => ({ label: one.name, value: median(one, value) ?? 0, isOurs: one.name === 'Coffer' })),
      })),
    }
  },
}
