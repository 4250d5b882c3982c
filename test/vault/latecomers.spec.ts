import type { Page } from '@playwright/test'
import { fillWithEverything, keep, withFolder } from './support/rescue.js'
import { toast } from './support/files.js'
import { expect, fillNewVault, holdLock, lockVault, PASSWORD, test, unlockVault } from './support/vault.js'

/** The vaults whose writer this tab is. */
async function opened(page: Page): Promise<string[]> {
  const { held = [] } = await page.evaluate(() => navigator.locks.query())
  return held.flatMap(({ name }) => (name?.startsWith('vault:writer:') === true ? [name.slice('vault:writer:'.length)] : []))
}

test('a vault that is made late, when another one is open, is closed: that one stays and is locked as any', async ({ vault }) => {
  await lockVault(vault)
  await vault.getByRole('button', { name: 'Make another vault' }).click()
  await fillNewVault(vault, { name: 'Work' })
  const letItBeMade = await holdLock(vault, 'vault:making:Work')
  await vault.getByRole('button', { name: 'Make the vault' }).click()
  await expect(vault.getByText('Making keys')).toBeVisible()
  await vault.getByRole('button', { name: 'Back to the vaults' }).click()
  await vault.getByRole('button', { name: 'Papers' }).click()
  await unlockVault(vault)
  await letItBeMade()
  await expect(toast(vault, 'The vault “Work” is ready, and locked')).toContainText('Make a new recovery code')
  await expect.poll(() => opened(vault)).toEqual(['Papers'])
  await expect(vault.locator('.shell-name')).toHaveText('Papers')
  await vault.getByRole('button', { name: 'Lock', exact: true }).click()
  await expect(vault.getByText('The vault is locked.')).toBeVisible()
  await vault.getByRole('button', { name: 'Work' }).click()
  await unlockVault(vault)
  await expect(vault.locator('.shell-name')).toHaveText('Work')
})

test('so is one that is imported late', async ({ vault }) => {
  await withFolder(async (folder) => {
    const kept = await keep(folder, 'bank', fillWithEverything, 'Work')
    await lockVault(vault)
    await vault.getByRole('button', { name: 'Import a vault' }).click()
    const dialog = vault.getByRole('dialog')
    await dialog.getByLabel(/Choose the vault file/).setInputFiles([kept.coffer, kept.keyring])
    await dialog.getByLabel('Password or recovery code').fill(PASSWORD)
    const letItBeOpened = await holdLock(vault, 'vault:writer:Work')
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect.poll(() => vault.evaluate(async () => (await indexedDB.databases()).length > 0 && (await navigator.locks.query()).held?.some(({ name }) => name === 'vault:making:Work'))).toBe(false)
    await expect(dialog.getByText('Copying')).toBeVisible()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await unlockVault(vault)
    await letItBeOpened()
    await expect(toast(vault, 'The vault “Work” is ready, and locked')).toBeVisible()
    await expect.poll(() => opened(vault)).toEqual(['Papers'])
    await expect(vault.locator('.shell-name')).toHaveText('Papers')
    await vault.getByRole('button', { name: 'Lock', exact: true }).click()
    await expect(vault.getByRole('listitem')).toContainText(['Papers', 'Work'])
  })
})
