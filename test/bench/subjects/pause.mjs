// How long the calling thread's event loop is held up while a file is added and extracted.
// Task: { install, path, target, keys, source, workers }

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { printResult, readTask } from './task.mjs'

const task = readTask()
const require = createRequire(join(task.install, 'package.json'))
const load = (name) => import(pathToFileURL(require.resolve(name)).href)
const { openCoffer } = await load('@coffer/node')
const keys = Object.fromEntries(Object.entries(task.keys).map(([name, value]) => [name, Buffer.from(value, 'base64')]))
const engine = task.workers === undefined ? undefined : await chooseEngine(task.workers)

const now = () => Number(process.hrtime.bigint()) / 1e6
const standstills = []
const clock = await startClock()

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
clock.kill()
printResult({ write, extract })

async function chooseEngine(workers) {
  if (workers === 0) return (await load('@coffer/core')).inlineEngine()
  return (await load('@coffer/worker')).createWorkerEngine({ size: workers })
}

/** Another process that looks at the clock: what holds that up too is the machine, and not we. */
async function startClock() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('clock.mjs', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.setEncoding('utf8')
  let text = ''
  child.stdout.on('data', (more) => {
    const lines = (text + more).split('\n')
    text = lines.pop()
    for (const line of lines) if (line !== 'ready') standstills.push(line.split(' ').map(Number))
  })
  await once(child.stdout, 'data')
  return child
}

/** The milliseconds from `start` to `end` in which the machine ran. */
function running(start, end) {
  let still = 0
  for (const [from, to] of standstills) still += Math.max(0, Math.min(end, to) - Math.max(start, from))
  return Math.max(0, end - start - still)
}

/** A timer of 1 ms sees each turn that comes late; Node's own histogram, of the same resolution, is the check on it. */
async function watch(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  const pauses = []
  let before = now()
  const look = () => {
    const time = now()
    if (time - before > 2) pauses.push([before + 1, time])
    before = time
  }
  const timer = setInterval(look, 1)
  const start = performance.now()
  const cpuStart = process.cpuUsage()
  await work()
  look()
  clearInterval(timer)
  histogram.disable()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpuStart)
  // What the clock saw last is on its way.
  await setTimeout(50)
  return {
    seconds,
    longestMs: Math.max(...pauses.map(([from, to]) => to - from)),
    ownMs: Math.max(...pauses.map(([from, to]) => running(from, to))),
    over50: pauses.filter(([from, to]) => running(from, to) > 50).length,
    nodeMaxMs: histogram.max / 1e6,
    p99Ms: histogram.percentile(99) / 1e6,
    cpuSeconds: (user + system) / 1e6,
  }
}
