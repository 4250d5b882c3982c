import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench, Cell, CellResult } from '../cell.ts'
import { emptyFolder, extractCoffer, newKeys, newPycofferKeys, runPycoffer, writeCoffer } from '../coffers.ts'
import { compareTree, digestTree, mixedTree, treeBytes } from '../data.ts'
import { megabytes, ratio, secondsOf } from '../format.ts'
import { alternate, median, type Contestant, type Sample } from '../measure.ts'
import { runProgram, runShell, runSubject } from '../process.ts'

const OURS = 'Coffer (store)'
/** In the same process, once everything is loaded. */
const WARM_TIMES = 2

interface Job extends Bench {
  readonly source: string
  readonly expected: ReadonlyMap<string, string>
}

/** A tree of documents in and out again: us, PyCoffer, and what people use instead. */
export const archive: Cell = {
  id: 'archive',
  title: '97 MB of mixed documents in and out',
  runs: 5,
  async run(bench): Promise<CellResult> {
    const source = await mixedTree(bench.corpus)
    const job: Job = { ...bench, source, expected: await digestTree(source) }
    const contestants = await allContestants(job)
    const measured = await alternate(contestants, bench.runs)
    const ours = measured.find(({ name }) => name === OURS)
    if (!ours) throw new Error(`${OURS} did not run`)
    const base = { write: median(ours, 'write'), extract: median(ours, 'extract') }
    const bytes = await treeBytes(source)
    return {
      about: [
        `${megabytes(bytes)} in ${job.expected.size} different files (HTML, JS, PDF, pictures) into one encrypted file and out again; every file is compared afterwards. ` +
          'Ratios are to Coffer: above 1 took longer than Coffer did.',
        'Native pipes are timed whole. For libraries the time starts when the process has imported the library, in a process that has done nothing else ' +
          '(so WebAssembly is compiled and threads are started within it); "with start" is the whole process. "again" is a second time in the same process. ' +
          'Coffer syncs what it wrote to the disk by default; none of the others do, and nor does "relaxed".',
      ],
      tables: [
        {
          columns: ['', 'write', 'of Coffer', 'with start', 'again', 'extract', 'of Coffer', 'with start', 'again', 'size'],
          rows: measured.map((one) => [
            one.name,
            secondsOf(one, 'write'),
            ratio(median(one, 'write'), base.write),
            secondsOf(one, 'write process'),
            secondsOf(one, 'write again'),
            secondsOf(one, 'extract'),
            ratio(median(one, 'extract'), base.extract),
            secondsOf(one, 'extract process'),
            secondsOf(one, 'extract again'),
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
  const contestants = [ours(job, OURS, {}), ours(job, 'Coffer (store), relaxed', { durability: 'relaxed' })]
  const peers: Contestant[] = []
  if (commands.has('zstd') && commands.has('age')) peers.push(await nativePipe(job))
  if (commands.has('7z')) peers.push(sevenZip(job))
  if (npm !== undefined) peers.push(await ageEncryption(job, npm), zipJs(job, npm))
  if (python !== undefined) peers.push(pycoffer(job, 'PyCoffer (store)', python))
  if (newestPython !== undefined && options.full) peers.push({ ...pycoffer(job, 'PyCoffer (store), newest pyzstd', newestPython), runs: 1 })
  return [...contestants, ...peers.filter(({ name }) => isChosen(name, options.against))]
}

function isChosen(name: string, against: readonly string[]): boolean {
  return against.length === 0 || against.some((part) => name.toLowerCase().includes(part))
}

function ours({ installed, work, source, expected }: Job, name: string, options: Readonly<Record<string, unknown>>): Contestant {
  const keys = newKeys('store')
  const path = join(work, `${name}.pcof`)
  const target = join(work, `${name}-out`)
  const task = { install: installed.coffer, path, keys, options, times: WARM_TIMES }
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

async function nativePipe({ work, source, expected }: Job): Promise<Contestant> {
  const path = join(work, 'native.age')
  const { identityFile, recipient } = await ageKey(work)
  return {
    name: 'tar | zstd -3 | age',
    async measure() {
      const write = await runShell('tar -cf - -C "$1" . | zstd -3 -q -c | age -r "$2" -o "$3"', source, recipient, path)
      const target = await emptyFolder(join(work, 'native-out'))
      const extract = await runShell('age -d -i "$1" "$2" | zstd -d -q -c | tar -xf - -C "$3"', identityFile, path, target)
      await compareTree('tar | zstd | age', expected, target)
      return wholeProcesses(write.seconds, extract.seconds, await treeBytes(path))
    },
  }
}

function sevenZip({ work, source, expected }: Job): Contestant {
  const path = join(work, 'archive.7z')
  return {
    name: '7z -p',
    async measure() {
      await emptyFolder(path)
      const file = join(path, 'archive.7z')
      const write = await runProgram('7z', ['a', '-bd', '-psecret', '-mhe=on', file, '.'], { cwd: source })
      const target = await emptyFolder(join(work, '7z-out'))
      const extract = await runProgram('7z', ['x', '-bd', '-psecret', `-o${target}`, file])
      await compareTree('7z', expected, target)
      return wholeProcesses(write.seconds, extract.seconds, await treeBytes(file))
    },
  }
}

async function ageEncryption({ work, source, expected }: Job, npm: string): Promise<Contestant> {
  const key = await ageKey(work, npm)
  return {
    name: 'age-encryption (npm), each file',
    measure: () => library('age-encryption', { install: npm, ...key }, join(work, 'age-js'), source, expected, work),
  }
}

function zipJs({ work, source, expected }: Job, npm: string): Contestant {
  return {
    name: '@zip.js/zip.js (npm)',
    measure: () => library('zip-js', { install: npm, password: 'secret' }, join(work, 'zip-js.zip'), source, expected, work),
  }
}

interface LibraryResult {
  readonly seconds: readonly [number]
  readonly size: number
}

async function library(
  subject: string,
  task: Readonly<Record<string, string>>,
  path: string,
  source: string,
  expected: ReadonlyMap<string, string>,
  work: string,
): Promise<Sample> {
  const write = await runSubject<LibraryResult>(subject, { ...task, operation: 'write', path, source })
  const target = await emptyFolder(join(work, `${subject}-out`))
  const extract = await runSubject<LibraryResult>(subject, { ...task, operation: 'extract', path, target })
  await compareTree(subject, expected, target)
  return {
    write: write.result.seconds[0],
    'write process': write.seconds,
    extract: extract.result.seconds[0],
    'extract process': extract.seconds,
    size: write.result.size,
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

function wholeProcesses(write: number, extract: number, size: number): Sample {
  return { write, 'write process': write, extract, 'extract process': extract, size }
}

interface AgeKey {
  readonly identityFile: string
  readonly identity: string
  readonly recipient: string
}

/** A key by age itself, or by age-encryption where there is none. */
async function ageKey(work: string, npm?: string): Promise<AgeKey & Readonly<Record<string, string>>> {
  const identityFile = join(work, 'age-key.txt')
  if (npm !== undefined) {
    const { result } = await runSubject<{ identity: string; recipient: string }>('age-key', { install: npm })
    return { identityFile, ...result }
  }
  await runProgram('age-keygen', ['-o', identityFile])
  const text = await readFile(identityFile, 'utf8')
  return { identityFile, identity: /AGE-SECRET-KEY-\S+/.exec(text)?.[0] ?? '', recipient: /age1\S+/.exec(text)?.[0] ?? '' }
}
