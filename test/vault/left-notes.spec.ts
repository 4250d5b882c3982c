import type { Locator, Page } from '@playwright/test'
import { fillDisk } from './support/disk.js'
import { expect, test, unlockVault } from './support/vault.js'

const text = (page: Page): Locator => page.getByLabel('Text of the note')
const inList = (page: Page, title: string): Locator => page.getByRole('list', { name: 'Notes' }).getByRole('button').filter({ hasText: title })

async function goTo(page: Page, pane: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()
  await page.getByRole('main').getByRole('heading', { name: pane, exact: true, level: 1 }).waitFor()
}

async function writeNote(page: Page, title: string, words: string): Promise<void> {
  await page.getByRole('button', { name: 'New note' }).click()
  await page.getByLabel('Title', { exact: true }).fill(title)
  await text(page).fill(words)
  await expect(page.getByText('Saved', { exact: true })).toBeVisible()
}

test('a note that cannot be saved waits, while one goes elsewhere to make room', async ({ vault }) => {
  await goTo(vault, 'Notes')
  await writeNote(vault, 'List', 'milk')
  const makeRoom = await fillDisk(vault)
  await text(vault).fill('milk and tea')
  await goTo(vault, 'Settings')
  await expect(vault.locator('.toast').filter({ hasText: '“List” could not be saved.' })).toBeVisible()
  await goTo(vault, 'Notes')
  await vault.getByRole('button', { name: 'New note' }).click()
  await text(vault).fill('not said before')
  await inList(vault, 'List').click()
  // What is left without a title waits too, and what is there by its name is as it was left.
  await expect(text(vault)).toHaveValue('milk and tea')
  await expect(vault.getByText('It could not be saved.')).toBeVisible()
  await makeRoom()
  await vault.getByRole('button', { name: 'Try again' }).click()
  await expect(vault.getByText('Saved', { exact: true })).toBeVisible()
  await expect(vault.getByText('“List” is not saved yet.')).toBeHidden()
  await vault.getByRole('button', { name: 'Go on with it' }).click()
  await expect(text(vault)).toHaveValue('not said before')
  await vault.getByRole('button', { name: 'Try again' }).click()
  await expect(inList(vault, 'not said before')).toBeVisible()
  await expect(vault.getByText('is not saved yet')).toBeHidden()
})

test('notes that wait are saved when the vault is locked', async ({ vault }) => {
  await goTo(vault, 'Notes')
  await writeNote(vault, 'List', 'milk')
  const makeRoom = await fillDisk(vault)
  await text(vault).fill('milk and tea')
  await goTo(vault, 'Settings')
  await expect(vault.locator('.toast').filter({ hasText: '“List” could not be saved.' })).toBeVisible()
  const lock = vault.getByRole('button', { name: 'Lock', exact: true })
  await lock.click()
  await vault.getByRole('dialog', { name: 'Not everything is saved' }).getByRole('button', { name: 'Stay' }).click()
  await makeRoom()
  await lock.click()
  await unlockVault(vault)
  await goTo(vault, 'Notes')
  await inList(vault, 'List').click()
  await expect(text(vault)).toHaveValue('milk and tea')
})

test('a note that is opened after another was left is the one that is shown, from the first moment on', async ({ vault }) => {
  await vault.setViewportSize({ width: 390, height: 844 })
  await goTo(vault, 'Notes')
  for (const title of ['One', 'Two']) {
    await writeNote(vault, title, title)
    await vault.getByRole('button', { name: 'Back to the list' }).click()
  }
  await inList(vault, 'One').click()
  await expect(text(vault)).toHaveValue('One')
  await vault.getByRole('button', { name: 'Back to the list' }).click()
  await expect(text(vault)).toBeHidden()
  const seen = await inList(vault, 'Two').evaluate(
    (button) =>
      new Promise<string[]>((resolve) => {
        const values: string[] = []
        const observer = new MutationObserver(() => {
          const field = document.querySelector<HTMLTextAreaElement>('.note-text')
          if (field) values.push(field.value)
          if (field?.value !== 'Two') return
          observer.disconnect()
          resolve(values)
        })
        observer.observe(document.body, { childList: true, subtree: true, attributes: true })
        button.dispatchEvent(new MouseEvent('click', { bubbles: true }))
      }),
  )
  expect(new Set(seen)).toEqual(new Set(['Two']))
})
