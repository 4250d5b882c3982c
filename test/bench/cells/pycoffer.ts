import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Bars, Bench, Cell, CellResult, Table } from '../cell.ts'
import {
  benchVariants,
  emptyFolder,
  extractCoffer,
  newKeys,
  newPycofferKeys,
  pycofferLevels,
  runPycoffer,
  writeCoffer,
  type BenchVariant,
  type Keys,
  type Source,
} from '../coffers.ts'
import { compareTree, named, type Corpus, type Document } from '../data.ts'
import { megabytes, percent, ratio, seconds, secondsAndRatio } from '../format.ts'
import { alternate, median, type Contestant, type Measured } from '../measure.ts'

const PYCOFFER = 'PyCoffer'
const DEFAULT = 'Coffer'
const LIKE_THEIRS = 'Coffer, like theirs'
/** In the same process, once everything is loaded. */
const TIMES = 2

/** Rows in which PyCoffer takes longer than this run once. */
const LONG_SECONDS = 20

/** The documents of PyCoffer's benchmark, with manuals of R for Python's `library.pdf` and `using.pdf`, and with pictures. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  'genindex-all.html': ['genindex-all.html'],
  'searchindex.js': ['searchindex.js'],
  'fullrefman.pdf': ['fullrefman.pdf'],
  mixed: [
    'download.html',
    'genindex-all.html',
    'searchindex.js',
    'fullrefman.pdf',
    'R-exts.pdf',
    'adwaita-l.webp',
    'licorice-l.webp',
  ],
}
const differentKinds: readonly string[] = ['html', 'js', 'pdf', 'mixed']
const counts = [5, 25]

interface Row {
  readonly variant: BenchVariant
  readonly data: string
  readonly count: number
  readonly bytes: number
  readonly measured: readonly Measured[]
}

/** PyCoffer's own benchmark: documents added one after the other, closed, opened again, extracted. */
export const pycoffer: Cell = {
  id: 'pycoffer',
  title: "PyCoffer's own benchmark",
  runs: 3,
  async run(bench): Promise<CellResult> {
    const { installed, options, corpus } = bench
    const { python } = installed
    if (python === undefined) return { about: ['PyCoffer is not to be had here.'], tables: [] }
    const same: Row[] = []
    const different: Row[] = []
    for (const count of options.quick ? counts.slice(0, 1) : counts) {
      for (const data of Object.keys(kinds))
        same.push(...(await measureRows(bench, python, data, count, sameDocuments(corpus, data, count))))
      for (const data of differentKinds)
        different.push(...(await measureRows(bench, python, data, count, differentDocuments(corpus, data, count))))
    }
    return {
      about: [
        "The rounds of PyCoffer's `tests/test_benchmark.py`: 5 or 25 times a document (or one of each kind) is added, " +
          'the coffer is closed, opened again and extracted. ' +
          'Both run as they are made, a bank with its flush after every add; `add` times are of the last round. Times ' +
          'are from opening to closing, without the import; every file is compared afterwards.',
        'PyCoffer is 0.1.4 with pyzstd 0.16.2, with which it is fastest, and with the keys of its `gen_params`. "Coffer" ' +
          'is as `generateKeys` and the default level make it: ' +
          'a bank with a Fernet container, level 3. "Like theirs" has what PyCoffer\'s classes have: an AES-OCB ' +
          'container around a bank at level 3, and level 12 for store and market.',
        'Coffer starts anew for every row, with WebAssembly to compile and threads to start within the time; "again" is ' +
          "a second time in the same process. PyCoffer's benchmark runs all rows in one process, and its native libraries " +
          'are ready once they are imported, which is not measured.',
        'The documents come from Debian packages, since the archives of docs.python.org are not in any registry: ' +
          '`genindex-all.html`, `searchindex.js` and `download.html` are those of Python 3.11, the PDFs are manuals of R.',
        `In brackets: how many times faster than PyCoffer. Rows in which PyCoffer takes more than ${LONG_SECONDS} s were ` +
          'run once.',
      ],
      tables: [
        summary('Identical documents', same),
        summary('Different documents', different),
        ...tables('Identical documents, as in its benchmark', same),
        ...tables('Different documents', different),
      ],
      charts: bars(same),
    }
  },
}

interface Rounds {
  readonly rounds: readonly (readonly Source[])[]
  readonly documents: readonly Document[]
}

function sameDocuments(corpus: Corpus, data: string, count: number): Rounds {
  const documents = (kinds[data] ?? []).map((name) => named(corpus, name))
  return toRounds(Array.from({ length: count }, () => documents))
}

/** In each round another document, or another of each kind. */
function differentDocuments(corpus: Corpus, data: string, count: number): Rounds {
  const chosen = data === 'mixed' ? (['html', 'js', 'pdf', 'image'] as const) : ([data] as (keyof Corpus)[])
  return toRounds(
    Array.from({ length: count }, (_, index) =>
      chosen.map((kind) => corpus[kind][index]).filter((document) => document !== undefined),
    ),
  )
}

function toRounds(groups: readonly (readonly Document[])[]): Rounds {
  const rounds = groups.map((documents, index) =>
    documents.map(({ path }) => ({ source: path, name: `${basename(path)}${index}` })),
  )
  return { rounds, documents: groups.flat() }
}

async function measureRows(
  bench: Bench,
  python: string,
  data: string,
  count: number,
  { rounds, documents }: Rounds,
): Promise<Row[]> {
  const expected = new Map<string, string>()
  for (const { source, name } of rounds.flat())
    expected.set(
      name,
      createHash('sha256')
        .update(await readFile(source))
        .digest('hex'),
    )
  const bytes = documents.reduce((sum, { size }) => sum + size, 0)
  const { runs } = bench.alternately
  const rows: Row[] = []
  for (const variant of benchVariants) {
    console.error(`  ${variant}, ${data}, ${count}`)
    const like = { level: pycofferLevels[variant], keys: newPycofferKeys(variant) }
    const contestants = [
      theirs(bench, python, variant, rounds, expected),
      ours(bench, DEFAULT, variant, { keys: newKeys(variant) }, rounds, expected),
      ours(bench, LIKE_THEIRS, variant, like, rounds, expected),
    ]
    const first = await alternate(contestants, { ...bench.alternately, runs: 1 })
    const isLong = (median(first[0] ?? { name: '', samples: [] }, 'write') ?? 0) > LONG_SECONDS
    const more = isLong || runs === 1 ? [] : await alternate(contestants, { ...bench.alternately, runs: runs - 1 })
    const measured = first.map(({ name, samples }, index) => ({ name, samples: [...samples, ...(more[index]?.samples ?? [])] }))
    rows.push({ variant, data, count, bytes, measured })
  }
  return rows
}

type Expected = ReadonlyMap<string, string>

function theirs(
  { work }: Bench,
  python: string,
  variant: BenchVariant,
  rounds: Rounds['rounds'],
  expected: Expected,
): Contestant {
  const path = join(work, 'theirs.pcof')
  const keys = newPycofferKeys(variant)
  return {
    name: PYCOFFER,
    async measure() {
      const target = await emptyFolder(join(work, 'theirs-out'))
      const { write = 0, adds, extract = 0, size } = await runPycoffer(python, { variant, path, keys, rounds, target })
      await compareTree(PYCOFFER, expected, target)
      return { write, extract, add: adds.at(-1) ?? 0, size }
    },
  }
}

interface OursOptions {
  readonly keys: Keys
  readonly level?: number
}

function ours(
  bench: Bench,
  name: string,
  variant: BenchVariant,
  { keys, level }: OursOptions,
  rounds: Rounds['rounds'],
  expected: Expected,
): Contestant {
  const { installed, work } = bench
  const options = { variant, ...(level !== undefined && { level }) }
  const task = { install: installed.coffer, path: join(work, 'ours.pcof'), keys, options, times: TIMES }
  return {
    name,
    async measure() {
      const { seconds: writes, adds, size } = (await writeCoffer({ ...task, rounds })).result
      const target = await emptyFolder(join(work, 'ours-out'))
      const extracts = (await extractCoffer({ ...task, target })).result.seconds
      await compareTree(name, expected, target)
      const [write = 0, writeAgain = 0] = writes
      const [extract = 0, extractAgain = 0] = extracts
      return { write, 'write again': writeAgain, extract, 'extract again': extractAgain, add: adds.at(-1) ?? 0, size }
    },
  }
}

function contestantsOf({ measured }: Row): readonly [theirs: Measured, ours: Measured, like: Measured] {
  const [theirs, ours, like] = measured
  if (!theirs || !ours || !like) throw new Error('a row lacks a contestant')
  return [theirs, ours, like]
}

const heads = (row: Row): string[] => [row.variant, row.data, String(row.count), megabytes(row.bytes)]

function tables(title: string, rows: readonly Row[]): Table[] {
  const columns = ['', 'data', 'docs', 'bytes']
  return [
    {
      title: `${title}: write and extract`,
      columns: [...columns, 'PyCoffer writes', 'Coffer', 'again', 'like theirs', 'again', 'PyCoffer extracts', 'Coffer', 'again'],
      rows: rows.map((row) => {
        const [theirs, ours, like] = contestantsOf(row)
        const [write, extract] = [median(theirs, 'write'), median(theirs, 'extract')]
        return [
          ...heads(row),
          seconds(write),
          ...[ours, like].flatMap((one) => ['write', 'write again'].map((value) => secondsAndRatio(median(one, value), write))),
          seconds(extract),
          ...['extract', 'extract again'].map((value) => secondsAndRatio(median(ours, value), extract)),
        ]
      }),
    },
    {
      title: `${title}: last add and size`,
      columns: [...columns, 'PyCoffer adds', 'Coffer', 'PyCoffer size', 'Coffer', 'like theirs', 'to PyCoffer'],
      rows: rows.map((row) => {
        const [theirs, ours, like] = contestantsOf(row)
        const [add, size] = [median(theirs, 'add'), median(theirs, 'size')]
        return [
          ...heads(row),
          seconds(add),
          secondsAndRatio(median(ours, 'add'), add),
          megabytes(size),
          megabytes(median(ours, 'size')),
          megabytes(median(like, 'size')),
          percent(median(like, 'size'), size),
        ]
      }),
    },
  ]
}

/** The worst row of each variant, which is what a promise stands on. */
function summary(title: string, rows: readonly Row[]): Table {
  const worst = (variant: BenchVariant, value: string, contestant: 1 | 2, theirValue = value): string => {
    const ratios = rows
      .filter((row) => row.variant === variant)
      .map((row) => ({
        row,
        times: (median(contestantsOf(row)[0], theirValue) ?? 0) / (median(contestantsOf(row)[contestant], value) ?? 1),
      }))
    const [least] = ratios.toSorted((a, b) => a.times - b.times)
    return least ? `${ratio(least.times, 1)} (${least.row.count} ${least.row.data})` : ''
  }
  return {
    title: `${title}: how many times faster, in the worst row of each variant`,
    columns: ['', 'write', 'write again', 'like theirs', 'like theirs again', 'extract', 'extract again', 'last add'],
    rows: benchVariants.map((variant) => [
      variant,
      worst(variant, 'write', 1),
      worst(variant, 'write again', 1, 'write'),
      worst(variant, 'write', 2),
      worst(variant, 'write again', 2, 'write'),
      worst(variant, 'extract', 1),
      worst(variant, 'extract again', 1, 'extract'),
      worst(variant, 'add', 1),
    ]),
  }
}

function bars(rows: readonly Row[]): Bars[] {
  const most = Math.max(...rows.map(({ count }) => count))
  const mixed = rows.filter(({ data, count }) => data === 'mixed' && count === most)
  return mixed.flatMap((row) =>
    (['write', 'extract'] as const).map((value) => ({
      title: `${row.variant}, ${most} rounds of mixed documents (${megabytes(row.bytes)}): ${value}`,
      unit: 's',
      bars: row.measured.map((one) => ({ label: one.name, value: median(one, value) ?? 0, isOurs: one.name !== PYCOFFER })),
    })),
  )
}
