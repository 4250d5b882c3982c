import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../../scripts/setup.mjs'
import type { Cell, CellResult, Table } from './cell.ts'
import { drawChart } from './chart.ts'
import type { Installed } from './install.ts'
import type { Machine } from './machine.ts'
import { DISTURBED } from './measure.ts'

/** A cell that ran, with the load of the machine before and after it. */
export interface Ran {
  readonly cell: Cell
  readonly result: CellResult
  readonly runs: number
  readonly loadBefore: number
  readonly loadAfter: number
  readonly seconds: number
  /** What others took of the processors, run by run. */
  readonly disturbances: readonly number[]
}

/** Shows what a cell found, as it stands in the file later. */
export function print(ran: Ran): void {
  console.log(`\n${markdown(ran, 2)}`)
}

/** Writes docs/bench/CELL.md and docs/bench/CELL.svg. */
export async function save(ran: Ran, machine: Machine, installed: Installed): Promise<void> {
  const folder = join(root, 'docs', 'bench')
  await mkdir(folder, { recursive: true })
  const { cell, result } = ran
  const charts = result.charts ?? []
  const picture = charts.length > 0 ? [`![${cell.title}: bars, shorter is better](${cell.id}.svg)`, ''] : []
  const lines = [markdown(ran, 1), '', ...picture, ...environment(machine, installed), '']
  await writeFile(join(folder, `${cell.id}.md`), lines.join('\n'))
  if (charts.length > 0) await writeFile(join(folder, `${cell.id}.svg`), drawChart(cell.title, charts))
}

/** Writes docs/bench/README.md, which leads to all cells. */
export async function saveIndex(cells: readonly Cell[]): Promise<void> {
  const folder = join(root, 'docs', 'bench')
  const there = cells.filter(({ id }) => existsSync(join(folder, `${id}.md`)))
  const lines = [
    '# Benchmarks',
    '',
    'The same work by Coffer and by others, in one run each, as `pnpm bench` measured and wrote it:',
    '',
    ...there.map(({ id, title }) => `- [${title}](${id}.md)`),
    '',
    '`pnpm bench --help` lists the options; `--only` takes the names of the files above.',
    'The documents come from packages of Debian and npm; the peers are installed where they are missing and can be.',
    '',
  ]
  await writeFile(join(folder, 'README.md'), lines.join('\n'))
}

/** The machine, the versions, and which peers could not be had. */
export function environment({ processor, cores, memoryGiB, versions }: Machine, { missing }: Installed): string[] {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const lines = [`Machine: ${processor}, ${cores} cores, ${memoryGiB} GiB. ${list.join(', ')}.`]
  if (missing.length > 0) lines.push('', 'Not there, and so not measured:', ...missing.map((line) => `- ${line}`))
  return lines
}

/** The text of a cell, with headings from `depth` on. */
export function markdown({ cell, result, runs, loadBefore, loadAfter, seconds, disturbances }: Ran, depth: number): string {
  const heading = '#'.repeat(depth)
  const lines = [`${heading} ${cell.title}`, '', ...result.about.flatMap((line) => [line, ''])]
  for (const table of result.tables) {
    if (table.title !== undefined) lines.push(`${heading}# ${table.title}`, '')
    lines.push(...tableLines(table), '')
  }
  const command = `pnpm bench --only ${cell.id}`
  const disturbed = disturbances.filter((share) => share > DISTURBED).length
  lines.push(
    `Medians of ${runs === 1 ? 'one run' : `${runs} alternating runs`}, on ${new Date().toISOString().slice(0, 10)}. ` +
      `In ${disturbed} of ${disturbances.length} runs other programs took more than ${DISTURBED * 100} % of the processors; ` +
      `one-minute load ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after; ${Math.round(seconds)} s in all. ` +
      `Again: \`${command}\`.`,
  )
  return lines.join('\n')
}

function tableLines(table: Table): string[] {
  const [columns = [], ...rows] = [table.columns, ...table.rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = columns.map((column, index) => Math.max(3, column.length, ...rows.map((row) => (row[index] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, index) => pad(cells[index] ?? '', width, index)).join(' | ')} |`
  const dashes = widths.map((width) => '-'.repeat(width + 1))
  const rule = `|${dashes.map((dash, index) => (index === 0 ? `:${dash}` : `${dash}:`)).join('|')}|`
  return [line(columns), rule, ...rows.map((row) => line(row))]
}

/** Names to the left, numbers to the right. */
function pad(cell: string, width: number, index: number): string {
  return index === 0 ? cell.padEnd(width) : cell.padStart(width)
}
