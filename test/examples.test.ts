import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from './sources.js'

/** Examples that are run elsewhere, or not by a command: where, and why. */
const elsewhere: Readonly<Record<string, string>> = { 'main-job': 'what `pnpm start` runs' }

const folders = readdirSync(join(repository, 'examples')).filter((name) => existsSync(join(repository, 'examples', name, 'main.ts')) && !Object.hasOwn(elsewhere, name))

test('there are examples to run', () => {
  expect(folders).toContain('own-plugins')
})

test.each(folders)('the example %s runs', (name) => {
  const tsx = join(repository, 'node_modules', 'tsx', 'dist', 'loader.mjs')
  const main = join(repository, 'examples', name, 'main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', `file://${tsx}`, main], { encoding: 'utf8', timeout: 100_000, input: '' })
  expect(status, `${stdout}${stderr}`).toBe(0)
  expect(stderr).toBe('')
})
