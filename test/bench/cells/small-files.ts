import { join } from 'node:path'
import type { Bench, Cell, CellResult, Table } from '../cell.ts'
import { emptyFolder, extractCoffer, newKeys, newPycofferKeys, runPycoffer, writeCoffer } from '../coffers.ts'
import { compareTree, digestTree, smallFiles, treeBytes } from '../data.ts'
import { megabytes, ratio, secondsOf } from '../format.ts'
import type { NewerNode } from '../install.ts'
import { alternate, median, type Contestant, type Measured } from '../measure.ts'
import { isChosen } from '../options.ts'
import { nativePipe, type Tree } from '../peers.ts'
import { runShell } from '../process.ts'

const ALL = 10_000
/** What PyCoffer is measured with where it is not to take minutes. */
const SOME = 1000
const QUICK_SOME = 200
/** Of what takes half a minute each. */
const SLOW_RUNS = 2
const OURS = 'Coffer (store)'
const PYCOFFER = 'PyCoffer (store)'

interface Job extends Bench, Tree {
  readonly count: number
}

/** Many files of 4 KiB, where what is done once a file counts. */
export const smallFilesCell: Cell = {
  id: 'small-files',
  title: '10,000 files of 4 KiB in and out',
  runs: 5,
  async run(bench): Promise<CellResult> {
    const { installed, options } = bench
    const some = options.quick ? QUICK_SOME : SOME
    const fewer = await measureAll(bench, some, (job) => [{ ...pycoffer(job, 'write'), runs: SLOW_RUNS }])
    const all = await measureAll(bench, ALL, (job) =>
      options.full ? [{ ...pycoffer(job, 'write'), runs: 1 }] : [pycoffer(job, 'extract only')],
    )
    return {
      about: [
        'A tree of files of 4 KiB, cut out of HTML and JavaScript, a hundred in a folder, into a store and out again; ' +
          'every file is compared afterwards. ' +
          '`cp -r` copies the same tree there and back: what the file system takes by itself. Ratios are to Coffer.',
        'Coffer is a process that has just started each time; "again" is a second time in it.',
        'Where ext4 has just deleted ten thousand files, as between two runs, it takes up to five times as long to make as many: it looks for places ' +
          'that were not in use lately. That is so for everybody, and shows in the spread.',
        ...(options.full || !installed.python ? [] : [pycofferNote(fewer, some)]),
      ],
      tables: [table(`${ALL.toLocaleString('en')} files`, all), table(`${some.toLocaleString('en')} files`, fewer)],
      charts: (['write', 'extract'] as const).map((value) => ({
        title: `${ALL.toLocaleString('en')} files of 4 KiB: ${value}`,
        unit: 's',
        bars: all.flatMap((one) => {
          const seconds = median(one, value)
          return seconds === undefined ? [] : [{ label: one.name, value: seconds, isOurs: one.name.startsWith('Coffer') }]
        }),
      })),
    }
  },
}

/** PyCoffer takes the same time for each file (24 ms to set up level 12), so that its time for all can be told from some. */
function pycofferNote(fewer: readonly Measured[], some: number): string {
  const theirs = fewer.find(({ name }) => name === PYCOFFER)
  const write = theirs && median(theirs, 'write')
  if (write === undefined) return 'PyCoffer was not measured.'
  const scaled = write * (ALL / some)
  return (
    `PyCoffer was not asked to write all ${ALL.toLocaleString('en')}: it would take about ${Math.round(scaled)} s, ` +
    `${ALL / some} times what ${some.toLocaleString('en')} took (scaled, not measured; \`--full\` measures it). ` +
    'What it extracts from was written by it at zstd level 1 instead of 12, which only makes that file quickly.'
  )
}

async function measureAll(bench: Bench, count: number, pycoffers: (job: Job) => readonly Contestant[]): Promise<Measured[]> {
  const source = await smallFiles(bench.corpus, count)
  const job: Job = { ...bench, source, expected: await digestTree(source), count }
  const { commands, newerNode, python } = bench.installed
  console.error(`  ${count} files, ${megabytes(await treeBytes(source))}`)
  const peers: Contestant[] = newerNode ? [ours(job, newerNode)] : []
  if (commands.has('zstd') && commands.has('age')) peers.push(await nativePipe(job, false))
  peers.push(copy(job))
  if (python !== undefined) peers.push(...pycoffers(job))
  return alternate([ours(job), ...peers.filter(({ name }) => isChosen(name, bench.options))], bench.alternately)
}

function table(title: string, measured: readonly Measured[]): Table {
  const ours = measured.find(({ name }) => name === OURS)
  return {
    title,
    columns: ['', 'write', 'to Coffer', 'again', 'extract', 'to Coffer', 'again', 'size'],
    rows: measured.map((one) => [
      one.name,
      secondsOf(one, 'write'),
      ratio(median(one, 'write'), ours && median(ours, 'write')),
      secondsOf(one, 'write again'),
      secondsOf(one, 'extract'),
      ratio(median(one, 'extract'), ours && median(ours, 'extract')),
      secondsOf(one, 'extract again'),
      megabytes(median(one, 'size')),
    ]),
  }
}

function ours({ installed, work, source, expected }: Job, node?: NewerNode): Contestant {
  const name = node ? `${OURS}, ${node.name}` : OURS
  const target = join(work, 'ours-out')
  const task = { install: installed.coffer, path: join(work, 'ours.pcof'), keys: newKeys('store'), times: 2, ...(node && { node: node.path }) }
  return {
    name,
    async measure() {
      const { seconds: writes, size } = (await writeCoffer({ ...task, rounds: [[{ source, name: 'small' }]] })).result
      await emptyFolder(target)
      const extracts = (await extractCoffer({ ...task, target })).result.seconds
      await compareTree(name, expected, join(target, 'small'))
      const [write = 0, writeAgain = 0] = writes
      const [extract = 0, extractAgain = 0] = extracts
      return { write, 'write again': writeAgain, extract, 'extract again': extractAgain, size }
    },
  }
}

function copy({ work, source, expected }: Job): Contestant {
  return {
    name: 'cp -r (no coffer at all)',
    async measure() {
      const there = await emptyFolder(join(work, 'copy'))
      const { seconds: write } = await runShell('cp -r "$1/." "$2"', source, there)
      const back = await emptyFolder(join(work, 'copy-out'))
      const { seconds: extract } = await runShell('cp -r "$1/." "$2"', there, back)
      await compareTree('cp', expected, back)
      return { write, extract }
    },
  }
}

function pycoffer({ work, source, expected, installed, count }: Job, measured: 'write' | 'extract only'): Contestant {
  const python = installed.python ?? ''
  const keys = newPycofferKeys('store')
  const path = join(work, `pycoffer-${count}.store`)
  const rounds = [[{ source, name: 'small' }]]
  let isMade = false
  return {
    name: PYCOFFER,
    async measure() {
      if (measured === 'extract only' && !isMade) {
        await runPycoffer(python, { variant: 'store', path, keys, rounds, level: 1 })
        isMade = true
      }
      const target = await emptyFolder(join(work, 'pycoffer-out'))
      const task = { variant: 'store', path, keys, target } as const
      const { write, extract = 0, size } = await runPycoffer(python, measured === 'write' ? { ...task, rounds } : task)
      await compareTree(PYCOFFER, expected, join(target, 'small'))
      return write === undefined ? { extract } : { write, extract, size }
    },
  }
}
