// `pnpm vault`: builds the vault and serves it on this machine, with the policy that a server has to send. Installs what is missing.

import { join } from 'node:path'
import { ensureDependencies, ensureWorkerScripts, root, run, SetupError } from './setup.mjs'

const vault = join(root, 'examples', 'vault')
const vite = (...args) => run(process.execPath, [join(vault, 'node_modules', 'vite', 'bin', 'vite.js'), ...args], { cwd: vault })

try {
  await ensureDependencies()
  await ensureWorkerScripts()
  if ((await vite('build', '--logLevel', 'error')).code !== 0) throw new SetupError('The vault does not build (above).')
  process.exitCode = (await vite('preview', ...process.argv.slice(2).filter((argument) => argument !== '--'))).code
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error)
  process.exitCode = 1
}
