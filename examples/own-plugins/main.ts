// Four plugins of one's own, one of each kind, in a coffer of their own.
// Usage: tsx main.ts

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authenticate, listPlugins, loadAuthPlugin, type PluginSource } from '@coffer/core'
import { openCoffer } from '@coffer/node'
import type { Armor } from './armor.ts'
import type { Duplicates } from './duplicates.ts'
import { splitKeyPlugin } from './split-key.ts'
import type { Tasks } from './tasks.ts'

// Those that a program may not need are loaded when they are asked for: what is listed of them stands here.
const plugins: readonly PluginSource[] = [
  splitKeyPlugin,
  { name: 'duplicates', kind: 'coffer', description: 'Find files of the same content', load: async () => (await import('./duplicates.ts')).duplicatesPlugin },
  { name: 'tasks', kind: 'file', description: 'Keep a list of tasks in the coffer', load: async () => (await import('./tasks.ts')).tasksPlugin },
  { name: 'armor', kind: 'other', description: 'Seal short texts with the keys of the coffer', load: async () => (await import('./armor.ts')).armorPlugin },
]

async function run(folder: string): Promise<void> {
  for (const { name, kind, description } of listPlugins(plugins)) console.log(`${name.padEnd(12)} ${kind.padEnd(8)} ${description}`)

  const halves = ['ann.half', 'bob.half'].map((name) => join(folder, name))
  for (const half of halves) await writeFile(half, randomBytes(32), { mode: 0o600 })
  const path = join(folder, 'example.pcof')
  const auth = await loadAuthPlugin('split-key', plugins)
  const keys = await authenticate(auth, { coffer: path, source: halves.join(',') })

  await using coffer = await openCoffer(path, { mode: 'x', keys, plugins })
  await coffer.write('one.txt', 'the same')
  await coffer.write('two.txt', 'another')
  await coffer.write('three.txt', 'the same')
  const findDuplicates = await coffer.plugin<Duplicates>('duplicates')
  assert.deepEqual(await findDuplicates(), [['one.txt', 'three.txt']])

  const tasks = await coffer.plugin<Tasks>('tasks')
  await Promise.all([tasks.add('write a plugin'), tasks.add('use it')])
  await tasks.finish(1)
  assert.deepEqual(await tasks.list(), ['use it'])

  const armor = await coffer.plugin<Armor>('armor')
  const sealed = await armor.seal('for your eyes only')
  assert.equal(await armor.open(sealed), 'for your eyes only')
  console.log(sealed)
}

const folder = await mkdtemp(join(tmpdir(), 'coffer-plugins-'))
try {
  await run(folder)
} finally {
  await rm(folder, { recursive: true, force: true })
}
