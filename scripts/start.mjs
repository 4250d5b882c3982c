// `pnpm start [FOLDER]`: sets up what is missing, then runs the main job on a folder; on the installed packages where none is named.

import { join, resolve } from 'node:path'
import { ensureDependencies, ensureWorkerScripts, root, run, SetupError } from './setup.mjs'

const args = process.argv.slice(2)
if (args[0] === '--') args.shift()
// pnpm runs scripts in the package's folder; the caller's is in INIT_CWD.
const folder = args[0] === undefined ? join(root, 'node_modules', '.pnpm') : resolve(process.env.INIT_CWD ?? process.cwd(), args[0])
try {
  await ensureDependencies()
  await ensureWorkerScripts()
  const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs')
  const { code } = await run(process.execPath, [tsx, join(root, 'examples', 'main-job', 'main.ts'), folder])
  process.exitCode = code
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error)
  process.exitCode = 1
}
