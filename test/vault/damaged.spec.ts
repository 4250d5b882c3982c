import { readFile } from 'node:fs/promises'
import { openKeyring } from '@coffer/core'
import type { Download, Page } from '@playwright/test'
import { kitOfPage } from '../../examples/vault/src/model/rescue-kit.js'
import { expectNoOverflow, expectNoViolations } from './support/axe.js'
import { add, addNoise, file, row, titles } from './support/files.js'
import { enterRecoveryCode, expect, lockVault, PASSWORD, test, unlockVault } from './support/vault.js'

const damaged = (page: Page) => page.getByRole('alert').filter({ hasText: 'the vault’s file is damaged' })

/** Changes what stands in the file of a locked vault. */
async function changeFile(page: Page, how: 'its end' | 'its middle' | 'its beginning' | 'one more piece'): Promise<void> {
  await page.evaluate(async (how) => {
    const folder = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('coffer')).getDirectoryHandle('Papers')
    let largest: File | undefined
    for await (const handle of folder.values()) {
      const found = handle instanceof FileSystemFileHandle ? await handle.getFile() : undefined
      if (found && found.size > (largest?.size ?? 0)) largest = found
    }
    if (!largest) throw new Error('The vault has no file.')
    const bytes = new Uint8Array(await largest.arrayBuffer())
    const at = { 'its end': bytes.length - 40, 'its middle': 0, 'its beginning': 4, 'one more piece': bytes.length }[how]
    const end = how === 'its middle' ? bytes.length : how === 'one more piece' ? at : at + 8
    for (let i = how === 'its middle' ? 200 : at; i < end; i++) bytes[i] = (bytes[i] as number) ^ 0xff
    const target = await (await folder.getFileHandle(largest.name)).createWritable()
    await target.write(bytes)
    if (how === 'one more piece') await target.write(new Uint8Array(3000).fill(7))
    await target.close()
  }, how)
}

async function bytesOfFile(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    const folder = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('coffer')).getDirectoryHandle('Papers')
    let largest = new File([], '')
    for await (const handle of folder.values()) {
      const found = handle instanceof FileSystemFileHandle ? await handle.getFile() : largest
      if (found.size > largest.size) largest = found
    }
    return btoa(Array.from(new Uint8Array(await largest.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''))
  })
  return Buffer.from(base64, 'base64')
}

for (const how of ['its end', 'its middle', 'its beginning'] as const) {
  test(`a vault of which ${how} is damaged is told as that, and not as a wrong password; all of it can be saved`, async ({ vault, template }) => {
    await add(vault, file('letter.txt', 'Dear vault'))
    await lockVault(vault)
    await changeFile(vault, how)
    const password = vault.getByLabel('Password', { exact: true })
    await password.fill(`${PASSWORD}?`)
    await password.press('Enter')
    await expect(vault.getByRole('alert')).toContainText('does not open the vault')
    await password.fill(PASSWORD)
    await password.press('Enter')
    await expect(damaged(vault)).toContainText('The password is right')
    await expect(vault.getByText('does not open the vault')).toBeHidden()
    await expect(vault.getByRole('button', { name: 'Vault file' })).toBeVisible()
    await expectNoViolations(vault, 'a damaged vault')
    await expectNoOverflow(vault, 'a damaged vault')

    await vault.evaluate(() => Object.assign(window, { showDirectoryPicker: undefined, showSaveFilePicker: undefined }))
    const saved = new Map<string, Download>()
    for (const [button, name] of [['Vault file', 'Papers.pcof'], ['Key file', 'Papers.pcof.keyring'], ['Rescue page', 'Papers-rescue.html']] as const) {
      const [download] = await Promise.all([vault.waitForEvent('download'), vault.getByRole('button', { name: button }).click()])
      expect(download.suggestedFilename()).toBe(name)
      saved.set(name, download)
    }
    const read = async (name: string): Promise<Buffer> => readFile((await saved.get(name)?.path()) ?? '')
    const coffer = await read('Papers.pcof')
    expect(coffer.length).toBeGreaterThan(200)
    expect((await bytesOfFile(vault)).includes(coffer.subarray(64))).toBe(true)
    const keyring = (await read('Papers.pcof.keyring')).toString()
    await openKeyring(keyring, { password: PASSWORD })
    expect(kitOfPage((await read('Papers-rescue.html')).toString())).toMatchObject({ name: 'Papers', file: 'Papers.pcof', keyring: keyring.slice(0, -1) })

    await enterRecoveryCode(vault, template.recoveryCode)
    await expect(damaged(vault)).toContainText('The recovery code is right')
  })
}

test('changes that were not whole and are gone are told of, until the message is closed', async ({ vault }) => {
  const told = vault.getByText('The last change was cut off before it was saved')
  await add(vault, file('letter.txt', 'Dear vault'))
  await lockVault(vault)
  await changeFile(vault, 'one more piece')
  await unlockVault(vault)
  await expect(told).toContainText('and is gone (3 KB)')
  await expect(titles(vault)).toHaveText(['letter.txt'])
  await vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Notes' }).click()
  await expect(told).toBeVisible()
  await vault.getByRole('button', { name: 'Close this message' }).click()
  await expect(told).toBeHidden()
  await lockVault(vault)
  await unlockVault(vault)
  await expect(told).toBeHidden()
})

test('of what was cancelled nothing is told: nobody has lost it', async ({ vault }) => {
  await addNoise(vault, 64, 'never.txt')
  await vault.getByRole('region', { name: 'Tasks' }).getByRole('button', { name: 'Cancel' }).click()
  await expect(vault.getByRole('region', { name: 'Tasks' })).toBeEmpty()
  await expect(row(vault, 'never.txt')).toBeHidden()
  await lockVault(vault)
  await unlockVault(vault)
  await expect(vault.getByText('Nothing here yet')).toBeVisible()
  await expect(vault.getByText('The last change')).toBeHidden()
})
