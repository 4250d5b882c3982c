import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Locator, Page } from '@playwright/test'
import { expect, isOpen, killPage, test, unlockVault } from './support/vault.js'

const row = (page: Page, name: string): Locator => page.getByRole('option').filter({ hasText: name })
const readsOnly = (page: Page): Locator => page.getByText('Another tab is changing this vault.')

async function addFile(page: Page, name: string): Promise<void> {
  await page.getByTestId('pick-files').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(name) })
  await expect(row(page, name)).toBeVisible()
}

async function openTab(page: Page): Promise<Page> {
  const tab = await page.context().newPage()
  await tab.goto(page.url())
  await unlockVault(tab)
  return tab
}

/** A file that takes a while to add. */
async function largeFile(): Promise<string> {
  const path = test.info().outputPath('large.bin')
  await writeFile(path, randomBytes(96 << 20))
  return path
}

test('one tab writes, the others see it, and one of them takes over when it is closed', async ({ vault }) => {
  await addFile(vault, 'before.txt')
  const [second, third] = [await openTab(vault), await openTab(vault)]
  await expect(row(second, 'before.txt')).toBeVisible()
  await expect(readsOnly(second)).toBeVisible()
  await addFile(vault, 'meanwhile.txt')
  await expect(row(second, 'meanwhile.txt')).toBeVisible()
  await expect(row(third, 'meanwhile.txt')).toBeVisible()
  await vault.close()
  await expect(readsOnly(second)).toBeHidden()
  await expect(readsOnly(third)).toBeVisible()
  await addFile(second, 'after.txt')
  await expect(row(third, 'after.txt')).toBeVisible()
})

test('a tab that is killed while it writes is taken over from, and what it had committed is there', async ({ context, site, freshVault: vault }) => {
  await addFile(vault, 'kept.txt')
  const second = await openTab(vault)
  await vault.getByTestId('pick-files').setInputFiles(await largeFile())
  await expect(vault.getByRole('progressbar')).toBeVisible()
  await killPage(vault)
  await expect(readsOnly(second)).toBeHidden()
  await expect(row(second, 'kept.txt')).toBeVisible()
  await addFile(second, 'after.txt')
  await second.close()
  const third = await context.newPage()
  await third.goto(site.url)
  await unlockVault(third)
  await expect(row(third, 'after.txt')).toBeVisible()
})

test('many commits in a row, and a compaction, reach a tab that reads', async ({ vault }) => {
  const second = await openTab(vault)
  for (let i = 0; i < 6; i++) await addFile(vault, `file-${i}.txt`)
  await vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await vault.getByRole('button', { name: 'Free space' }).click()
  await expect(vault.getByText('has left the vault’s file')).toBeVisible()
  await vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Files' }).click()
  await addFile(vault, 'last.txt')
  for (const name of ['file-0.txt', 'file-5.txt', 'last.txt']) await expect(row(second, name)).toBeVisible()
  await expect(readsOnly(second)).toBeVisible()
})

test('a vault that is deleted in another tab sends this one to the entry, with words', async ({ vault }) => {
  const second = await openTab(vault)
  await vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await vault.getByRole('button', { name: 'Delete the vault' }).click()
  await vault.getByLabel('Name of the vault').fill('Papers')
  await vault.getByRole('button', { name: 'Delete for good' }).click()
  await expect(second.getByText('The vault was deleted.')).toBeVisible()
  await expect(second.getByRole('heading', { name: 'Make a vault' })).toBeVisible()
})

test('a new password locks the other tabs, which open with it', async ({ vault }) => {
  const second = await openTab(vault)
  await vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await vault.getByRole('button', { name: 'New recovery code' }).click()
  await vault.getByRole('button', { name: 'Make it' }).click()
  await expect(second.getByText('has changed how the vault opens')).toBeVisible()
  await unlockVault(second)
  await isOpen(second)
})
