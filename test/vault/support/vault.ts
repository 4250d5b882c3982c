import { test as base, type BrowserContext, type Page } from '@playwright/test'
import { contentSecurityPolicy } from '../../../examples/vault/content-security-policy.js'
import { serve, type Site } from '../../e2e/support/site.js'
import { clearStorage, plantTemplate, takeTemplate, type Template } from './template.js'

/** A password that all tests of the vault use, and look for where it must not be. */
export const PASSWORD = 'correct horse battery staple 42'

export interface VaultFixtures {
  /** Where the vault is served, to this test alone: `site.close()` is the network being gone. */
  readonly site: Site
  /**
   * A page with a vault of its own that is open; what its console complains of fails the test. Its browser was at the vault's site before, as
   * that of most users was: of what it keeps only the service worker and its files stay from test to test.
   * What a test changes of the context itself (routes, permissions, the clock, being offline) would stay too: that is for `freshVault`.
   */
  readonly vault: Page
  /** The same in a browser that is there for the first time, and is this test's alone: with `page`, `context` and `site`. */
  readonly freshVault: Page
}

interface WorkerFixtures {
  /** A vault that was made once: making one takes several times as long as unlocking it. */
  readonly template: Template
  /** What the tests that take `vault` share, one after the other. */
  readonly visited: { readonly context: BrowserContext; readonly site: Site }
}

/** Playwright's `test` with the vault, built and served as it would be in the open. */
export const test = base.extend<VaultFixtures, WorkerFixtures>({
  template: [
    async ({ browser }, use) => {
      const site = await serve(process.env['COFFER_VAULT_DIST'] ?? '', contentSecurityPolicy)
      const page = await browser.newPage()
      await page.goto(site.url)
      const recoveryCode = await createVault(page)
      await lockVault(page)
      const template = await takeTemplate(page, recoveryCode)
      await page.close()
      await site.close()
      await use(template)
    },
    { scope: 'worker' },
  ],
  visited: [
    async ({ browser }, use) => {
      const site = await serve(process.env['COFFER_VAULT_DIST'] ?? '', contentSecurityPolicy)
      // What moves costs a fifth of the time around a dialog; tests with a browser of their own see it move.
      // Wide, whoever comes first: else it would take over what that test has its own pages be, a phone's width for one.
      const context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 720 } })
      context.setDefaultTimeout(30_000)
      const page = await context.newPage()
      await page.goto(site.url)
      await page.evaluate(async () => void (await navigator.serviceWorker.ready))
      await page.close()
      await use({ context, site })
      await context.close()
      await site.close()
    },
    { scope: 'worker' },
  ],
  // Playwright reads the names of the fixtures out of the pattern, so there has to be one.
  // oxlint-disable-next-line eslint/no-empty-pattern
  site: async ({}, use) => {
    const site = await serve(process.env['COFFER_VAULT_DIST'] ?? '', contentSecurityPolicy)
    await use(site)
    await site.close()
  },
  vault: async ({ visited: { context, site }, template, viewport }, use, testInfo) => {
    const page = await context.newPage()
    if (viewport) await page.setViewportSize(viewport)
    const complaints = watchConsole(page)
    await page.goto(emptyPage(site))
    await clearStorage(page)
    await plantTemplate(page, template)
    await page.goto(site.url)
    await unlockVault(page)
    await use(page)
    if (testInfo.status !== testInfo.expectedStatus) await tellWhatIsShown(context)
    await Promise.all(context.pages().map((each) => each.close()))
    if (complaints.length > 0) throw new Error(`The console says: ${complaints.join('\n')}`)
  },
  freshVault: async ({ page, site, template }, use) => {
    const complaints = watchConsole(page)
    await openVault(page, site, template)
    await use(page)
    if (complaints.length > 0) throw new Error(`The console says: ${complaints.join('\n')}`)
  },
})

export { expect } from '@playwright/test'

/** What a test that failed was looking at, for its log: Playwright tells it of pages that it has made itself. */
async function tellWhatIsShown(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) {
    const text = await page.evaluate(() => document.body.innerText).catch(String)
    console.log(`\nThe page ${page.url()} shows:\n${text}\n`)
  }
}

/** Collects errors and warnings of a page: breaches of its policy too. */
export function watchConsole(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  return complaints
}

/** A page of the vault's origin that costs nothing, and that no service worker comes with. */
function emptyPage({ url }: Site): string {
  return `${url}icon.svg`
}

/** Opens a vault in a browser that has none yet: one that was made before, as it was then. */
export async function openVault(page: Page, site: Site, template: Template): Promise<void> {
  await page.goto(emptyPage(site))
  await plantTemplate(page, template)
  await page.goto(site.url)
  await unlockVault(page)
}

/** Makes a vault, as a user does who puts off proving the recovery code, and goes on to its files. What it gives is that code. */
export async function createVault(page: Page, { name = 'Papers', password = PASSWORD } = {}): Promise<string> {
  await fillNewVault(page, { name, password })
  await page.getByRole('button', { name: 'Make the vault' }).click()
  const code = await page.getByRole('status', { name: 'Recovery code' }).textContent({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Later' }).click()
  await isOpen(page)
  return code ?? ''
}

export async function fillNewVault(page: Page, { name = 'Papers', password = PASSWORD } = {}): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('Password again').fill(password)
}

export async function unlockVault(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Unlock', exact: true }).click()
  await isOpen(page)
}

/** Tries to open a locked vault with a recovery code. */
export async function enterRecoveryCode(page: Page, code: string): Promise<void> {
  await page.getByRole('button', { name: 'Use the recovery code' }).click()
  await page.getByLabel('Recovery code').fill(code)
  await page.getByRole('button', { name: 'Unlock', exact: true }).click()
}

/** Opens a locked vault with its recovery code, and keeps the password as it is. */
export async function unlockByCode(page: Page, code: string): Promise<void> {
  await enterRecoveryCode(page, code)
  await page.getByRole('button', { name: 'Keep the old one' }).click()
  await isOpen(page)
}

/** Waits until a vault is open. */
export async function isOpen(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).waitFor({ timeout: 30_000 })
}

/** Locks the vault by its button, and waits for the page that comes then. */
export async function lockVault(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Lock', exact: true }).click()
  await page.getByRole('button', { name: 'Unlock', exact: true }).waitFor()
}

/** From now on nobody in the page gets a lock of that name. The result lets whoever has asked for it have it. */
export async function holdLock(page: Page, name: string): Promise<() => Promise<void>> {
  await page.evaluate((held) => {
    const { request } = LockManager.prototype
    const { promise, resolve } = Promise.withResolvers<void>()
    LockManager.prototype.request = async function hold(this: LockManager, name: string, ...rest: unknown[]) {
      if (name === held) await promise
      return Reflect.apply(request, this, [name, ...rest]) as unknown
    }
    Object.assign(window, { letLockGo: resolve })
  }, name)
  return () => page.evaluate(() => (window as unknown as { letLockGo: () => void }).letLockGo())
}

/** Kills the page's process, as a crash of the browser does: nothing of the page runs any more. */
export async function killPage(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  const gone = page.waitForEvent('crash')
  // It has nobody to answer.
  cdp.send('Page.crash').catch(() => undefined)
  await gone
}
