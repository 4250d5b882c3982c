import { expect, PASSWORD, test, unlockVault } from './support/vault.js'

test('a vault is made, locked and unlocked again', async ({ vault }) => {
  await vault.getByRole('button', { name: 'Lock' }).click()
  await vault.getByLabel('Password').fill(`${PASSWORD}?`)
  await vault.getByRole('button', { name: 'Unlock' }).click()
  await expect(vault.getByRole('alert')).toBeVisible()
  await unlockVault(vault)
})
