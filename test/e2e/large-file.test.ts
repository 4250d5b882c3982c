import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, openBrowser, openSite, openTab, POLICY, type Profile, type Site } from './support/site.js'
import { traceTasks } from './support/trace-tasks.js'

const MIB = 1_048_576
const BYTES = Number(process.env['COFFER_LARGE_MIB'] ?? 1024) * MIB
/** With the workers' heaps and all that waits to be collected; age-encryption and zip.js take 300 to 400 of the same file. */
const MOST_MEMORY_MIB = 600
/** By the processor's time, since the clock goes on while others have the processor. */
const MOST_TASK_MS = 50

let site: Site
let profile: Profile

let folder: string
let path: string
let digests: readonly string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-large-'))
  path = join(folder, 'large')
  digests = await makeLargeFile(path)
  // zip.js makes its workers out of text.
  site = await openSite(POLICY.replace("worker-src 'self'", "worker-src 'self' blob:"))
  profile = await openBrowser()
})
afterAll(async () => {
  await profile?.close()
  await site?.close()
  await rm(folder, { recursive: true, force: true })
})

interface Measured {
  readonly seconds: number
  readonly tasks: { readonly longestMs: number; readonly longShare: number }
}

const programs = process.env['COFFER_COMPARE'] ? (['age-encryption', 'zip.js'] as const) : []

test.each(['indexeddb', 'opfs', ...programs] as const)(`${BYTES / MIB} MiB into %s and out again`, async (program) => {
  const page = await openTab(profile.context, site.url)
  await page.setInputFiles('input', path)
  const memory = await watchMemory(profile.context, page)
  const tasks = await traceTasks(profile.context, page)
  const report = await call<{ in: Measured; out: Measured; isEqual: boolean }>(page, program === 'indexeddb' || program === 'opfs' ? 'largeFile' : 'compare', program, digests)
  const { baseMib, peakMib } = memory.end()
  const { count, longestMs } = await tasks.end()
  const describe = ({ seconds, tasks }: Measured): string =>
    `${(BYTES / 1e6 / seconds).toFixed(0)} MB/s, longest task ${tasks.longestMs} ms, ${(tasks.longShare * 100).toFixed(1)} % of the time in tasks over 50 ms by the clock`
  console.log(`${program}: in ${describe(report.in)}; out ${describe(report.out)}; the longest of ${count} tasks by the processor's time ${longestMs.toFixed(1)} ms; the page's process ${baseMib} MiB before, ${peakMib} MiB at most`)
  expect(report.isEqual).toBe(true)
  if (programs.some((other) => other === program)) {
    await page.close()
    return
  }
  expect(peakMib - baseMib).toBeLessThan(MOST_MEMORY_MIB)
  expect(count).toBeGreaterThan(1000)
  expect(longestMs).toBeLessThan(MOST_TASK_MS)
  await page.close()
})

/** Half of each MiB shrinks. Gives the SHA-256 of each. */
async function makeLargeFile(path: string): Promise<string[]> {
  const text = Buffer.alloc(MIB / 2, 'what is written again and again shrinks. ')
  await using file = await open(path, 'w')
  const made: string[] = []
  for (let at = 0; at < BYTES; at += MIB) {
    const piece = Buffer.concat([text, randomBytes(MIB / 2)])
    made.push(createHash('sha256').update(piece).digest('hex'))
    await file.write(piece)
  }
  return made
}

/** The memory of the page's process, workers and all, from now on. */
async function watchMemory(context: BrowserContext, page: Page): Promise<{ end(): { baseMib: number; peakMib: number } }> {
  const browser = context.browser()
  const session = browser ? await browser.newBrowserCDPSession() : await context.newCDPSession(page)
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
  const now = (): number => Math.max(...renderers.map(residentMib))
  const baseMib = now()
  let peakMib = baseMib
  const timer = setInterval(() => {
    peakMib = Math.max(peakMib, now())
  }, 100)
  return {
    end: () => {
      clearInterval(timer)
      return { baseMib, peakMib }
    },
  }
}

function residentMib(pid: number): number {
  try {
    const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kib ?? 0) / 1024)
  } catch {
    return 0
  }
}
