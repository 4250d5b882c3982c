// Coffer as a user runs it: the packages as published, nothing done beforehand but the import.
// Task: { install, operation: 'write' | 'extract', path, keys, options, rounds | target, times }

import { createRequire } from 'node:module'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printResult, readTask, timeEach } from './task.mjs'

const task = readTask()
const require = createRequire(join(task.install, 'package.json'))
const load = (name) => import(pathToFileURL(require.resolve(name)).href)

const importStart = performance.now()
const { openCoffer } = await load('@coffer/node')
const imported = (performance.now() - importStart) / 1000

const keys = Object.fromEntries(Object.entries(task.keys).map(([name, value]) => [name, Buffer.from(value, 'base64')]))
const { path, times = 1, options } = task
const engine = task.workers === undefined ? undefined : await chooseEngine(task.workers)

const adds = []
const seconds =
  task.operation === 'write'
    ? await timeEach(times, () => rmSync(path, { force: true }), write)
    : await timeEach(times, () => rmSync(task.target, { recursive: true, force: true }), extract)
printResult({ import: imported, seconds, adds: adds.slice(0, task.rounds?.length ?? 0), size: statSync(path).size })

/** With 0 workers, the calling thread. */
async function chooseEngine(workers) {
  if (workers === 0) return (await load('@coffer/core')).inlineEngine()
  return (await load('@coffer/worker')).createWorkerEngine({ size: workers })
}

async function write() {
  const coffer = await openCoffer(path, { mode: 'w', keys, engine, ...options })
  for (const sources of task.rounds) {
    const start = performance.now()
    for (const { source, name } of sources) await coffer.add(source, name)
    adds.push((performance.now() - start) / 1000)
  }
  await coffer.close()
}

async function extract() {
  const coffer = await openCoffer(path, { mode: 'r', keys, engine, ...options })
  await coffer.extractAll(task.target)
  await coffer.close()
}
