import type { Page } from '@playwright/test'
import { addPasskey, openSettings, plugIn, setPresent } from './support/passkeys.js'
import { expect, isOpen, lockVault, PASSWORD, test, unlockVault } from './support/vault.js'

const unlockByPasskey = (page: Page): Promise<void> => page.getByRole('button', { name: 'Unlock with a passkey' }).click()

test('a passkey is added, opens the vault, is removed, and opens it no more', async ({ vault }) => {
  await plugIn(vault)
  await addPasskey(vault, 'Left thumb')
  await expect(vault.getByRole('heading', { name: 'Left thumb' })).toBeVisible()
  await lockVault(vault)
  await unlockByPasskey(vault)
  await isOpen(vault)
  await openSettings(vault)
  await vault.getByRole('button', { name: 'Remove the passkey Left thumb' }).click()
  await vault.getByRole('button', { name: 'Remove it' }).click()
  await expect(vault.getByRole('heading', { name: 'Left thumb' })).toBeHidden()
  await lockVault(vault)
  await expect(vault.getByRole('button', { name: 'Unlock with a passkey' })).toBeHidden()
  await unlockVault(vault, PASSWORD)
})

test('of two passkeys either opens the vault; one is called something else, the other removed, and the first still opens', async ({ vault }) => {
  const thumb = await plugIn(vault)
  await addPasskey(vault, 'Thumb')
  await expect(vault.getByRole('heading', { name: 'Thumb' })).toBeVisible()
  await setPresent(thumb, false)
  const stick = await plugIn(vault, { transport: 'usb' }, thumb.cdp)
  await addPasskey(vault, 'Stick')
  await expect(vault.getByRole('heading', { name: 'Stick' })).toBeVisible()

  await lockVault(vault)
  await unlockByPasskey(vault)
  await isOpen(vault)
  await lockVault(vault)
  await setPresent(stick, false)
  await setPresent(thumb, true)
  await unlockByPasskey(vault)
  await isOpen(vault)

  await openSettings(vault)
  await vault.getByRole('button', { name: 'Rename the passkey Thumb' }).click()
  const dialog = vault.getByRole('dialog', { name: 'Rename the passkey' })
  await expect(dialog.getByLabel('What you call it')).toHaveValue('Thumb')
  await expect(dialog.getByLabel('What you call it')).toBeFocused()
  await dialog.getByLabel('What you call it').fill(' ')
  await dialog.getByRole('button', { name: 'Rename', exact: true }).click()
  await expect(dialog.getByRole('alert')).toContainText('Give it a name.')
  await dialog.getByLabel('What you call it').fill('My thumb')
  await vault.keyboard.press('Enter')
  await expect(vault.getByRole('heading', { name: 'My thumb' })).toBeVisible()
  await vault.getByRole('button', { name: 'Remove the passkey Stick' }).click()
  await vault.getByRole('button', { name: 'Remove it' }).click()
  await expect(vault.getByRole('heading', { name: 'Stick' })).toBeHidden()

  await lockVault(vault)
  await unlockByPasskey(vault)
  await isOpen(vault)
  await openSettings(vault)
  await expect(vault.getByRole('button', { name: /^Remove the passkey/ })).toHaveText(['Remove the passkey My thumb'])
})

test('new keys shut out passkeys, also one that was added or used just before; it can be added again', async ({ vault }) => {
  await plugIn(vault)
  const renewKeys = async (): Promise<void> => {
    await vault.getByRole('button', { name: 'New keys' }).click()
    await expect(vault.getByText('passkeys have to be added again')).toBeVisible()
    await vault.getByLabel('Password of the vault').fill(PASSWORD)
    await vault.getByRole('button', { name: 'Make new keys' }).click()
    await vault.getByRole('button', { name: 'Later' }).click()
    await expect(vault.getByRole('button', { name: /^Remove the passkey/ })).toHaveCount(0)
    await expect(vault.locator('.toast').filter({ hasText: 'Add your passkey again' }).first()).toBeVisible()
  }
  await addPasskey(vault, 'Thumb')
  await expect(vault.getByRole('heading', { name: 'Thumb' })).toBeVisible()
  await renewKeys()
  await addPasskey(vault, 'Thumb')
  await expect(vault.getByRole('heading', { name: 'Thumb' })).toBeVisible()
  await lockVault(vault)
  await unlockByPasskey(vault)
  await isOpen(vault)
  await openSettings(vault)
  await renewKeys()
  await lockVault(vault)
  await expect(vault.getByRole('button', { name: 'Unlock with a passkey' })).toBeHidden()
  await unlockVault(vault)
})

test('a passkey without PRF is refused in words, and nothing is added', async ({ vault }) => {
  await plugIn(vault, { hasPrf: false })
  await addPasskey(vault, 'Old key')
  await expect(vault.getByRole('alert')).toContainText('without PRF')
  await vault.getByRole('button', { name: 'Cancel' }).click()
  await lockVault(vault)
  await expect(vault.getByRole('button', { name: 'Unlock with a passkey' })).toBeHidden()
})

test('a device makes no second passkey for the same vault', async ({ vault }) => {
  await plugIn(vault)
  await addPasskey(vault, 'First')
  await expect(vault.getByRole('heading', { name: 'First' })).toBeVisible()
  await addPasskey(vault, 'Second')
  await expect(vault.getByRole('alert')).toContainText('on the device already')
})

test('a passkey that is gone from the device, or is not confirmed, says so; the password still opens', async ({ vault }) => {
  const { cdp, authenticatorId } = await plugIn(vault)
  await addPasskey(vault, 'Thumb')
  await expect(vault.getByRole('heading', { name: 'Thumb' })).toBeVisible()
  await lockVault(vault)
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await unlockByPasskey(vault)
  await expect(vault.getByRole('alert')).toContainText('was not used')
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
  await unlockByPasskey(vault)
  await expect(vault.getByRole('alert')).toContainText('was not used')
  await unlockVault(vault)
})

test('a passkey whose output changes is not trusted with the vault', async ({ vault }) => {
  await plugIn(vault)
  // As devices have done it: the second time another output.
  await vault.evaluate(() => {
    const container = navigator.credentials
    const get = container.get.bind(container)
    let times = 0
    container.get = async (options) => {
      const credential = (await get(options)) as PublicKeyCredential
      times += 1
      const results = credential.getClientExtensionResults()
      const first = results.prf?.results?.first
      if (times === 2 && first instanceof ArrayBuffer) new Uint8Array(first)[0] = 1 + (new Uint8Array(first)[0] ?? 0)
      credential.getClientExtensionResults = () => results
      return credential
    }
  })
  await addPasskey(vault, 'Fickle')
  await expect(vault.getByRole('alert')).toContainText('two different outputs')
  await vault.getByRole('button', { name: 'Cancel' }).click()
  await lockVault(vault)
  await expect(vault.getByRole('button', { name: 'Unlock with a passkey' })).toBeHidden()
})

test('whoever leaves the form takes back what the device asks: it can be asked anew', async ({ vault }) => {
  const device = await plugIn(vault)
  await addPasskey(vault, 'Thumb')
  await expect(vault.getByRole('heading', { name: 'Thumb' })).toBeVisible()
  await lockVault(vault)
  await setPresent(device, false)
  await vault.evaluate(() => {
    const { get } = CredentialsContainer.prototype
    CredentialsContainer.prototype.get = function watched(options) {
      options?.signal?.addEventListener('abort', () => Object.assign(window, { isTakenBack: true }))
      return get.call(this, options)
    }
  })
  await unlockByPasskey(vault)
  await expect(vault.getByText('Follow what your device asks for.')).toBeVisible()
  await vault.getByRole('button', { name: 'Make another vault' }).click()
  await expect.poll(() => vault.evaluate(() => 'isTakenBack' in window)).toBe(true)
  await vault.getByRole('button', { name: 'Back to the vaults' }).click()
  await vault.getByRole('button', { name: 'Papers' }).click()
  await setPresent(device, true)
  await unlockByPasskey(vault)
  await isOpen(vault)
})
