import { join } from 'node:path'
import type { Bench, Cell, CellResult } from '../cell.ts'
import { emptyFolder, extractCoffer, newKeys, newPycofferKeys, runPycoffer, writeCoffer } from '../coffers.ts'
import { compareTree, digestTree, mixedTree, treeBytes } from '../data.ts'
import { megabytes, ratio, seconds, secondsOf } from '../format.ts'
import { alternate, median, type Contestant } from '../measure.ts'
import type { NewerNode } from '../install.ts'
import { isChosen } from '../options.ts'
import { ageEncryption, nativePipe, sevenZip, zipJs, type Tree } from '../peers.ts'

const OURS = 'Coffer (store)'
/** In the same process, once everything is loaded. */
const WARM_TIMES = 2
/** Of what takes a quarter of a minute. */
const SLOW_RUNS = 2

interface Job extends Bench, Tree {}

/** A tree of documents in and out again: us, PyCoffer, and what people use instead. */
export const archive: Cell = {
  id: 'archive',
  title: '97 MB of mixed documents in and out',
  runs: 5,
  async run(bench): Promise<CellResult> {
    const source = await mixedTree(bench.corpus)
    const job: Job = { ...bench, source, expected: await digestTree(source) }
    const contestants = await allContestants(job)
    const measured = await alternate(contestants, bench.alternately)
    const ours = measured.find(({ name }) => name === OURS)
    if (!ours) throw new Error(`${OURS} did not run`)
    const base = { write: median(ours, 'write'), extract: median(ours, 'extract') }
    const bytes = await treeBytes(source)
    return {
      about: [
        `${megabytes(bytes)} in ${job.expected.size} different files (HTML, JS, PDF, pictures) into one encrypted file ` +
          'and out again; every file is compared afterwards. ' +
          'Ratios are to Coffer: above 1 took longer than Coffer did.',
        'Native pipes are timed whole. For libraries the time starts when the process has imported the library, in a ' +
          'process that has done nothing else ' +
          '(so WebAssembly is compiled and threads are started within it); "with start" is the whole process. "again" is ' +
          'a second time in the same process. ' +
          'Coffer has what it wrote on the disk when it closes; none of the others do that by themselves.',
      ],
      tables: [
        {
          columns: ['', 'write', 'of Coffer', 'with start', 'again', 'extract', 'of Coffer', 'with start', 'again', 'size'],
          rows: measured.map((one) => [
            one.name,
            secondsOf(one, 'write'),
            ratio(median(one, 'write'), base.write),
            seconds(median(one, 'write process')),
            seconds(median(one, 'write again')),
            secondsOf(one, 'extract'),
            ratio(median(one, 'extract'), base.extract),
            seconds(median(one, 'extract process')),
            seconds(median(one, 'extract again')),
            megabytes(median(one, 'size')),
          ]),
        },
      ],
      charts: (['write', 'extract'] as const).map((value) => ({
        title: `97 MB of mixed documents: ${value}`,
        unit: 's',
        bars: measured.map((one) => ({ label: one.name, value: median(one, value) ?? 0, isOurs: one.name.startsWith('Coffer') })),
      })),
    }
  },
}

async function allContestants(job: Job): Promise<Contestant[]> {
  const { installed, options } = job
  const { commands, npm, python, newestPython } = installed
  const peers: Contestant[] = []
  if (commands.has('zstd') && commands.has('age')) peers.push(await nativePipe(job, false), await nativePipe(job, true))
  if (commands.has('7z')) peers.push({ ...sevenZip(job), runs: SLOW_RUNS })
  if (npm !== undefined) peers.push(await ageEncryption(job, npm), zipJs(job, npm))
  if (python !== undefined) peers.push(pycoffer(job, 'PyCoffer (store)', python))
  if (newestPython !== undefined && options.full)
    peers.push({ ...pycoffer(job, 'PyCoffer (store), newest pyzstd', newestPython), runs: 1 })
  const newer = installed.newerNode ? [ours(job, installed.newerNode)] : []
  return [ours(job), ...newer, ...peers.filter(({ name }) => isChosen(name, options))]
}

function ours({ installed, work, source, expected }: Job, node?: NewerNode): Contestant {
  const name = node ? `${OURS}, ${node.name}` : OURS
  const keys = newKeys('store')
  const path = join(work, 'ours.pcof')
  const target = join(work, 'ours-out')
  const task = { install: installed.coffer, path, keys, times: WARM_TIMES, ...(node && { node: node.path }) }
  return {
    name,
    async measure() {
      const written = await writeCoffer({ ...task, rounds: [[{ source, name: 'mixed' }]] })
      const { size } = written.result
      const extracted = await extractCoffer({ ...task, target })
      await compareTree(name, expected, join(target, 'mixed'))
      // The second time is part of the process, but not of what somebody would wait for.
      const [write = 0, writeAgain = 0] = written.result.seconds
      const [extract = 0, extractAgain = 0] = extracted.result.seconds
      return {
        write,
        'write process': written.seconds - writeAgain,
        'write again': writeAgain,
        extract,
        'extract process': extracted.seconds - extractAgain,
        'extract again': extractAgain,
        size,
      }
    },
  }
}

function pycoffer({ work, source, expected }: Job, name: string, python: string): Contestant {
  const path = join(work, 'pycoffer.store')
  const keys = newPycofferKeys('store')
  return {
    name,
    async measure() {
      const target = await emptyFolder(join(work, 'pycoffer-out'))
      const result = await runPycoffer(python, { variant: 'store', path, keys, rounds: [[{ source, name: 'mixed' }]], target })
      await compareTree('PyCoffer', expected, join(target, 'mixed'))
      return { write: result.write ?? 0, extract: result.extract ?? 0, size: result.size }
    },
  }
}
