import type { Locator, Page } from '@playwright/test'
import type { VaultSession } from '../../examples/vault/src/model/session.js'
import { holdDisk } from './support/disk.js'
import { expect, test, unlockVault } from './support/vault.js'

const names = (page: Page): Locator => page.getByRole('list', { name: 'Logins' }).locator('.choice-texts > :first-child')
const name = (page: Page): Locator => page.getByLabel('Name', { exact: true })
const username = (page: Page): Locator => page.getByLabel('Username')
const save = (page: Page): Promise<void> => page.getByRole('button', { name: 'Save' }).click()

async function openPasswords(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Passwords' }).click()
  await page.getByRole('heading', { name: 'Passwords', exact: true }).waitFor()
}

async function beginLogin(page: Page, called: string): Promise<void> {
  await openPasswords(page)
  await page.getByRole('button', { name: 'New login' }).click()
  await name(page).fill(called)
}

test('Enter in the generator saves no login that is not finished', async ({ vault }) => {
  await beginLogin(vault, 'Mail')
  await vault.getByRole('button', { name: 'Make a password' }).click()
  const generator = vault.getByRole('dialog', { name: 'Make a password' })
  await generator.getByLabel('Length in characters').fill('31')
  await vault.keyboard.press('Enter')
  await expect(generator.getByLabel('Password made')).toHaveText(/^.{31}$/)
  await generator.getByRole('button', { name: 'Use it' }).click()
  await expect(vault.getByLabel('Password', { exact: true })).toHaveValue(/^.{31}$/)
  await expect(names(vault)).toHaveCount(0)
})

test('what is typed while a login is being saved stays', async ({ vault }) => {
  await beginLogin(vault, 'Mail')
  const letDiskGoOn = await holdDisk(vault)
  await save(vault)
  await username(vault).fill('ada')
  await letDiskGoOn()
  await expect(names(vault)).toHaveText(['Mail'])
  await expect(vault.getByRole('heading', { name: 'Edit “Mail”' })).toBeVisible()
  await expect(username(vault)).toHaveValue('ada')
  await save(vault)
  await expect(vault.getByRole('article').getByText('ada')).toBeVisible()
  await expect(names(vault)).toHaveText(['Mail'])
})

test('a login that is saved late takes no other form with it, and nobody is asked about what is saved', async ({ vault }) => {
  await beginLogin(vault, 'Mail')
  const letDiskGoOn = await holdDisk(vault)
  await save(vault)
  await vault.getByRole('button', { name: 'New login' }).click()
  const question = vault.getByRole('dialog', { name: 'Discard what you typed?' })
  await expect(question).toBeVisible()
  await letDiskGoOn()
  await expect(question).toBeHidden()
  await expect(vault.getByRole('heading', { name: 'New login' })).toBeVisible()
  await expect(name(vault)).toHaveValue('')
  await expect(names(vault)).toHaveText(['Mail'])

  await name(vault).fill('Bank')
  const goOnAgain = await holdDisk(vault)
  await save(vault)
  await vault.getByRole('button', { name: 'New login' }).click()
  await question.getByRole('button', { name: 'Discard' }).click()
  await name(vault).fill('Post')
  await goOnAgain()
  await expect(names(vault)).toHaveText(['Bank', 'Mail'])
  await expect(name(vault)).toHaveValue('Post')
})

test('a login that is being saved when the vault is locked is kept, once', async ({ vault }) => {
  await beginLogin(vault, 'Mail')
  const letDiskGoOn = await holdDisk(vault)
  await save(vault)
  await vault.getByRole('button', { name: 'Lock', exact: true }).click()
  await letDiskGoOn()
  // The form has a password too.
  await vault.getByRole('button', { name: 'Unlock', exact: true }).waitFor()
  await unlockVault(vault)
  await openPasswords(vault)
  await expect(names(vault)).toHaveText(['Mail'])
})

test('the focus stays in the list when a login or a note is deleted', async ({ vault }) => {
  for (const called of ['Bank', 'Mail', 'Post']) {
    await beginLogin(vault, called)
    await save(vault)
    await expect(vault.getByRole('heading', { name: called, exact: true })).toBeFocused()
  }
  const logins = vault.getByRole('list', { name: 'Logins' }).getByRole('button')
  await logins.filter({ hasText: 'Mail' }).click()
  await expect(vault.getByRole('heading', { name: 'Mail', exact: true })).toBeFocused()
  await vault.getByRole('button', { name: 'Delete' }).click()
  await expect(logins).toHaveCount(2)
  await expect(logins.filter({ hasText: 'Post' })).toBeFocused()

  await vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Notes' }).click()
  const notes = vault.getByRole('list', { name: 'Notes' }).getByRole('button')
  for (const title of ['One', 'Two']) {
    await vault.getByRole('button', { name: 'New note' }).click()
    await vault.getByLabel('Title', { exact: true }).fill(title)
    await vault.keyboard.press('Enter')
    await expect(notes.filter({ hasText: title })).toBeVisible()
  }
  await notes.filter({ hasText: 'One' }).click()
  await expect(vault.getByLabel('Title', { exact: true })).toHaveValue('One')
  await vault.getByRole('button', { name: 'Delete' }).click()
  await expect(notes).toHaveCount(1)
  await expect(notes).toBeFocused()
})

test('a secret that comes late goes into the form that it was asked for, or into none', async () => {
  Object.assign(globalThis, { PASSWORD_COST: {} })
  const { beginEditing, changeForm, editing, emptyForm } = await import('../../examples/vault/src/model/password-form.js')
  const session = {} as VaultSession
  beginEditing('one', emptyForm)
  const first = editing.value?.number ?? 0
  changeForm(session, first, { password: 'of one' })
  expect(editing.value?.form.password).toBe('of one')
  beginEditing('two', emptyForm)
  changeForm(session, first, { password: 'of one' })
  expect(editing.value?.form.password).toBe('')
})

test('of two secrets that are copied at once, one clock runs', async () => {
  const clocks = new Set<object>()
  const nothing = { addEventListener: () => undefined, removeEventListener: () => undefined }
  // Of a page: what copying uses.
  const page: Record<string, unknown> = {
    PASSWORD_COST: {},
    ...nothing,
    document: nothing,
    navigator: { clipboard: { write: () => Promise.resolve() } },
    ClipboardItem: Object,
    setInterval: () => {
      const clock = {}
      clocks.add(clock)
      return clock
    },
    clearInterval: (clock: object) => clocks.delete(clock),
  }
  const before = Object.keys(page).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  for (const [name, value] of Object.entries(page)) Object.defineProperty(globalThis, name, { configurable: true, writable: true, value })
  try {
    const { clipboardHold, copySecret } = await import('../../examples/vault/src/model/clipboard.js')
    await Promise.all([copySecret('Password', Promise.resolve('one')), copySecret('Code', Promise.resolve('two'))])
    expect([clipboardHold.value?.what, clocks.size]).toEqual(['Code', 1])
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
    }
  }
})
