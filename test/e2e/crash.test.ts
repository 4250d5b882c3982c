import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, openBrowser, openSite, openTab, type Profile, type Site } from './support/site.js'

type Storage = 'indexeddb' | 'opfs'

const storages: readonly Storage[] = ['indexeddb', 'opfs']
/** How often a tab is closed; each time in the middle of what it does in both storages, so that these are twice as many moments. */
const MOMENTS = Number(process.env['COFFER_CRASHES'] ?? 200)
/** Browsers that this happens in at the same time, each with coffers of its own: most of the time goes by waiting. */
const BROWSERS = 2
/** The latest moment after the tab has begun. */
const LATEST_MS = 200

let site: Site
const profiles: Profile[] = []

beforeAll(async () => {
  site = await openSite()
  for (let i = 0; i < BROWSERS; i++) profiles.push(await openBrowser({ windows: false }))
})
afterAll(async () => {
  for (const profile of profiles) await profile.close()
  await site?.close()
})

test(`a tab that is closed at any of ${MOMENTS} moments loses nothing that was committed`, async () => {
  await Promise.all(profiles.map(({ context }, i) => interruptAgain(context, Math.ceil((MOMENTS - i) / BROWSERS))))
}, MOMENTS * 3000)

async function interruptAgain(context: BrowserContext, moments: number): Promise<void> {
  const seen = { begun: { indexeddb: 0, opfs: 0 }, committed: { indexeddb: 0, opfs: 0 }, imported: { indexeddb: 0, opfs: 0 } }
  await context.exposeBinding('report', (_source, storage: Storage, kind: keyof typeof seen, step: number) => {
    seen[kind][storage] = Math.max(seen[kind][storage], step)
  })
  let next = await openTab(context, site.url)
  for (let moment = 0; moment < moments; moment++) {
    const page = next
    const begunBefore = { ...seen.begun }
    next = await openTab(context, site.url)
    const working = storages.map((storage) => call(page, 'interrupted', storage).catch((error: unknown) => String(error)))
    await until(() => storages.every((storage) => seen.begun[storage] > begunBefore[storage]))
    await pause(Math.random() * LATEST_MS)
    // Every fifth time the process, not just the tab.
    if (moment % 5 === 4) await crash(page)
    await page.close()
    for (const outcome of await Promise.all(working)) expect(outcome).toMatch(/closed|crashed|destroyed/i)
    const committed = { ...seen.committed }
    const imported = { ...seen.imported }
    const found = await Promise.all(storages.map((storage) => call<{ step: number; imported: number }>(next, 'verifyInterrupted', storage)))
    for (const [i, storage] of storages.entries()) {
      const { step, imported: importedStep } = found[i] as { step: number; imported: number }
      expect(step, `${storage}, moment ${moment}`).toBeGreaterThanOrEqual(committed[storage])
      expect(step).toBeLessThanOrEqual(seen.begun[storage])
      expect(importedStep, `${storage}, import, moment ${moment}`).toBeGreaterThanOrEqual(imported[storage])
    }
  }
  console.log(`Closed ${moments} times; commits: ${JSON.stringify(seen.committed)}, last import: ${JSON.stringify(seen.imported)}`)
}

async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  // It does not live to answer.
  void session.send('Page.crash').catch(() => undefined)
  await pause(20)
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !isSo(); i++) await pause(5)
  expect(isSo()).toBe(true)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
