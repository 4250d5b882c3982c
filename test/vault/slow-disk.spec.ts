import { generateKeys, memoryStorage, openCoffer, type Coffer, type Passwords } from '@coffer/core'
import type { Locator, Page } from '@playwright/test'
import { deleteNote, listNotes } from '../../examples/vault/src/model/notes.js'
import { notices, notify } from '../../examples/vault/src/model/notices.js'
import { deletePassword, listPasswords } from '../../examples/vault/src/model/passwords.js'
import type { VaultSession } from '../../examples/vault/src/model/session.js'
import { holdDisk } from './support/disk.js'
import { add, file, row, toast } from './support/files.js'
import { expect, lockVault, PASSWORD, test, unlockByCode, unlockVault } from './support/vault.js'

const dialog = (page: Page, name: string): Locator => page.getByRole('dialog', { name })
const go = (page: Page, pane: string): Promise<void> => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()

test('what ends late closes no dialog but its own', async ({ vault }) => {
  const letDiskGoOn = await holdDisk(vault)
  const begin = vault.getByRole('button', { name: 'New folder' })
  const name = dialog(vault, 'New folder').getByLabel('Name')
  await begin.click()
  await name.fill('One')
  await vault.keyboard.press('Enter')
  await vault.keyboard.press('Escape')
  await expect(name).toBeHidden()
  await begin.click()
  await name.fill('Two')
  await letDiskGoOn()
  await expect(toast(vault, 'Made the folder “One”.')).toBeVisible()
  await expect(name).toHaveValue('Two')
  await vault.keyboard.press('Enter')
  await expect(row(vault, 'Two')).toBeVisible()
})

test('a dialog that is done while something else is asked does not come back', async ({ vault }) => {
  await add(vault, file('list.txt', 'milk'))
  const letDiskGoOn = await holdDisk(vault)
  await vault.getByRole('button', { name: 'New folder' }).click()
  await dialog(vault, 'New folder').getByLabel('Name').fill('One')
  await vault.keyboard.press('Enter')
  await vault.getByTestId('pick-files').setInputFiles(file('list.txt', 'tea'))
  const question = dialog(vault, 'There is a “list.txt” already')
  await expect(question).toBeVisible()
  await letDiskGoOn()
  await expect(toast(vault, 'Made the folder “One”.')).toBeVisible()
  await question.getByRole('button', { name: 'Skip' }).click()
  await expect(toast(vault, 'Skipped 1 file.')).toBeVisible()
  await expect(vault.getByRole('dialog')).toHaveCount(0)
})

test('the code that comes with new keys is shown also to whoever went elsewhere', async ({ vault }) => {
  await go(vault, 'Settings')
  await vault.getByRole('button', { name: 'New keys' }).click()
  await dialog(vault, 'New keys').getByLabel('Password of the vault').fill(PASSWORD)
  const letDiskGoOn = await holdDisk(vault)
  await vault.keyboard.press('Enter')
  await vault.getByRole('button', { name: 'Go on in the background' }).click()
  await go(vault, 'Files')
  await letDiskGoOn()
  await expect(dialog(vault, 'Your recovery code').getByRole('status', { name: 'Recovery code' })).toHaveText(/^\w{4}-/)
})

test('a password that is sent twice at once is changed once, and the settings go on working', async ({ vault }) => {
  await go(vault, 'Settings')
  await vault.getByRole('button', { name: 'Change the password' }).click()
  const change = dialog(vault, 'Change the password')
  await change.getByLabel('Old password').fill(PASSWORD)
  for (const label of ['New password', 'New password again']) await change.getByLabel(label, { exact: true }).fill('three blind mice in a wet boat 7')
  await change.locator('form').evaluate((form: HTMLFormElement) => {
    form.requestSubmit()
    form.requestSubmit()
  })
  await expect(toast(vault, 'The password was changed.')).toBeVisible()
  await expect(change).toBeHidden()
  await vault.getByRole('button', { name: 'New recovery code' }).click()
  await vault.getByRole('button', { name: 'Make it' }).click()
  await expect(dialog(vault, 'Your recovery code')).toBeVisible()
})

const NEW_PASSWORD = 'three blind mice in a wet boat 7'

/** Sends a new password, which waits for the disk, and leaves its dialog. */
async function beginNewPassword(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Change the password' }).click()
  const change = dialog(page, 'Change the password')
  await change.getByLabel('Old password').fill(PASSWORD)
  for (const label of ['New password', 'New password again']) await change.getByLabel(label, { exact: true }).fill(NEW_PASSWORD)
  await page.keyboard.press('Enter')
  await expect(change.getByText('Trying the old password')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(change).toBeHidden()
}

test('a new recovery code that is asked for while the password is changed comes after it: both hold', async ({ vault }) => {
  await go(vault, 'Settings')
  const letDiskGoOn = await holdDisk(vault)
  await beginNewPassword(vault)
  await vault.getByRole('button', { name: 'New recovery code' }).click()
  await vault.getByRole('button', { name: 'Make it' }).click()
  await letDiskGoOn()
  await expect(toast(vault, 'The password was changed.')).toBeVisible()
  const code = (await vault.getByRole('status', { name: 'Recovery code' }).textContent()) ?? ''
  await vault.getByRole('button', { name: 'Later' }).click()
  await lockVault(vault)
  await unlockVault(vault, NEW_PASSWORD)
  await lockVault(vault)
  await unlockByCode(vault, code)
})

test('a password that is being changed is changed before the vault locks', async ({ vault }) => {
  // On a busy machine it takes longer than locking waits for what hangs, which is not what this is about.
  await vault.evaluate(() => {
    const { setTimeout } = window
    const exceptLong = (work: () => void, ms?: number): number => (ms !== undefined && ms >= 10_000 ? 0 : setTimeout(work, ms))
    Object.assign(window, { setTimeout: exceptLong })
  })
  await go(vault, 'Settings')
  const letDiskGoOn = await holdDisk(vault)
  await beginNewPassword(vault)
  await vault.getByRole('button', { name: 'Lock', exact: true }).click()
  await letDiskGoOn()
  await unlockVault(vault, NEW_PASSWORD)
})

test('whoever goes on editing at once goes on with what was saved, and keeps it', async ({ vault }) => {
  await add(vault, file('list.txt', 'milk'))
  await row(vault, 'list.txt').dblclick()
  const shown = dialog(vault, 'list.txt')
  const field = shown.getByRole('textbox', { name: 'Text' })
  await shown.getByRole('button', { name: 'Edit' }).click()
  await field.fill('milk and tea')
  // Before anything else is done: as soon as the button is there, and then the field.
  const begun = await shown.evaluate(
    (viewer) =>
      new Promise<string>((resolve) => {
        let hasEnded = false
        const observer = new MutationObserver(() => {
          const edit = [...viewer.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Edit')
          hasEnded ||= edit !== undefined
          if (edit) return edit.click()
          const text = viewer.querySelector('textarea')
          if (!text || !hasEnded) return undefined
          observer.disconnect()
          const before = text.value
          text.value += ', and rye'
          text.dispatchEvent(new Event('input', { bubbles: true }))
          return resolve(before)
        })
        viewer.querySelector('textarea')?.dispatchEvent(new KeyboardEvent('keydown', { key: 's', ctrlKey: true, bubbles: true }))
        setTimeout(() => observer.observe(viewer, { childList: true, subtree: true, attributes: true }))
      }),
  )
  expect(begun).toBe('milk and tea')
  await expect(vault.getByText('Not saved')).toBeVisible()
  await field.press('Control+s')
  await expect(shown.getByRole('region', { name: 'Text' })).toHaveText('milk and tea, and rye')
  await expect(field).toBeHidden()
})

test('the question about edits goes when they are saved', async ({ vault }) => {
  await add(vault, file('list.txt', 'milk'))
  await row(vault, 'list.txt').dblclick()
  const shown = dialog(vault, 'list.txt')
  await shown.getByRole('button', { name: 'Edit' }).click()
  await shown.getByRole('textbox', { name: 'Text' }).fill('milk and tea')
  const letDiskGoOn = await holdDisk(vault)
  await vault.keyboard.press('Control+s')
  await vault.keyboard.press('Escape')
  const question = dialog(vault, 'Give up your changes?')
  await expect(question).toBeVisible()
  await letDiskGoOn()
  await expect(question).toBeHidden()
  await expect(shown.getByRole('region', { name: 'Text' })).toHaveText('milk and tea')
})

test('a note or a login that is deleted by two clicks is deleted once', async () => {
  const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys: await generateKeys('store') })
  // What of a session they use.
  const session = { coffer: { value: coffer }, change: (work: (target: Coffer) => Promise<unknown>) => work(coffer) } as unknown as VaultSession
  await coffer.write('Notes/List.txt', 'milk')
  const { id } = await (await coffer.plugin<Passwords>('password')).add({ name: 'Mail' })
  const [list] = await listNotes(session)
  if (!list) throw new Error('The note is not listed.')
  await Promise.all([deleteNote(session, list), deleteNote(session, list)])
  await Promise.all([deletePassword(session, id), deletePassword(session, id)])
  expect([await listNotes(session), await listPasswords(session)]).toEqual([[], []])
  await coffer.close()
})

test('what only tells does not push out a way back', () => {
  notices.value = []
  const undo = { label: 'Undo', run: () => undefined }
  notify('one', undo)
  notify('two', undo)
  for (const text of ['a', 'b', 'c']) notify(text)
  notify('three', undo)
  notify('four', undo)
  expect(notices.value.map(({ text }) => text)).toEqual(['one', 'two', 'c', 'three', 'four'])
})
