import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authenticate, listPlugins, loadAuthPlugin, type PluginSource } from '@coffer/core'
import { openCoffer } from '@coffer/node'
import type { Armor } from './armor.ts'
import type { Duplicates } from './duplicates.mjs'
import { splitKeyPlugin } from './split-key.mjs'
import type { Tasks } from './tasks.mjs'

// Those that a program may not need are loaded when they are asked for: what is listed of them stands here.
const plugins: readonly PluginSource[] = [
  splitKeyPlugin,
  { name: 'duplicates', kind: 'coffer', description: 'Files of the same content', load: async () => (await import('./duplicates.mjs')).duplicatesPlugin },
  { name: 'tasks', kind: 'file', description: 'A list of tasks', load: async () => (await import('./tasks.mjs')).tasksPlugin },
  { name: 'armor', kind: 'other', description: 'Seal short texts with the keys of the coffer', load: async () => (await import('./armor.ts')).armorPlugin },
]

/** One of each kind, by the option `plugins`. */
export async function useInProgram(folder: string): Promise<void> {
  for (const { name, kind, description } of listPlugins(plugins)) console.log(`${name.padEnd(12)} ${kind.padEnd(8)} ${description}`)

  const halves = ['one.half', 'other.half']
  for (const half of halves) await writeFile(join(folder, half), randomBytes(32), { mode: 0o600 })
  const path = join(folder, 'program.pcof')
  const auth = await loadAuthPlugin('split-key', plugins)
  const keys = await authenticate(auth, { coffer: path, source: halves.join(','), settings: { folder } })

  await using coffer = await openCoffer(path, { mode: 'x', keys, plugins })
  await coffer.write('one.txt', 'the same')
  await coffer.write('two.txt', 'another')
  await coffer.write('three.txt', 'the same')
  const findDuplicates = await coffer.plugin<Duplicates>('duplicates')
  assert.deepEqual(await findDuplicates(), [['one.txt', 'three.txt']])

  const tasks = await coffer.plugin<Tasks>('tasks')
  await Promise.all([tasks.add('write a plugin'), tasks.add('use it')])
  await tasks.done(1)
  assert.deepEqual(await tasks.list(), ['use it'])

  const armor = await coffer.plugin<Armor>('armor')
  const sealed = await armor.seal('for your eyes only')
  assert.equal(await armor.open(sealed), 'for your eyes only')
  console.log(sealed)
}
