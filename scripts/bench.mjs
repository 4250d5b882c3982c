// `pnpm bench [--quick] [--only CELL,...] [--runs N] ...`: sets up what is missing, then test/bench. `--help` lists the options.

import { join } from 'node:path'
import { ensureDependencies, ensureWorkerScripts, root, run, SetupError } from './setup.mjs'

const args = process.argv.slice(2)
if (args[0] === '--') args.shift()
const needsNothing = args.includes('--help') || args.includes('--list')
try {
  await ensureDependencies()
  if (!needsNothing) {
    const { code } = await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', 'packages/node'])
    // The compiler writes what it can all the same, and somebody who tunes wants to see it run.
    if (code !== 0) console.error('\nThe packages do not type-check (above); what the compiler wrote of them is measured.\n')
    await ensureWorkerScripts()
  }
  const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs')
  const { code } = await run(process.execPath, [tsx, join(root, 'test', 'bench', 'bench.ts'), ...args])
  process.exitCode = code
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error)
  process.exitCode = 1
}
