// How long the calling thread's event loop is held up while a file is added and extracted.
// Task: { install, path, target, keys, source, workers }

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { printResult, readTask } from './task.mjs'

const task = readTask()
const require = createRequire(join(task.install, 'package.json'))
const load = (name) => import(pathToFileURL(require.resolve(name)).href)
const { openCoffer } = await load('@coffer/node')
const keys = Object.fromEntries(Object.entries(task.keys).map(([name, value]) => [name, Buffer.from(value, 'base64')]))
const engine = task.workers === undefined ? undefined : await chooseEngine(task.workers)

const write = await watch(async () => {
  const coffer = await openCoffer(task.path, { mode: 'w', keys, engine })
  await coffer.add(task.source, 'large')
  await coffer.close()
})
const extract = await watch(async () => {
  const coffer = await openCoffer(task.path, { mode: 'r', keys, engine })
  await coffer.extractAll(task.target)
  await coffer.close()
})
printResult({ write, extract })

async function chooseEngine(workers) {
  if (workers === 0) return (await load('@coffer/core')).inlineEngine()
  return (await load('@coffer/worker')).createWorkerEngine({ size: workers })
}

/** A timer of 1 ms sees each turn that comes late; Node's own histogram, of the same resolution, is the check on it. */
async function watch(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  let longest = 0
  let late = 0
  let before = performance.now()
  const look = () => {
    const now = performance.now()
    const pause = now - before - 1
    longest = Math.max(longest, pause)
    if (pause > 50) late += 1
    before = now
  }
  const timer = setInterval(look, 1)
  const start = performance.now()
  const cpuStart = process.cpuUsage()
  await work()
  look()
  clearInterval(timer)
  histogram.disable()
  const { user, system } = process.cpuUsage(cpuStart)
  return {
    seconds: (performance.now() - start) / 1000,
    longestMs: longest,
    over50: late,
    nodeMaxMs: histogram.max / 1e6,
    p99Ms: histogram.percentile(99) / 1e6,
    cpuSeconds: (user + system) / 1e6,
  }
}
