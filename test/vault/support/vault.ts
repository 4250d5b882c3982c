import { test as base, type Page } from '@playwright/test'
import { contentSecurityPolicy } from '../../../examples/vault/content-security-policy.js'
import { serve, type Site } from '../../e2e/support/site.js'

/** A password that all tests of the vault use, and look for where it must not be. */
export const PASSWORD = 'correct horse battery staple 42'

export interface VaultFixtures {
  /** Where the vault is served, to this test alone: `site.close()` is the network being gone. */
  readonly site: Site
  /** A page with a vault of its own that was just made and is open; what its console complains of fails the test. */
  readonly vault: Page
}

/** Playwright's `test` with the vault, built and served as it would be in the open. */
export const test = base.extend<VaultFixtures>({
  // Playwright reads the names of the fixtures out of the pattern, so there has to be one.
  // oxlint-disable-next-line eslint/no-empty-pattern
  site: async ({}, use) => {
    const site = await serve(process.env['COFFER_VAULT_DIST'] ?? '', contentSecurityPolicy)
    await use(site)
    await site.close()
  },
  vault: async ({ page, site }, use) => {
    const complaints = watchConsole(page)
    await page.goto(site.url)
    await createVault(page)
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

/** Makes a vault, as a user does, and goes on to its files. */
export async function createVault(page: Page, { name = 'Papers', password = PASSWORD } = {}): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Make it' }).click()
  await page.getByRole('navigation', { name: 'Vault' }).waitFor({ timeout: 30_000 })
}

export async function unlockVault(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Unlock' }).click()
  await page.getByRole('navigation', { name: 'Vault' }).waitFor({ timeout: 30_000 })
}
