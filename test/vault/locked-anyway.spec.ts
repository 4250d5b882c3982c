import type { Locator, Page } from '@playwright/test'
import { fillDisk } from './support/disk.js'
import { addNoise } from './support/files.js'
import { expect, lockVault, test, unlockVault } from './support/vault.js'

const lock = (page: Page): Locator => page.getByRole('button', { name: 'Lock', exact: true })
const unlock = (page: Page): Locator => page.getByRole('button', { name: 'Unlock', exact: true })
const text = (page: Page): Locator => page.getByLabel('Text of the note')

async function writeNote(page: Page, words: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Notes' }).click()
  await page.getByRole('button', { name: 'New note' }).click()
  await page.getByLabel('Title', { exact: true }).fill('List')
  await text(page).fill(words)
}

test('a question that was left open keeps no vault open: another tab locks it all the same', async ({ vault }) => {
  const other = await vault.context().newPage()
  await other.goto(vault.url())
  await unlockVault(other)
  await fillDisk(vault)
  await writeNote(vault, 'milk')
  await lock(vault).click()
  await expect(vault.getByRole('dialog', { name: 'Not everything is saved' })).toBeVisible()
  await lockVault(other)
  await expect(unlock(vault)).toBeVisible()
  await expect(vault.getByText('locked in another tab')).toBeVisible()
})

test('whoever ends what runs and locks does not lose what was typed meanwhile', async ({ vault }) => {
  // A file that takes a while to read: what is saved meanwhile has to wait for it.
  await vault.evaluate(() => {
    const { arrayBuffer } = Blob.prototype
    Blob.prototype.arrayBuffer = async function slow(this: Blob) {
      await new Promise((resolve) => setTimeout(resolve, 250))
      return arrayBuffer.call(this)
    }
  })
  await addNoise(vault, 96)
  await writeNote(vault, 'milk')
  await lock(vault).click()
  await vault.getByRole('dialog', { name: 'Something is still under way' }).getByRole('button', { name: 'End it and lock' }).click()
  await unlockVault(vault)
  await vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Notes' }).click()
  await vault.getByRole('list', { name: 'Notes' }).getByRole('button').click()
  await expect(text(vault)).toHaveValue('milk')
})
