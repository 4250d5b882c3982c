import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { add, drop, file, row, titles, toast } from './support/files.js'
import { expect, fillNewVault, lockVault, test } from './support/vault.js'

const go = (page: Page, pane: string): Promise<void> => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()

async function withFiles(files: Readonly<Record<string, string>>, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'coffer-in-'))
  try {
    await mkdir(join(folder, 'trip'))
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Has the vault hear of what is picked only when the result is called. */
async function holdPicked(input: Locator): Promise<() => Promise<void>> {
  await input.evaluate((input) => input.parentElement?.addEventListener('change', (event) => event.stopImmediatePropagation(), { capture: true, once: true }))
  return () => input.evaluate((input) => void input.dispatchEvent(new Event('change')))
}

for (const [kind, text] of [['small', 'gone'], ['large', 'x'.repeat(3_000_000)]] as const) {
  test(`a ${kind} file that is gone before it is read is named, and nothing is added`, async ({ vault }) => {
    await add(vault, file('kept.txt', 'milk'))
    await withFiles({ 'a.txt': 'one', 'trip/gone.txt': text, 'z.txt': 'two' }, async (folder) => {
      const input = vault.getByTestId('pick-files')
      const letThemIn = await holdPicked(input)
      await input.setInputFiles(['a.txt', 'trip/gone.txt', 'z.txt'].map((name) => join(folder, name)))
      await rm(join(folder, 'trip', 'gone.txt'))
      await letThemIn()
      const task = vault.getByRole('region', { name: 'Tasks' }).getByRole('alert')
      await expect(task).toContainText('“gone.txt” could not be read.')
      await expect(task).not.toContainText('storage has failed')
      await expect(titles(vault)).toHaveText(['kept.txt'])
      await task.getByRole('button', { name: 'Dismiss' }).click()
      await add(vault, file('next.txt', 'bread'))
    })
  })
}

test('a file that is dropped where nobody takes it does not take the place of the vault; the files take it as before', async ({ vault }) => {
  await withFiles({ 'letter.txt': 'Dear vault', 'next.txt': 'bread' }, async (folder) => {
    const address = vault.url()
    const isHere = async (): Promise<void> => {
      // What would leave the page does so at once.
      await vault.waitForTimeout(300)
      expect(vault.url()).toBe(address)
      expect(vault.context().pages()).toHaveLength(1)
    }
    for (const pane of ['Settings', 'Notes', 'Passwords']) {
      await go(vault, pane)
      await drop(vault, vault.locator('.shell-main > main'), [join(folder, 'letter.txt')])
      await isHere()
    }
    await drop(vault, vault.locator('.shell-head'), [join(folder, 'letter.txt')])
    await isHere()
    await go(vault, 'Files')
    await drop(vault, vault.locator('.files-main'), [join(folder, 'letter.txt')])
    await expect(row(vault, 'letter.txt')).toBeVisible()
    // The pane is another one than that of the first drop.
    await go(vault, 'Settings')
    await go(vault, 'Files')
    await drop(vault, vault.locator('.files-main'), [join(folder, 'next.txt')])
    await expect(toast(vault, 'Added 1 file')).toHaveCount(2)
    await expect(titles(vault)).toHaveText(['letter.txt', 'next.txt'])

    await lockVault(vault)
    await vault.getByRole('button', { name: 'Make another vault' }).click()
    await fillNewVault(vault, { name: 'Work' })
    await drop(vault, vault.getByLabel('Name', { exact: true }), [join(folder, 'letter.txt')])
    await isHere()
    await expect(vault.getByLabel('Name', { exact: true })).toHaveValue('Work')
    // A dialog that takes files does.
    await vault.getByRole('button', { name: 'Import a vault' }).click()
    await drop(vault, vault.getByText('Choose the vault file and its key file'), [join(folder, 'letter.txt')])
    await expect(vault.getByText('letter.txt is neither a vault nor its keys.')).toBeVisible()
  })
})
