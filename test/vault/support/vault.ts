import { test as base, type Page } from '@playwright/test'
import { contentSecurityPolicy } from '../../../examples/vault/content-security-policy.js'
import { serve, type Site } from '../../e2e/support/site.js'
import { plantTemplate, takeTemplate, type Template } from './template.js'

/** A password that all tests of the vault use, and look for where it must not be. */
export const PASSWORD = 'correct horse battery staple 42'

export interface VaultFixtures {
  /** Where the vault is served, to this test alone: `site.close()` is the network being gone. */
  readonly site: Site
  /** A page with a vault of its own that is open; what its console complains of fails the test. */
  readonly vault: Page
}

interface WorkerFixtures {
  /** A vault that was made once: making one takes several times as long as unlocking it. */
  readonly template: Template
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
  // Playwright reads the names of the fixtures out of the pattern, so there has to be one.
  // oxlint-disable-next-line eslint/no-empty-pattern
  site: async ({}, use) => {
    const site = await serve(process.env['COFFER_VAULT_DIST'] ?? '', contentSecurityPolicy)
    await use(site)
    await site.close()
  },
  vault: async ({ page, site, template }, use) => {
    const complaints = watchConsole(page)
    await openVault(page, site, template)
    await use(page)
    if (complaints.length > 0) throw new Error(`The console says: ${complaints.join('\n')}`)
  },
})

export { expect } from '@playwright/test'

/** Collects errors and warnings of a page: breaches of its policy too. */
export function watchConsole(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  return complaints
}

/** Opens a vault in a browser that has none yet: one that was made before, as it was then. */
export async function openVault(page: Page, { url }: Site, template: Template): Promise<void> {
  await page.goto(url)
  await plantTemplate(page, template)
  await page.reload()
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

/** Waits until a vault is open. */
export async function isOpen(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).waitFor({ timeout: 30_000 })
}

/** Locks the vault by its button, and waits for the page that comes then. */
export async function lockVault(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Lock', exact: true }).click()
  await page.getByRole('button', { name: 'Unlock', exact: true }).waitFor()
}

/** Kills the page's process, as a crash of the browser does: nothing of the page runs any more. */
export async function killPage(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  const gone = page.waitForEvent('crash')
  // It has nobody to answer.
  cdp.send('Page.crash').catch(() => undefined)
  await gone
}
