import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page, Response } from '@playwright/test'
import { contentSecurityPolicy } from '../../examples/vault/content-security-policy.js'
import { serve } from '../e2e/support/site.js'
import { createVault, expect, fillNewVault, lockVault, test, unlockVault } from './support/vault.js'

/** Bytes, gzipped, until the first page can be used. The issue that asked for it allows 1 MB. */
const FIRST_LOAD_BYTES = 250_000

interface Manifest {
  readonly name: string
  readonly short_name: string
  readonly start_url: string
  readonly display: string
  readonly icons: readonly { readonly src: string; readonly sizes: string; readonly purpose?: string }[]
}

test('can be installed: manifest, icons, a service worker that controls the page', async ({ page, site }) => {
  await page.goto(site.url)
  await controlled(page)
  const cdp = await page.context().newCDPSession(page)
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors')
  // A window of a test has no profile of its own, which is all that is said against it.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([])
  const { data, errors } = await cdp.send('Page.getAppManifest')
  expect(errors).toEqual([])
  const manifest = JSON.parse(data ?? '') as Manifest
  expect(manifest).toMatchObject({ start_url: '/', display: 'standalone' })
  for (const { src, sizes } of manifest.icons.filter(({ src }) => src.endsWith('.png'))) {
    const bytes = await (await page.request.get(new URL(src, site.url).href)).body()
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, src).toBe(sizes)
  }
})

test('works with the server gone after the first load', async ({ page, site }) => {
  await page.goto(site.url)
  await controlled(page)
  await createVault(page)
  await site.close()
  await page.reload()
  await unlockVault(page)
  for (const [pane, heading] of [['Passwords', 'Passwords'], ['Notes', 'Notes'], ['Settings', 'Settings'], ['Files', 'Papers']] as const) {
    await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()
    await page.getByRole('heading', { name: heading, exact: true }).waitFor()
  }
})

test('asks nobody else for anything, and loads little at first', async ({ page, site }) => {
  const foreign: string[] = []
  const loaded = new Map<string, number>()
  page.on('request', (request) => {
    if (!request.url().startsWith(site.url) && !/^(?:blob|data):/.test(request.url())) foreign.push(request.url())
  })
  const bodies: Promise<unknown>[] = []
  const take = async (response: Response): Promise<void> => {
    if (!response.fromServiceWorker()) loaded.set(response.url(), gzipSync(await response.body().catch(() => Buffer.alloc(0))).length)
  }
  page.on('response', (response) => bodies.push(take(response)))
  // What the service worker fetches ahead is not what the first page waits for.
  await page.route('**/sw.js', (route) => route.abort())
  await page.goto(site.url)
  await page.getByRole('button', { name: 'Make the vault' }).waitFor()
  await page.waitForLoadState('networkidle')
  await Promise.all(bodies)
  const bytes = [...loaded.values()].reduce((sum, size) => sum + size, 0)
  console.log(`first load: ${(bytes / 1000).toFixed(1)} KB gzipped in ${loaded.size} files`)
  expect(bytes).toBeLessThan(FIRST_LOAD_BYTES)
  await createVault(page)
  expect(foreign).toEqual([])
})

test('keeps ahead all that the page is made of, and nothing older or else', async ({ page, site }) => {
  const folder = process.env['COFFER_VAULT_DIST'] ?? ''
  await page.goto(new URL('/icon.svg', site.url).href)
  // Where an older Workbox kept its files.
  await page.evaluate(async () => {
    const older = await caches.open(`workbox-precache-v1-${location.origin}/`)
    await older.put('/older.js', new Response('older'))
  })
  await page.goto(site.url)
  await controlled(page)
  const kept = await page.evaluate(async () => {
    const paths: string[] = []
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname)
    return paths.toSorted()
  })
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const built = entries.filter((entry) => entry.isFile() && entry.name !== 'sw.js').map(({ parentPath, name }) => join(parentPath, name).slice(folder.length))
  expect(kept).toEqual(built.toSorted())
})

test('a new version waits until it is taken, and as long as something is unsaved', async ({ page }) => {
  await withNewVersion(page, async () => {
    const banner = page.getByText('A new version is ready')
    await expect(banner).toBeVisible()
    await openPane(page, 'Passwords')
    await beginLogin(page)
    const take = page.getByRole('button', { name: 'Update' })
    await expect(take).toBeDisabled()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Discard' }).click()
    await expect(take).toBeEnabled()
    await take.click()
    await unlockVault(page)
    await expect(banner).toBeHidden()
    expect(await page.evaluate(async () => (await (await fetch('/sw.js')).text()).includes('another version'))).toBe(true)
  })
})

test('a vault that is open and not shown yet is locked before a new version is taken', async ({ page }) => {
  await withNewVersion(page, async () => {
    await expect(page.getByText('A new version is ready')).toBeVisible()
    await lockVault(page)
    await page.getByRole('button', { name: 'Make another vault' }).click()
    await fillNewVault(page, { name: 'Work' })
    await page.getByRole('button', { name: 'Make the vault' }).click()
    await page.getByRole('button', { name: 'Later' }).waitFor()
    await expect(page.getByText('The vault is locked when it is taken.')).toBeVisible()
    await page.getByRole('button', { name: 'Update' }).click()
    await expect(page.getByText('The vault is locked.', { exact: true })).toBeVisible()
  })
})

test('asks before it is closed with something unsaved, and only then', async ({ vault }) => {
  const asked: string[] = []
  vault.on('dialog', (dialog) => {
    asked.push(dialog.type())
    void dialog.accept()
  })
  await openPane(vault, 'Passwords')
  await beginLogin(vault)
  await vault.reload()
  expect(asked).toEqual(['beforeunload'])
  await unlockVault(vault)
  await vault.reload()
  expect(asked).toEqual(['beforeunload'])
})

test('tells how long until it locks by itself', async ({ vault }) => {
  await expect(vault.getByRole('timer')).toContainText('15 min')
})

test('what was chosen of the colours holds, in the window too', async ({ vault }) => {
  await openPane(vault, 'Settings')
  await vault.getByLabel('Colours').selectOption('dark')
  const colors = (): Promise<string[]> =>
    vault.evaluate(() => [getComputedStyle(document.documentElement).colorScheme, ...Array.from(document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]'), ({ content }) => content)])
  expect(await colors()).toEqual(['dark', '#151d1b', '#151d1b'])
  await vault.reload()
  expect(await colors()).toEqual(['dark', '#151d1b', '#151d1b'])
})

/** A vault that is open when another version of it is put on the server. */
async function withNewVersion(page: Page, then: () => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'coffer-vault-'))
  await cp(process.env['COFFER_VAULT_DIST'] ?? '', folder, { recursive: true })
  const site = await serve(folder, contentSecurityPolicy)
  try {
    await page.goto(site.url)
    await controlled(page)
    await createVault(page)
    const script = await readFile(join(folder, 'sw.js'), 'utf8')
    await writeFile(join(folder, 'sw.js'), `${script}\n// another version`)
    await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
    await then()
  } finally {
    await site.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Types something that is not saved. */
async function beginLogin(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Bank')
}

async function openPane(page: Page, pane: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()
}

async function controlled(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
}
