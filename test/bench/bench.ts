// `pnpm bench`: the same work by us and by others in one run, as tables of medians and ratios. See options.ts.

import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SetupError } from '../../scripts/setup.mjs'
import type { Cell } from './cell.ts'
import { archive } from './cells/archive.ts'
import { eventLoop } from './cells/event-loop.ts'
import { pycoffer } from './cells/pycoffer.ts'
import { smallFilesCell } from './cells/small-files.ts'
import { stages } from './cells/stages.ts'
import { workers } from './cells/workers.ts'
import { loadCorpus } from './data.ts'
import { install, npmPeers } from './install.ts'
import { describeMachine, load } from './machine.ts'
import { takeDisturbances } from './measure.ts'
import { parseOptions, usage, type BenchOptions } from './options.ts'
import { environment, print, save, saveIndex } from './report.ts'

const cells: readonly Cell[] = [archive, workers, eventLoop, stages, smallFilesCell, pycoffer]

async function main(options: BenchOptions): Promise<void> {
  const chosen = options.only.length === 0 ? cells : options.only.map(cellNamed)
  const installed = await install()
  const corpus = await loadCorpus()
  const machine = await describeMachine(installed.python, installed.npm === undefined ? {} : npmPeers)
  console.log(environment(machine, installed).join('\n'))
  for (const cell of chosen) {
    console.error(`\n> ${cell.title}`)
    const work = await mkdtemp(join(options.work, 'coffer-bench-'))
    const runs = options.runs ?? cell.runs
    const loadBefore = load()
    const start = performance.now()
    try {
      const result = await cell.run({ options, installed, corpus, work, alternately: { runs, quietSeconds: options.quiet } })
      const seconds = (performance.now() - start) / 1000
      const ran = { cell, result, runs, loadBefore, loadAfter: load(), seconds, disturbances: takeDisturbances() }
      print(ran)
      if (options.save) {
        await save(ran, machine, installed)
        await saveIndex(cells)
      }
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }
}

function cellNamed(name: string): Cell {
  const found = cells.find(({ id }) => id === name)
  if (!found)
    throw new SetupError(`There is no cell ${JSON.stringify(name)}. There are: ${cells.map(({ id }) => id).join(', ')}.`)
  return found
}

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) console.log(usage)
  else if (options.list) console.log(cells.map(({ id, title }) => `${id.padEnd(14)} ${title}`).join('\n'))
  else await main(options)
} catch (error) {
  console.error(error instanceof SetupError || error instanceof TypeError || error instanceof RangeError ? error.message : error)
  process.exitCode = 1
}
