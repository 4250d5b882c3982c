import type { Locator, Page } from '@playwright/test'
import { expectNoOverflow, expectNoViolations } from './support/axe.js'
import { add, addNoise, file, row } from './support/files.js'
import { addPasskey, plugIn } from './support/passkeys.js'
import { expect, openVault, test } from './support/vault.js'

/** The panes, with what heads them. */
const panes = { Files: 'Papers', Passwords: 'Passwords', Notes: 'Notes', Settings: 'Settings' } as const

/** What opens a dialog of the settings, by the dialog's title, and the field that it begins with. Else it begins with what it asks. */
const dialogs: Readonly<Record<string, readonly [string, string?]>> = {
  'Change the password': ['Change the password', 'Old password'],
  'A new recovery code?': ['New recovery code'],
  'New keys': ['New keys', 'Password of the vault'],
  'Add a passkey': ['Add a passkey', 'What you call it'],
  'Rename the passkey': ['Rename the passkey Thumb', 'What you call it'],
  'Remove the passkey?': ['Remove the passkey Thumb'],
  'Delete the vault for good?': ['Delete the vault', 'Name of the vault'],
}

async function check(page: Page, what: string): Promise<void> {
  await expectNoViolations(page, what)
  await expectNoOverflow(page, what)
}

async function checkDialogs(page: Page): Promise<void> {
  await plugIn(page)
  await addPasskey(page, 'Thumb')
  await expect(page.getByRole('heading', { name: 'Thumb' })).toBeVisible()
  for (const [title, [button, field]] of Object.entries(dialogs)) {
    await page.getByRole('button', { name: button, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: title })
    await expect(field === undefined ? dialog.getByRole('heading', { name: title }) : dialog.getByLabel(field)).toBeFocused()
    await check(page, title)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  }
  await page.getByRole('button', { name: 'New recovery code' }).click()
  await page.getByRole('button', { name: 'Make it' }).click()
  await expect(page.getByRole('dialog').getByRole('heading', { name: 'Your recovery code', exact: true })).toBeFocused()
  await check(page, 'a recovery code')
  await page.getByRole('dialog').getByRole('button', { name: 'Later' }).click()
}

for (const [colorScheme, width] of [['dark', 360], ['light', 1280]] as const) {
  test(`axe finds nothing, and nothing is too wide: ${width} pixels wide`, async ({ browser, site, template }) => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 844 } })
    const page = await context.newPage()
    await page.goto(site.url)
    await page.getByLabel('Name', { exact: true }).waitFor()
    await check(page, 'making a vault')
    await openVault(page, site, template)
    for (const [pane, heading] of Object.entries(panes)) {
      const button = page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane })
      await button.click()
      await expect(button).toHaveAttribute('aria-current', 'page')
      await page.getByRole('heading', { name: heading, exact: true }).waitFor()
      await check(page, pane)
    }
    await checkDialogs(page)
    await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Files' }).click()
    await addNoise(page, 100)
    await page.getByRole('button', { name: 'Lock', exact: true }).click()
    const question = page.getByRole('dialog', { name: 'Something is still under way' })
    await expect(question).toBeVisible()
    await check(page, 'a question before locking')
    await question.getByRole('button', { name: 'End it and lock' }).click()
    await page.getByRole('button', { name: 'Unlock', exact: true }).waitFor()
    await check(page, 'unlocking')
    await context.close()
  })
}

test('where the system chooses the colours, what is current or selected is seen', async ({ vault }) => {
  await vault.emulateMedia({ forcedColors: 'active' })
  await add(vault, file('letter.txt', 'Dear vault'), file('next.txt', 'bread'))
  await row(vault, 'letter.txt').click()
  const views = vault.getByRole('navigation', { name: 'Vault' })
  for (const width of [1280, 420]) {
    await vault.setViewportSize({ width, height: 720 })
    for (const [it, other] of [
      [views.getByRole('button', { name: 'Files' }), views.getByRole('button', { name: 'Notes' })],
      [row(vault, 'letter.txt'), row(vault, 'next.txt')],
    ] as const) {
      await expect(it).toHaveCSS('forced-color-adjust', 'none')
      await expect.poll(async () => (await background(it)) === (await background(other))).toBe(false)
    }
  }
})

function background(element: Locator): Promise<string> {
  return element.evaluate((element) => getComputedStyle(element).backgroundColor)
}
