import type { Locator, Page } from '@playwright/test'
import { shortName } from '../../examples/vault/src/model/file-tree.js'
import { add, file, list, newFolder, row, toast } from './support/files.js'
import { expect, test } from './support/vault.js'

const dialog = (page: Page, name: string): Locator => page.getByRole('dialog', { name, exact: true })
const go = (page: Page, pane: string): Promise<void> => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()

/** Presses a key where the focus is, and tells what has it before the browser paints next: its dialog's title or its role, and what is selected in it or its text. */
function focusAfterKey(page: Page, key: string, shiftKey = false): Promise<string> {
  return page.evaluate(
    async ([key, shiftKey]) => {
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }))
      for (let i = 0; i < 50; i++) await Promise.resolve()
      const element = document.activeElement
      const dialog = element?.closest('dialog')
      const what = element instanceof HTMLInputElement ? (getSelection()?.toString() ?? '') : (element?.textContent.trim() ?? '')
      return `${dialog?.querySelector('h2')?.textContent ?? element?.getAttribute('role') ?? ''}: ${what}`
    },
    [key, shiftKey] as const,
  )
}

test('a long name leaves room for what a title says of it', () => {
  const name = 'A very long name of a letter that somebody wrote to the tax office last summer, final version (2).txt'
  expect(shortName(name)).toBe('A very long name of a letter th…version (2).txt')
  expect(shortName(name.slice(-48))).toBe(name.slice(-48))
  expect(shortName('🧾'.repeat(60))).toBe(`${'🧾'.repeat(31)}…${'🧾'.repeat(16)}`)
})

test('a dialog has the focus before the next key, however soon that comes', async ({ vault }) => {
  await add(vault, file('hat.txt', 'a hat'), file('boat.txt', 'a boat'))
  await row(vault, 'boat.txt').click()
  expect(await focusAfterKey(vault, 'F2')).toBe('Rename “boat.txt”: boat')
  await vault.keyboard.press('Escape')
  await expect(list(vault)).toBeFocused()
  expect(await focusAfterKey(vault, 'Delete', true)).toMatch(/^Delete “boat.txt” for good\?/)
  await vault.keyboard.press('Escape')
  expect(await focusAfterKey(vault, 'Enter')).toMatch(/^boat.txt/)
  await vault.keyboard.press('Escape')
  await expect(list(vault)).toBeFocused()
  // All by real keys, with nothing waited for.
  await vault.keyboard.press('F2')
  await vault.keyboard.type('hello')
  await vault.keyboard.press('Enter')
  await expect(row(vault, 'hello.txt')).toBeVisible()
  await expect(row(vault, 'hat.txt')).toBeVisible()
})

test('what is chosen in a menu has the focus at once, and gives it back to what the menu was opened from', async ({ vault }) => {
  await add(vault, file('boat.txt', 'a boat'))
  await row(vault, 'boat.txt').click({ button: 'right' })
  const rename = vault.getByRole('menuitem', { name: 'Rename' })
  const isIn = await rename.evaluate(async (item: HTMLElement) => {
    item.focus()
    item.click()
    for (let i = 0; i < 50; i++) await Promise.resolve()
    return document.activeElement instanceof HTMLInputElement && document.activeElement.closest('dialog') !== null
  })
  expect(isIn).toBe(true)
  await vault.keyboard.press('Escape')
  await expect(list(vault)).toBeFocused()
  const isMenu = await list(vault).evaluate(async (element) => {
    element.querySelector('[role=option]')?.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))
    for (let i = 0; i < 50; i++) await Promise.resolve()
    return document.activeElement?.getAttribute('role')
  })
  expect(isMenu).toBe('menuitem')
})

test('a name that is taken is asked about wherever the user is by then, over what is open there', async ({ vault }) => {
  await add(vault, file('list.txt', 'milk'))
  const question = dialog(vault, 'There is a “list.txt” already')
  const addBehind = (pane: string): Promise<void> => {
    const input = vault.getByTestId('pick-files')
    // While the files are still looked at, the user is gone already.
    return input.evaluate((element, pane) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File(['tea'], 'list.txt'))
      ;(element as HTMLInputElement).files = transfer.files
      element.dispatchEvent(new Event('change'))
      for (const button of document.querySelectorAll<HTMLElement>('.shell-nav button')) if (button.textContent === pane) button.click()
    }, pane)
  }
  for (const pane of ['Notes', 'Passwords', 'Settings']) {
    await go(vault, 'Files')
    await expect(row(vault, 'list.txt')).toBeVisible()
    await addBehind(pane)
    await expect(vault.getByRole('button', { name: pane, exact: true, includeHidden: true })).toHaveAttribute('aria-current', 'page')
    await expect(question).toBeVisible()
    await expect(question.getByRole('button', { name: 'Keep both' })).toBeFocused()
    await vault.keyboard.press('Enter')
    await expect(question).toBeHidden()
  }
  await go(vault, 'Files')
  await expect(row(vault, 'list (4).txt')).toBeVisible()
})

test('a question that comes over a dialog leaves what was typed there; each of two about one name is answered by itself', async ({ vault }) => {
  await add(vault, file('list.txt', 'milk'))
  await newFolder(vault, 'Letters')
  await row(vault, 'Letters').click()
  await vault.keyboard.press('F2')
  const rename = dialog(vault, 'Rename “Letters”')
  await rename.getByLabel('Name').fill('Old letters')
  const pick = vault.getByTestId('pick-files')
  await pick.setInputFiles(file('list.txt', 'tea'))
  const question = dialog(vault, 'There is a “list.txt” already')
  await expect(question).toBeVisible()
  await pick.setInputFiles(file('list.txt', 'bread'))
  await question.getByLabel('Do the same for all').check()
  await question.getByRole('button', { name: 'Skip' }).click()
  await expect(toast(vault, 'Skipped 1 file.')).toBeVisible()
  await expect(question.getByLabel('Do the same for all')).not.toBeChecked()
  await question.getByRole('button', { name: 'Keep both' }).click()
  await expect(question).toBeHidden()
  await expect(rename.getByLabel('Name')).toHaveValue('Old letters')
  await expect(rename.getByLabel('Name')).toBeFocused()
  await vault.keyboard.press('Enter')
  await expect(row(vault, 'Old letters')).toBeVisible()
  await expect(row(vault, 'list (2).txt')).toBeVisible()
})

test('a recovery code is not closed by the way: whoever has not said what became of it is asked', async ({ vault }) => {
  await go(vault, 'Settings')
  await vault.getByRole('button', { name: 'New recovery code' }).click()
  await vault.getByRole('button', { name: 'Make it' }).click()
  const sheet = dialog(vault, 'Your recovery code')
  const question = dialog(vault, 'Did you keep the code?')
  await expectAsked(vault, sheet, question)
  await vault.evaluate(() => {
    const observer = new MutationObserver((changes) => {
      for (const node of changes.flatMap((change) => [...change.addedNodes])) {
        if (node instanceof HTMLDialogElement) document.body.dataset['asked'] = String(Number(document.body.dataset['asked'] ?? 0) + 1)
      }
    })
    observer.observe(document.body, { childList: true, subtree: true })
  })
  // A browser closes a dialog by Escape without asking, where nothing else was pressed since.
  for (const isAsked of Array.from({ length: 19 }, (_, at) => at % 2 === 0)) {
    await vault.keyboard.press('Escape')
    await expect(question).toBeVisible({ visible: isAsked })
    await expect(sheet.getByRole('status', { name: 'Recovery code' })).toBeVisible()
  }
  // Each once: one that comes in the place of another would meet the next key.
  await expect(vault.locator('body')).toHaveAttribute('data-asked', '10')
  await question.getByRole('button', { name: 'Close it' }).click()
  await expect(vault.getByRole('dialog')).toHaveCount(0)
  await expect(vault.getByText('You have not proved yet')).toBeVisible()
})

/** That neither Escape, nor its cross, nor a click beside it closes the sheet. */
async function expectAsked(page: Page, sheet: Locator, question: Locator): Promise<void> {
  const code = sheet.getByRole('status', { name: 'Recovery code' })
  const shown = (await code.textContent()) ?? ''
  expect(shown).toMatch(/^\w{4}-/)
  for (const close of [() => page.keyboard.press('Escape'), () => sheet.getByRole('button', { name: 'Close', exact: true }).first().click(), () => page.mouse.click(5, 5)]) {
    await close()
    await expect(question).toBeVisible()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await expect(question).toBeHidden()
    await expect(code).toHaveText(shown)
  }
}
