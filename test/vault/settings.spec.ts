import type { Page } from '@playwright/test'
import { createVault, enterRecoveryCode, expect, isOpen, lockVault, PASSWORD, test, unlockVault, watchConsole } from './support/vault.js'

const another = 'seven green lanterns over Tromso 19'

async function openSettings(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
}

async function addFile(page: Page, name: string, text: string): Promise<void> {
  await page.getByTestId('pick-files').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
  await expect(page.getByRole('option').filter({ hasText: name })).toBeVisible()
}

test('the password is changed, once the old one was given', async ({ vault }) => {
  await openSettings(vault)
  await vault.getByRole('button', { name: 'Change the password' }).click()
  await vault.getByLabel('Old password').fill('another one')
  await vault.getByLabel('New password', { exact: true }).fill(another)
  await vault.getByLabel('New password again').fill(another)
  await vault.getByRole('button', { name: 'Change it' }).click()
  await expect(vault.getByText('The old password is another one.')).toBeVisible()
  await vault.getByLabel('Old password').fill(PASSWORD)
  await vault.getByRole('button', { name: 'Change it' }).click()
  await expect(vault.getByText('The password was changed.')).toBeVisible()
  await lockVault(vault)
  await vault.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await vault.getByRole('button', { name: 'Unlock', exact: true }).click()
  await expect(vault.getByRole('alert')).toContainText('does not open the vault')
  await unlockVault(vault, another)
})

test('a new recovery code makes the old one useless, and the reminder stays until it is proved', async ({ vault: page, template }) => {
  await openSettings(page)
  await expect(page.getByText('You have not proved yet')).toBeVisible()
  await page.getByRole('button', { name: 'New recovery code' }).click()
  await page.getByRole('button', { name: 'Make it' }).click()
  const second = (await page.getByRole('status', { name: 'Recovery code' }).textContent()) ?? ''
  expect(second).not.toBe(template.recoveryCode)
  await page.getByLabel('Type it back').fill(second)
  await page.getByRole('button', { name: 'Check it' }).click()
  await expect(page.getByText('You have not proved yet')).toBeHidden()
  await lockVault(page)
  await enterRecoveryCode(page, template.recoveryCode)
  await expect(page.getByRole('alert')).toContainText('does not open the vault')
  await page.getByLabel('Recovery code').fill(second)
  await page.getByRole('button', { name: 'Unlock', exact: true }).click()
  await page.getByRole('button', { name: 'Keep the old one' }).click()
  await isOpen(page)
})

test('new keys seal everything anew; the password stays, and the code is another one', async ({ vault }) => {
  await addFile(vault, 'letter.txt', 'Dear vault')
  await openSettings(vault)
  await vault.getByRole('button', { name: 'New keys' }).click()
  await vault.getByLabel('Password of the vault').fill('another one')
  await vault.getByRole('button', { name: 'Make new keys' }).click()
  await expect(vault.getByText('The password is another one.')).toBeVisible()
  await vault.getByLabel('Password of the vault').fill(PASSWORD)
  await vault.getByRole('button', { name: 'Make new keys' }).click()
  await expect(vault.getByRole('status', { name: 'Recovery code' })).toBeVisible()
  await vault.getByRole('button', { name: 'Later' }).click()
  await lockVault(vault)
  await unlockVault(vault)
  await expect(vault.getByRole('option').filter({ hasText: 'letter.txt' })).toBeVisible()
})

test('space is told of and freed, and the vault is checked', async ({ vault }) => {
  await openSettings(vault)
  await expect(vault.getByText('used by all vaults here')).toBeVisible()
  await vault.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(vault.getByText('All of it is whole')).toBeVisible()
  await vault.getByRole('button', { name: 'Free space' }).click()
  await expect(vault.getByText('has left the vault’s file')).toBeVisible()
})

test('a browser that tells nothing of its disk keeps a vault all the same', async ({ page, site }) => {
  const complaints = watchConsole(page)
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'storage', { value: undefined }))
  await page.goto(site.url)
  await createVault(page)
  await addFile(page, 'letter.txt', 'kept')
  await openSettings(page)
  await expect(page.getByText('The browser does not say how much is used.')).toBeVisible()
  expect(complaints).toEqual([])
})

test('a vault is deleted once its name was typed, and nothing of it stays', async ({ vault }) => {
  await openSettings(vault)
  await vault.getByRole('button', { name: 'Delete the vault' }).click()
  await vault.getByLabel('Name of the vault').fill('Paper')
  await vault.getByRole('button', { name: 'Delete for good' }).click()
  await expect(vault.getByText('That is another name.')).toBeVisible()
  await vault.getByLabel('Name of the vault').fill('Papers')
  await vault.getByRole('button', { name: 'Delete for good' }).click()
  await expect(vault.getByRole('heading', { name: 'Make a vault' })).toBeVisible()
  await expect(vault.getByText('The vault was deleted.')).toBeVisible()
  const left = await vault.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const names: string[] = []
    const coffers = await root.getDirectoryHandle('coffer').catch(() => undefined)
    if (coffers) for await (const name of coffers.keys()) names.push(name)
    return names
  })
  expect(left).toEqual([])
})
