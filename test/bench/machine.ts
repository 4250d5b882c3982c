import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { output } from './process.ts'

/** What stands above the tables: the machine and the versions of everything that was measured. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly versions: Readonly<Record<string, string>>
}

/** Those of the programs and of Python's packages are asked for, and left out where they are not there. */
export async function describeMachine(python: string | undefined, packages: Readonly<Record<string, string>>): Promise<Machine> {
  const versions: Record<string, string> = { node: process.version.slice(1) }
  const tools = [
    { name: 'zstd', command: 'zstd', args: ['--version'], pattern: /v([\d.]+)/ },
    { name: 'age', command: 'age', args: ['--version'], pattern: /v?([\d.]+)/ },
    { name: '7z', command: '7z', args: ['i'], pattern: /7-Zip\D+(?:64\D+)?([\d.]+)/ },
    { name: 'tar', command: 'tar', args: ['--version'], pattern: /([\d.]+)/ },
  ]
  for (const { name, command, args, pattern } of tools) {
    const found = pattern.exec((await output(command, args)) ?? '')?.[1]
    if (found !== undefined) versions[name] = found
  }
  if (python !== undefined) {
    const names = [
      'pycoffer',
      'cofferfile',
      'naclfile',
      'fernetfile',
      'aesfile',
      'pyzstd',
      'backports.zstd',
      'PyNaCl',
      'cryptography',
      'pycryptodome',
    ]
    const script = [
      'import importlib.metadata as m, sys',
      "print('python', sys.version.split()[0])",
      `for name in ${JSON.stringify(names)}:`,
      '  try: print(name, m.version(name))',
      '  except m.PackageNotFoundError: pass',
    ].join('\n')
    for (const line of ((await output(python, ['-c', script])) ?? '').trim().split('\n')) {
      const [name, version] = line.split(' ')
      if (name && version) versions[name] = version
    }
  }
  Object.assign(versions, packages)
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    versions,
  }
}

/** Below this part of the processors' time in use, nothing that counts is running. */
const QUIET = 0.06
const LOOK_MS = 300

/** Waits until the processors are idle, so many seconds at most; gives the part of their time that was in use when it ended. */
export async function waitForQuiet(mostSeconds: number): Promise<number> {
  const end = performance.now() + mostSeconds * 1000
  for (;;) {
    const before = processorTimes()
    await sleep(LOOK_MS)
    const after = processorTimes()
    const busy = (after.busy - before.busy) / Math.max(1, after.total - before.total)
    if (busy < QUIET || performance.now() >= end) return busy
  }
}

/** What the processors have done so far; its difference to a later one says who used them. */
export interface ProcessorUse {
  readonly totalSeconds: number
  readonly busySeconds: number
  /** By this process and those that it has started and seen end; undefined where the system does not say. */
  readonly ownSeconds: number | undefined
}

export function processorUse(): ProcessorUse {
  const { busy, total } = processorTimes()
  const { user, system } = process.cpuUsage()
  const ended = endedChildrenSeconds()
  return {
    totalSeconds: total / 1000,
    busySeconds: busy / 1000,
    ownSeconds: ended === undefined ? undefined : (user + system) / 1e6 + ended,
  }
}

/** The part of the processors that others took between two looks, 0 to 1. */
export function othersShare(before: ProcessorUse, after: ProcessorUse): number | undefined {
  if (before.ownSeconds === undefined || after.ownSeconds === undefined) return undefined
  const total = Math.max(0.01, after.totalSeconds - before.totalSeconds)
  const others = after.busySeconds - before.busySeconds - (after.ownSeconds - before.ownSeconds)
  return Math.min(1, Math.max(0, others / total))
}

const TICKS_A_SECOND = 100

/** Linux alone tells: `cutime` and `cstime` of proc(5), which also count what those processes had started. */
function endedChildrenSeconds(): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // The name of the program, which may hold anything, ends with the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[13]) + Number(fields[14])) / TICKS_A_SECOND
  } catch {
    return undefined
  }
}

function processorTimes(): { readonly busy: number; readonly total: number } {
  let total = 0
  let idle = 0
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.idle + times.irq
    idle += times.idle
  }
  return { busy: total - idle, total }
}

/** Load average of the last minute. */
export function load(): number {
  return loadavg()[0] ?? 0
}
