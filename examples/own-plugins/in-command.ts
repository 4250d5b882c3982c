import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const command = join(import.meta.dirname, '../../packages/cli/dist/coffer.js')
const run = promisify(execFile)

/** Those with commands, and the one with keys, by a configuration that names their modules. */
export async function useInCommand(folder: string): Promise<void> {
  // Where nobody else can write: a plugin gets what is in a coffer.
  await mkdir(join(folder, 'plugins'))
  for (const name of ['tasks.mjs', 'duplicates.mjs', 'split-key.mjs']) await cp(join(import.meta.dirname, name), join(folder, 'plugins', name))
  for (const name of ['ann.half', 'bob.half']) await writeFile(join(folder, name), randomBytes(32), { mode: 0o600 })
  const config = join(folder, 'pycofferrc')
  await writeFile(config, configurationOf(folder), { mode: 0o600 })

  const coffer = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [command, ...args, '--conf', config, '--quiet'], { cwd: folder })
    console.log(`$ coffer ${args.join(' ')}\n${stdout}`)
    return stdout
  }
  const listed = await coffer('plugins')
  for (const name of ['tasks', 'duplicates', 'split-key']) assert.match(listed, new RegExp(`^${name} `, 'm'))
  await coffer('tasks', 'add', '--coffer', 'papers', 'write', 'a', 'plugin')
  await coffer('tasks', 'add', '--coffer', 'papers', 'use', 'it')
  await coffer('tasks', 'done', '--coffer', 'papers', '1')
  assert.equal(await coffer('tasks', 'ls', '--coffer', 'papers'), '* 1 use it\n')

  for (const name of ['one.txt', 'two.txt']) await writeFile(join(folder, name), 'the same')
  await coffer('add', '--coffer', 'papers', 'one.txt', 'two.txt')
  assert.equal(await coffer('duplicates', 'ls', '--coffer', 'papers'), 'one.txt\ttwo.txt\n')
}

function configurationOf(folder: string): string {
  return `DEFAULT:
  plugins:
    tasks: ./plugins/tasks.mjs
    duplicates: ./plugins/duplicates.mjs
    split-key: ./plugins/split-key.mjs
  tasks.mark: "*"
papers:
  type: store
  location: ${join(folder, 'papers.pcof')}
  auth: split-key:ann.half,bob.half
  split-key.folder: ${folder}
`
}
