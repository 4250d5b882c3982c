import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFirefox } from '../../scripts/browser.mjs'
import { openSite, type Site } from './support/site.js'

const firefox = findFirefox()
const OPERATIONS = 60

describe.skipIf(firefox === undefined)('in Firefox', () => {
  let site: Site
  let folder: string
  let browser: Browser

  beforeAll(async () => {
    site = await openSite()
    folder = await mkdtemp(join(tmpdir(), 'coffer-firefox-'))
    browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox as string, headless: true, userDataDir: folder })
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  const openTab = async (): Promise<Page> => {
    const page = await browser.newPage()
    await page.goto(site.url)
    await page.waitForFunction('"site" in globalThis')
    return page
  }

  test('the suites of storages and locks', async () => {
    const page = await openTab()
    const { passed, failed } = await call<{ passed: number; failed: string[] }>(page, 'runSuites')
    expect(failed).toEqual([])
    expect(passed).toBe(72)
    await page.close()
  })

  describe.each(['indexeddb', 'opfs'] as const)('%s', (storage) => {
    test('two tabs and a worker lose nothing', async () => {
      const [first, second] = [await openTab(), await openTab()]
      await call(first, 'start', storage, 'shared')
      const options = (actor: string, seed: number): object => ({ storage, name: 'shared', actor, count: OPERATIONS, seed })
      const reports = await Promise.all([
        call<{ writes: number }>(first, 'disturb', options('first', 1)),
        call<{ writes: number }>(second, 'disturb', options('second', 22)),
        call<{ writes: number }>(first, 'disturbInWorker', options('worker', 333)),
      ])
      const writes = reports.reduce((sum, report) => sum + report.writes, 0)
      expect(writes).toBeGreaterThan(0)
      expect(await call(second, 'tally', storage, 'shared')).toMatchObject({ total: writes, members: writes, ok: true })
      await first.close()
      await second.close()
    })

    test('a lock is free when the tab that has it is closed', async () => {
      const [holder, other] = [await openTab(), await openTab()]
      await call(holder, 'hold', storage, 'held')
      expect(await call(other, 'tryToOpen', storage, 'held', 100)).toBe('ERR_COFFER_LOCKED')
      const waiting = call(other, 'tryToOpen', storage, 'held', 20_000)
      await holder.close()
      expect(await waiting).toEqual(expect.any(Number))
      await other.close()
    })

    test.each(['bank', 'store', 'market', 'null'])('a %s goes out and comes in', async (variant) => {
      const page = await openTab()
      const { bytes, keys } = await call<{ bytes: string; keys: object }>(page, 'exportBytes', storage, variant)
      expect(await call(page, 'importBytes', storage, variant, bytes, keys, 'notes/today.txt', false)).toBe('made in a browser\n')
      await page.close()
    })
  })
})

async function call<T>(page: Page, name: string, ...args: unknown[]): Promise<T> {
  // As text: the page has a policy against functions, but not against what the driver evaluates.
  return (await page.evaluate(`site[${JSON.stringify(name)}](...${JSON.stringify(args)})`)) as T
}
