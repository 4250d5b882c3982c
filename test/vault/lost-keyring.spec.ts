import type { Locator, Page } from '@playwright/test'
import { loseRecord } from './support/disk.js'
import { add, file, row, toast } from './support/files.js'
import { addPasskey, openSettings, plugIn, setPresent } from './support/passkeys.js'
import { expect, isOpen, lockVault, PASSWORD, test, unlockByCode, unlockVault } from './support/vault.js'

const NEW_PASSWORD = 'three blind mice in a wet boat 7'
const dialog = (page: Page, name: string): Locator => page.getByRole('dialog', { name })

async function fillNewPassword(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Change the password' }).click()
  const change = dialog(page, 'Change the password')
  await change.getByLabel('Old password').fill(PASSWORD)
  for (const label of ['New password', 'New password again']) await change.getByLabel(label, { exact: true }).fill(NEW_PASSWORD)
  return change
}

async function makeCode(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'New recovery code' }).click()
  await page.getByRole('button', { name: 'Make it' }).click()
  const code = (await page.getByRole('status', { name: 'Recovery code' }).textContent()) ?? ''
  await page.getByRole('button', { name: 'Later' }).click()
  return code
}

test('what cannot be saved of a change is none of it, and the next one goes on without it', async ({ vault }) => {
  await openSettings(vault)
  await loseRecord(vault, 1, 2)
  const change = await fillNewPassword(vault)
  await vault.keyboard.press('Enter')
  await expect(change.getByRole('alert')).toContainText('no more space')
  await change.getByRole('button', { name: 'Cancel' }).click()
  await vault.getByRole('button', { name: 'New recovery code' }).click()
  await vault.getByRole('button', { name: 'Make it' }).click()
  await expect(toast(vault, 'no more space')).toBeVisible()
  const written = vault.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const { put } = IDBObjectStore.prototype
        IDBObjectStore.prototype.put = function watched(value: unknown, key?: IDBValidKey) {
          resolve(this.transaction.durability)
          return put.call(this, value, key)
        }
      }),
  )
  const code = await makeCode(vault)
  // A coffer's new keys are on the disk by then: its keyring must not be behind after a power cut.
  expect(await written).toBe('strict')
  await lockVault(vault)
  await unlockVault(vault, PASSWORD)
  await lockVault(vault)
  await unlockByCode(vault, code)
})

test('new keys of which a step cannot be saved are ended at once, or by the next change', async ({ vault }) => {
  const renewKeys = async (): Promise<void> => {
    await vault.getByRole('button', { name: 'New keys' }).click()
    await vault.getByLabel('Password of the vault').fill(PASSWORD)
    await vault.getByRole('button', { name: 'Make new keys' }).click()
    const told = vault.getByRole('region', { name: 'Tasks' }).getByRole('alert')
    await expect(told).toContainText('no more space')
    await told.getByRole('button', { name: 'Dismiss' }).click()
  }
  await add(vault, file('letter.txt', 'Dear vault'))
  await openSettings(vault)
  const hasThem = toast(vault, 'The vault has its new keys by now')
  // That the coffer is to have them.
  await loseRecord(vault)
  await renewKeys()
  await expect(hasThem).toBeHidden()
  // That it has them.
  await loseRecord(vault, 2)
  await renewKeys()
  await expect(hasThem).toBeVisible()
  await hasThem.getByRole('button', { name: 'Dismiss' }).click()
  // That either, when it is tried once more.
  await loseRecord(vault, 2, 3)
  await renewKeys()
  await expect(hasThem).toBeHidden()
  const code = await makeCode(vault)
  await expect(hasThem).toBeVisible()
  await lockVault(vault)
  await unlockByCode(vault, code)
  await expect(row(vault, 'letter.txt')).toBeVisible()
})

test('closing the dialog of a passkey takes back what the device asks, and other changes go on', async ({ vault }) => {
  const device = await plugIn(vault)
  await setPresent(device, false)
  await addPasskey(vault, 'Thumb')
  const asks = dialog(vault, 'Add a passkey')
  await expect(asks.getByText('Follow what your device asks for.')).toBeVisible()
  await asks.getByRole('button', { name: 'Cancel' }).click()
  await expect(toast(vault, 'No passkey was added.')).toBeVisible()
  await makeCode(vault)
  await setPresent(device, true)
  // One that cannot be saved is none either.
  await loseRecord(vault)
  await addPasskey(vault, 'Thumb')
  await expect(asks.getByRole('alert')).toContainText('no more space')
  await asks.getByRole('button', { name: 'Go on' }).click()
  await expect(vault.getByRole('heading', { name: 'Thumb' })).toBeVisible()
  await lockVault(vault)
  await vault.getByRole('button', { name: 'Unlock with a passkey' }).click()
  await isOpen(vault)
})
