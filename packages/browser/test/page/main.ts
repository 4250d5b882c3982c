import { openCoffer } from '@coffer/browser'
import { interrupted, verifyInterrupted } from './crash.js'
import { disturb } from './disturb.js'
import { fillDisk } from './full-disk.js'
import { hold, tryToOpen } from './hold.js'
import { exportBytes, importBytes } from './interop.js'
import { largeFile } from './large-file.js'
import { loadOnly } from './load-only.js'
import { keys, type Storage } from './shared.js'

// What the tests in test/e2e call in a page.

const worker = (): Worker => new Worker(new URL('worker.ts', import.meta.url), { type: 'module' })

/** Kept known until they end: see docs/BROWSERS.md, Workers and Firefox. */
const running = new Set<Worker>()

/** Runs {@link disturb} in a worker of this page. */
function disturbInWorker(options: Parameters<typeof disturb>[0]): ReturnType<typeof disturb> {
  return new Promise((resolve, reject) => {
    const disturber = worker()
    running.add(disturber)
    disturber.addEventListener('message', ({ data }: MessageEvent<{ report?: Awaited<ReturnType<typeof disturb>>; error?: string }>) => {
      running.delete(disturber)
      disturber.terminate()
      if (data.report) resolve(data.report)
      else reject(new Error(data.error))
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    disturber.postMessage(options)
  })
}

/** Loaded when it is asked for: it brings vitest's matchers. */
async function runSuites(): Promise<unknown> {
  return (await import('./suites.js')).runSuites()
}

/** Loaded when it is asked for: it brings other programs. */
async function compare(program: 'age-encryption' | 'zip.js'): Promise<unknown> {
  return (await import('./compare.js')).compare(program)
}

/** A coffer with nothing in it but a count of none. */
async function start(storage: Storage, name: string): Promise<void> {
  const coffer = await openCoffer(name, { storage, keys, mode: 'x' })
  await coffer.write('total', '0')
  await coffer.close()
}

/** The numbers that each actor put there, and the count. */
async function tally(storage: Storage, name: string): Promise<{ total: number; by: number[]; members: number; ok: boolean }> {
  await using coffer = await openCoffer(name, { storage, keys })
  const by: number[] = []
  let members = 0
  for await (const member of coffer.members()) {
    if (member.name.startsWith('members/')) members += 1
    if (member.name.startsWith('by/')) by.push(...(await coffer.readLines(member.name)).map(Number))
  }
  return { total: Number(await coffer.readText('total')), by, members, ok: (await coffer.verify()).ok }
}

Object.assign(globalThis, { site: { compare, disturb, disturbInWorker, exportBytes, fillDisk, hold, importBytes, interrupted, largeFile, loadOnly, runSuites, start, tally, tryToOpen, verifyInterrupted } })
