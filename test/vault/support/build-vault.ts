import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, root, run } from '../../../scripts/setup.mjs'

/**
 * Builds the vault once for all tests of a run, into a folder of its own, so that several runs at once do not meet.
 * COFFER_VAULT_DIST names one that is built already.
 */
async function buildVault(): Promise<() => Promise<void>> {
  if (process.env['COFFER_VAULT_DIST'] !== undefined) return () => Promise.resolve()
  const folder = await mkdtemp(join(cacheFolder, 'vault-'))
  await buildVaultInto(folder)
  process.env['COFFER_VAULT_DIST'] = folder
  return () => rm(folder, { recursive: true, force: true })
}

/** Builds the vault, with passwords that cost little, into a folder that is there. */
export async function buildVaultInto(folder: string): Promise<void> {
  const vault = join(root, 'examples', 'vault')
  const vite = join(vault, 'node_modules', 'vite', 'bin', 'vite.js')
  // A second of Argon2id for each password of each test would be most of their time.
  const env = { ...process.env, COFFER_VAULT_CHEAP_PASSWORDS: 'for tests' }
  const { code, output } = await run(process.execPath, [vite, 'build', '--outDir', folder, '--emptyOutDir'], { cwd: vault, env, inherit: false })
  if (code !== 0) throw new Error(`The vault does not build.\n${output}`)
}

// Playwright takes what a module exports by default.
// oxlint-disable-next-line import/no-default-export
export default buildVault
