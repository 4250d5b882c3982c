import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCoffer } from '@coffer/node'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pycofferFixtures } from '../interop/fixtures.js'
import { startPycoffer } from '../interop/pycoffer.js'
import { call, openBrowser, openSite, openTab, within, type Profile, type Site } from './support/site.js'

/** Of all three together, in each storage. */
const OPERATIONS = 1000

let site: Site
let profile: Profile

beforeAll(async () => {
  site = await openSite()
  profile = await openBrowser()
})
afterAll(async () => {
  await profile?.close()
  await site?.close()
})

describe.each(['indexeddb', 'opfs'] as const)('%s', (storage) => {
  test(`two tabs and a worker lose nothing in ${OPERATIONS} mixed operations`, async () => {
    const [first, second] = await Promise.all([openTab(profile.context, site.url), openTab(profile.context, site.url)])
    await call(first, 'start', storage, 'shared')
    const count = Math.ceil(OPERATIONS / 3)
    const options = (actor: string, seed: number): object => ({ storage, name: 'shared', actor, count, seed })
    const reports = await Promise.all([
      call<Report>(first, 'disturb', options('first', 1)),
      call<Report>(second, 'disturb', options('second', 22)),
      call<Report>(first, 'disturbInWorker', options('worker', 333)),
    ])
    const writes = reports.reduce((sum, report) => sum + report.writes, 0)
    const found = await call<{ total: number; by: number[]; members: number; ok: boolean }>(second, 'tally', storage, 'shared')
    expect(found).toMatchObject({ total: writes, members: writes, ok: true })
    expect(found.by.toSorted((a, b) => a - b)).toEqual(Array.from({ length: writes }, (_, i) => i + 1))
    // Each of them has had its turns at both.
    for (const { writes: written, reads } of reports) expect(Math.min(written, reads)).toBeGreaterThan(20)
    await Promise.all([first.close(), second.close()])
  }, 300_000)

  test.each(['closed', 'crashed', 'frozen and closed', 'navigated away'])('a lock is free when the tab that has it is %s', async (end) => {
    // A browser of its own for the one that crashes, which not every browser's driver gets over.
    const { context, close } = end === 'crashed' ? await openBrowser() : { context: profile.context, close: undefined }
    const [holder, other] = await Promise.all([openTab(context, site.url), openTab(context, site.url)])
    const name = `held ${end}`
    await within('the lock', 120_000, call(holder, 'hold', storage, name))
    expect(await within('the refusal', 120_000, call(other, 'tryToOpen', storage, name, 100))).toBe('ERR_COFFER_LOCKED')
    const waiting = call<string | number>(other, 'tryToOpen', storage, name, 20_000)
    await leave(holder, end)
    expect(await within('the free lock', 120_000, waiting)).toEqual(expect.any(Number))
    // Whether the driver gets over the crash is not what is looked at here.
    if (close) await within('the end of the browser', 60_000, close()).catch(() => undefined)
    else await Promise.all([holder.close(), other.close()])
  })

  test('a tab that is frozen keeps its lock, and others are told', async () => {
    const [holder, other] = await Promise.all([openTab(profile.context, site.url), openTab(profile.context, site.url)])
    await call(holder, 'hold', storage, 'frozen')
    const session = await profile.context.newCDPSession(holder)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    expect(await call(other, 'tryToOpen', storage, 'frozen', 100)).toBe('ERR_COFFER_LOCKED')
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    expect(await call(holder, 'tryToOpen', storage, 'frozen', 50)).toBe('ERR_COFFER_LOCKED')
    await Promise.all([holder.close(), other.close()])
  })

  test('a full disk leaves the coffer as it was, and it goes on when there is space again', async () => {
    // Its own profile: Chromium remembers for a while that there was space.
    const fresh = await openBrowser()
    try {
      const page = await openTab(fresh.context, site.url)
      const session = await fresh.context.newCDPSession(page)
      const origin = new URL(site.url).origin
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20_000_000 })
      expect(await call(page, 'fillDisk', storage, 'full', 'fill')).toBe('ERR_COFFER_FULL one')
      await session.send('Storage.overrideQuotaForOrigin', { origin })
      expect(await call(page, 'fillDisk', storage, 'full', 'go on')).toBe('one two true')
    } finally {
      await fresh.close()
    }
  })

  test.each(['bank', 'store', 'market', 'null'] as const)('an exported %s opens on Node and in PyCoffer', async (variant) => {
    const page = await openTab(profile.context, site.url)
    const { bytes, keys } = await call<{ bytes: string; keys: Record<string, string> }>(page, 'exportBytes', storage, variant)
    await page.close()
    const folder = await mkdtemp(join(tmpdir(), 'coffer-export-'))
    try {
      const path = join(folder, 'exported.pcof')
      await writeFile(path, Buffer.from(bytes, 'base64'))
      const decoded = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, new Uint8Array(Buffer.from(value, 'base64'))]))
      const coffer = await openCoffer(path, { variant, keys: decoded })
      expect(await coffer.readText('notes/today.txt')).toBe('made in a browser\n')
      const large = await coffer.read('large')
      expect((await coffer.verify()).ok).toBe(true)
      await coffer.close()
      await using pycoffer = await startPycoffer('current')
      await using theirs = await pycoffer.open({ kind: variant === 'bank' ? 'bank-fernet' : variant, path, ...decoded })
      expect(Buffer.from(await theirs.read('notes/today.txt')).toString()).toBe('made in a browser\n')
      expect(Buffer.compare(await theirs.read('large'), large)).toBe(0)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('coffers made by Node and by PyCoffer are imported', async () => {
    const page = await openTab(profile.context, site.url)
    for (const { name, path, kind, cofferKey, secureKey } of pycofferFixtures) {
      // Its key in the manifest is not the one that it was written with.
      if (name === 'bank-aes.pcof') continue
      const keys = Object.fromEntries(Object.entries({ cofferKey, secureKey }).flatMap(([key, value]) => (value ? [[key, Buffer.from(value).toString('base64')]] : [])))
      const variant = kind.startsWith('bank') ? 'bank' : kind
      const text = await call<string>(page, 'importBytes', storage, variant, (await readFile(path)).toString('base64'), keys, 'hello.txt', true)
      expect(text.length).toBe(16)
    }
    const folder = await mkdtemp(join(tmpdir(), 'coffer-import-'))
    try {
      const path = join(folder, 'made.pcof')
      const cofferKey = new Uint8Array(32).fill(3)
      const coffer = await openCoffer(path, { mode: 'x', keys: { cofferKey } })
      await coffer.write('a.txt', 'made by Node')
      await coffer.close()
      const keys = { cofferKey: Buffer.from(cofferKey).toString('base64') }
      expect(await call(page, 'importBytes', storage, 'store', (await readFile(path)).toString('base64'), keys, 'a.txt', false)).toBe('made by Node')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    await page.close()
  })
})

interface Report {
  readonly writes: number
  readonly reads: number
  readonly compactions: number
}

async function leave(page: Page, how: string): Promise<void> {
  if (how === 'navigated away') {
    await page.goto('about:blank')
    return
  }
  if (how === 'closed') {
    await page.close()
    return
  }
  const session = await page.context().newCDPSession(page)
  if (how === 'crashed') void session.send('Page.crash').catch(() => undefined)
  else await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  if (how !== 'crashed') await page.close()
}
