import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failSync } from './support/disk.js'
import { add, file, list, row } from './support/files.js'
import { expect, test } from './support/vault.js'

test.use({ viewport: { width: 390, height: 844 } })

test('a menu by keys and by pointer, closed by its own button too', async ({ vault }) => {
  const button = vault.getByRole('button', { name: 'More' })
  const menu = vault.getByRole('menu')
  await expect(button).toHaveAttribute('aria-haspopup', 'menu')
  await button.click()
  await expect(menu).toBeVisible()
  await expect(button).toHaveAttribute('aria-expanded', 'true')
  await button.click()
  await expect(menu).toBeHidden()
  await button.press('Enter')
  await expect(menu.getByRole('menuitem').first()).toBeFocused()
  await vault.keyboard.press('ArrowUp')
  await expect(menu.getByRole('menuitem').last()).toBeFocused()
  await vault.keyboard.press('n')
  await expect(menu.getByRole('menuitem', { name: 'New folder' })).toBeFocused()
  await vault.keyboard.press('Escape')
  await expect(menu).toBeHidden()
  await expect(button).toBeFocused()
})

test('a dialog closes by Escape or a click beside it, not where a selection ends beside it, and gives the focus back', async ({ vault }) => {
  const more = vault.getByRole('button', { name: 'More' })
  const dialog = vault.getByRole('dialog')
  const open = async (): Promise<void> => {
    await more.press('Enter')
    await vault.getByRole('menuitem', { name: 'New folder' }).click()
    await expect(dialog).toBeVisible()
  }
  await open()
  const box = await dialog.getByLabel('Name').boundingBox()
  if (!box) throw new Error('The field is not to be seen.')
  await vault.mouse.move(box.x + 60, box.y + 10)
  await vault.mouse.down()
  await vault.mouse.move(195, 40)
  await vault.mouse.up()
  await expect(dialog).toBeVisible()
  await vault.mouse.click(195, 40)
  await expect(dialog).toBeHidden()
  await open()
  await vault.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(more).toBeFocused()
})

test('what is dismissed by a key gives the focus to the next, and then back', async ({ vault }) => {
  await add(vault, file('one.txt', '1'), file('two.txt', '2'))
  for (const name of ['one.txt', 'two.txt']) {
    await failSync(vault)
    await row(vault, name).click()
    await vault.keyboard.press('Delete')
    await expect(vault.getByRole('region', { name: 'Tasks' }).getByRole('alert').filter({ hasText: name })).toBeVisible()
  }
  await expect(list(vault)).toBeFocused()
  const dismiss = vault.getByRole('region', { name: 'Tasks' }).getByRole('button', { name: 'Dismiss' })
  await dismiss.last().press('Enter')
  await expect(dismiss).toBeFocused()
  await vault.keyboard.press('Enter')
  await expect(dismiss).toHaveCount(0)
  await expect(list(vault)).toBeFocused()
})

test('what runs for long shows how far it is and can be cancelled', async ({ vault }, info) => {
  const path = info.outputPath('large.bin')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, randomBytes(64 << 20))
  await vault.getByTestId('pick-files').setInputFiles(path)
  const task = vault.getByRole('region', { name: 'Tasks' })
  await expect(task.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /\d/)
  await task.getByRole('button', { name: 'Cancel' }).click()
  await expect(task.getByRole('progressbar')).toHaveCount(0)
  await expect(vault.getByRole('option')).toHaveCount(0)
})
