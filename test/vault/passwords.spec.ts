import { generateKeys, memoryStorage, openCoffer, type Coffer, type Passwords } from '@coffer/core'
import type { Page } from '@playwright/test'
import { listDeleted, purgeDeleted } from '../../examples/vault/src/model/deleted-logins.js'
import { deletePassword } from '../../examples/vault/src/model/passwords.js'
import type { VaultSession } from '../../examples/vault/src/model/session.js'
import { expectNoOverflow, expectNoViolations, look } from './support/axe.js'
import { expect, isOpen, lockVault, openVault, test, unlockVault, watchConsole } from './support/vault.js'

const SECRET = 'swordfish-7!'
/** Of RFC 6238: at 59 s its code is 287082, and then 359152. */
const TOTP = 'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ'

async function openPasswords(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Passwords' }).click()
  await page.getByRole('heading', { name: 'Passwords', exact: true }).waitFor()
}

interface Login {
  readonly name: string
  readonly username?: string
  readonly password?: string
  readonly address?: string
  readonly totp?: string
}

async function addLogin(page: Page, { name, username = '', password = SECRET, address = '', totp = '' }: Login): Promise<void> {
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('Address 1', { exact: true }).fill(address)
  await page.getByLabel('Secret for one-time codes', { exact: true }).fill(totp)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { name, exact: true })).toBeFocused()
}

/** Saves the form, and waits until the login is shown. */
async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('article').waitFor()
}

function logins(page: Page): ReturnType<Page['locator']> {
  return page.getByRole('list', { name: 'Logins' }).getByRole('button')
}

/** All that a script of the page could find of it: elements, attributes, and what is in fields. */
async function pageHolds(page: Page, text: string): Promise<boolean> {
  return page.evaluate((sought) => {
    const values = Array.from(document.querySelectorAll<HTMLInputElement>('input, textarea, select'), ({ value }) => value)
    return [document.documentElement.outerHTML, ...values].some((part) => part.includes(sought))
  }, text)
}

/** The same login again is asked about; deleting it is undone. */
async function addTwiceAndDelete(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('A login needs a name.')).toBeVisible()
  await page.getByLabel('Name', { exact: true }).fill('Mail')
  await page.getByLabel('Username').fill('bob')
  await page.getByLabel('Password', { exact: true }).fill('newer')
  await page.getByLabel('Secret for one-time codes', { exact: true }).fill('no secret 1')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('This gives no codes')).toBeVisible()
  await page.getByLabel('Secret for one-time codes', { exact: true }).fill('')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'already' })).toBeVisible()
  await page.getByRole('button', { name: 'Replace the other login' }).click()
  await expect(page.getByRole('heading', { name: 'Mail', exact: true })).toBeFocused()
  await expect(logins(page)).toHaveCount(1)
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText('newer')).toBeVisible()

  await page.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('No logins yet')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await logins(page).click()
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText('newer')).toBeVisible()
}

test('deleted logins wait in the trash, from which they come back whole or go for good', async ({ vault: page }) => {
  const trash = page.getByRole('dialog', { name: 'Trash' })
  const deleted = trash.getByRole('listitem')
  await openPasswords(page)
  for (const name of ['Bank', 'Mail', 'Shop']) {
    await addLogin(page, { name, username: 'ann', totp: TOTP })
    await page.getByRole('button', { name: 'Delete' }).click()
    await expect(page.getByText('No logins yet')).toBeVisible()
  }
  await page.reload()
  await unlockVault(page)
  await openPasswords(page)
  await page.getByRole('button', { name: 'Trash' }).click()
  await expect(deleted).toHaveText([/Shop/, /Mail/, /Bank/])
  await expect(deleted.first()).toContainText(/ann · deleted /)
  expect(await pageHolds(page, SECRET)).toBe(false)
  await trash.getByRole('button', { name: 'Restore Mail' }).press('Enter')
  await expect(deleted).toHaveText([/Shop/, /Bank/])
  await expect(deleted.first().getByRole('button').first()).toBeFocused()
  await trash.getByRole('button', { name: 'Delete Bank for good' }).click()
  await page.getByRole('dialog', { name: 'Delete “Bank” for good?' }).getByRole('button', { name: 'Delete for good' }).click()
  await expect(deleted).toHaveText([/Shop/])
  await trash.getByRole('button', { name: 'Done' }).click()
  await expect(logins(page)).toHaveText([/Mail/])
  await logins(page).click()
  await expect(page.getByRole('timer', { name: /^valid for/ })).toBeVisible()
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText(SECRET)).toBeVisible()
})

test('a deleted login is kept for 30 days', async () => {
  const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys: await generateKeys('store') })
  const session = { coffer: { value: coffer }, writable: { value: true }, change: async (work: (target: Coffer) => Promise<unknown>) => work(coffer) } as unknown as VaultSession
  const { id } = await (await coffer.plugin<Passwords>('password')).add({ name: 'Mail' })
  await deletePassword(session, id)
  const day = 86_400_000
  await purgeDeleted(session, Date.now() + 29 * day)
  expect(await listDeleted(session)).toMatchObject([{ name: 'Mail' }])
  await purgeDeleted(session, Date.now() + 31 * day)
  expect(await listDeleted(session)).toEqual([])
  await coffer.close()
})

test('a login is kept, and its secrets are in the page only while they are shown', async ({ vault: page }) => {
  await openPasswords(page)
  await addLogin(page, { name: 'Mail', username: 'ann', address: 'mail.example/in' })
  expect(await pageHolds(page, SECRET)).toBe(false)
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText(SECRET)).toBeVisible()
  await page.getByRole('button', { name: 'Hide password' }).click()
  await expect(page.getByText(SECRET)).toBeHidden()
  expect(await pageHolds(page, SECRET)).toBe(false)
  const link = page.getByRole('link', { name: /mail\.example/ })
  expect([await link.getAttribute('href'), await link.getAttribute('rel'), await link.getAttribute('target')]).toEqual(['https://mail.example/in', 'noopener noreferrer', '_blank'])

  await addLogin(page, { name: 'Odd', address: 'javascript:alert(1)' })
  await expect(page.getByRole('article').getByText('javascript:alert(1)')).toBeVisible()
  await expect(page.getByRole('link')).toHaveCount(0)

  await lockVault(page)
  await unlockVault(page)
  await openPasswords(page)
  await expect(logins(page)).toHaveText([/Mail\s*ann/, /Odd/])
})

test('editing keeps what was not changed, without fetching secrets; the same login again is asked about; deleting is undone', async ({ vault: page }) => {
  await openPasswords(page)
  await addLogin(page, { name: 'Mail', username: 'ann', totp: TOTP })
  await page.getByRole('button', { name: 'Edit' }).click()
  await expect(page.getByRole('heading', { name: 'Edit “Mail”' })).toBeFocused()
  expect(await pageHolds(page, SECRET)).toBe(false)
  await page.getByLabel('Username').fill('bob')
  await page.getByLabel('Note').fill('by the door')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(logins(page)).toHaveText([/Mail\s*bob/])
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText(SECRET)).toBeVisible()
  await expect(page.getByText('One-time code')).toBeVisible()

  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('button', { name: 'Change password' }).click()
  // Until it is fetched, something else is called so.
  const field = page.locator('input').and(page.getByLabel('Password', { exact: true }))
  await expect(field).toHaveValue(SECRET)
  await field.fill('another-1')
  await page.getByRole('button', { name: 'Remove secret for one-time codes' }).click()
  await save(page)
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText('another-1')).toBeVisible()
  await expect(page.getByText('One-time code')).toBeHidden()

  await addTwiceAndDelete(page)
})

test('what was typed is not thrown away unasked, and outlives another pane and the lock', async ({ vault: page }) => {
  await openPasswords(page)
  await addLogin(page, { name: 'Mail' })
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Username').fill('half')
  await logins(page).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(page.getByLabel('Username')).toHaveValue('half')
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Notes' }).click()
  await openPasswords(page)
  await expect(page.getByLabel('Username')).toHaveValue('half')

  await lockVault(page)
  await unlockVault(page)
  await openPasswords(page)
  await expect(logins(page)).toHaveText(['MMail', /Mail \(not finished.*half/])
})

test('search, and the list by keyboard', async ({ vault: page }) => {
  await openPasswords(page)
  await addLogin(page, { name: 'Café', username: 'ann' })
  await addLogin(page, { name: 'Bank', username: 'ann' })
  await addLogin(page, { name: 'Zoo', username: 'bob', address: 'https://animals.example' })
  const search = page.getByLabel('Search the logins')
  for (const [words, names] of [['cafe', ['Café']], ['ANN ba', ['Bank']], ['animals', ['Zoo']], ['', ['Bank', 'Café', 'Zoo']]] as const) {
    await search.fill(words)
    await expect(logins(page).locator('.choice-texts > :first-child')).toHaveText([...names])
  }
  await search.fill('nothing')
  await expect(page.getByText('Nothing fits “nothing”.')).toBeVisible()
  await search.fill('a')
  await expect(page.getByText('3 of 3 logins')).toBeVisible()
  await search.fill('')
  await logins(page).first().focus()
  await page.keyboard.press('End')
  await expect(logins(page).nth(2)).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Café' })).toBeFocused()
})

test('codes run with the clock', async ({ page, site, template }) => {
  const start = new Date('2030-01-01T00:00:00Z')
  await page.clock.install({ time: start })
  await openVault(page, site, template)
  await openPasswords(page)
  await addLogin(page, { name: 'Mail', totp: TOTP })
  const now = await page.evaluate(() => Date.now())
  await page.clock.pauseAt(Math.ceil((now + 1000) / 30_000) * 30_000 + 5000)
  const code = page.locator('.code-now')
  const next = page.locator('.code-next span')
  await expect(page.getByRole('article').getByRole('timer')).toHaveAccessibleName('valid for 25 seconds')
  const [first, second] = [await code.textContent(), await next.textContent()]
  expect(first).toMatch(/^\d{3} \d{3}$/)
  await page.clock.runFor(20_000)
  await expect(page.getByRole('article').getByRole('timer')).toHaveAccessibleName('valid for 5 seconds')
  expect(await code.textContent()).toBe(first)
  await page.clock.runFor(6000)
  await expect(code).toHaveText(second ?? '')
  await page.clock.runFor(500)
  await expect(page.getByRole('article').getByRole('timer')).toHaveAccessibleName('valid for 29 seconds')
})

test('the clipboard is cleared after half a minute if it still holds the secret, or overwritten where the page may not look', async ({ browser, site, template }) => {
  const context = await browser.newContext({ permissions: ['clipboard-write'] })
  const page = await context.newPage()
  const complaints = watchConsole(page)
  await page.clock.install()
  await openVault(page, site, template)
  await openPasswords(page)
  await addLogin(page, { name: 'Mail', username: 'ann', totp: TOTP })
  const clipboard = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
  await page.getByRole('button', { name: 'Copy password' }).click()
  await page.getByRole('button', { name: 'Clear now' }).click()
  await expect(page.getByText('overwritten with nothing')).toBeVisible()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  expect(await clipboard()).toBe('')

  await page.getByRole('button', { name: 'Copy password' }).click()
  await expect(page.getByText('The clipboard is cleared in 30 seconds.')).toBeAttached()
  expect(await clipboard()).toBe(SECRET)
  await page.clock.runFor(20_000)
  await expect(page.locator('.clipboard-seconds')).toHaveText(/^(9|10) s$/)
  expect(await clipboard()).toBe(SECRET)
  await page.clock.runFor(11_000)
  await expect(page.getByText('The clipboard is cleared.')).toBeVisible()
  expect(await clipboard()).toBe('')

  await page.getByRole('button', { name: 'Copy code' }).click()
  await expect.poll(clipboard).toMatch(/^\d{6}$/)
  await page.evaluate(() => navigator.clipboard.writeText('something of mine'))
  await page.getByRole('button', { name: 'Clear now' }).click()
  await expect(page.getByText('something else by now')).toBeVisible()
  expect(await clipboard()).toBe('something of mine')

  await page.getByRole('button', { name: 'Copy username' }).click()
  await expect.poll(clipboard).toBe('ann')
  await lockVault(page)
  expect(await clipboard()).toBe('')
  expect(complaints).toEqual([])
  await context.close()
})

test('the generator makes what is asked for; an import tells what it did, and says to delete the file', async ({ vault: page }) => {
  await openPasswords(page)
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill('New')
  await page.getByRole('button', { name: 'Make a password' }).click()
  const made = page.getByRole('status', { name: 'Password made' })
  await expect(made).toHaveText(/^.{20}$/)
  await expect(page.getByText(/Very strong.*About 129 bits/)).toBeVisible()
  await page.getByLabel('Length in characters').fill('6')
  for (const kind of ['Small letters', 'Capital letters', 'Symbols']) await page.getByLabel(kind).uncheck()
  await expect(made).toHaveText(/^\d{6}$/)
  await expect(page.getByText(/Weak.*About 19 bits/)).toBeVisible()
  await expect(page.getByLabel('Digits')).toBeDisabled()
  await page.getByLabel('Without what looks alike').check()
  await expect(made).toHaveText(/^[2-9]{6}$/)
  const password = (await made.textContent()) ?? ''
  await page.getByRole('button', { name: 'Use it' }).click()
  await save(page)
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText(password)).toBeVisible()

  const header = 'name,url,username,password,note\n'
  const take = async (csv: string, replaces = true): Promise<void> => {
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('File').setInputFiles({ name: 'Passwords.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
    await dialog.getByLabel('Replace a login that is there already').setChecked(replaces)
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  }
  const counts = page.getByRole('dialog').locator('dd')
  await take(`${header}Mail,https://mail.example,ann,one,\nBank,https://bank.example,ann,two,\nbroken\n`)
  await expect(counts).toHaveText(['2', '0', '0', '1'])
  await expect(page.getByText('Row 4: it has 1 fields, not 5')).toBeVisible()
  await expect(page.getByText('Delete “Passwords.csv” now')).toBeVisible()
  await page.getByRole('button', { name: 'Done' }).click()
  await take(`${header}Mail,https://mail.example,ann,changed,\nBank,https://bank.example,ann,two,\n`)
  await expect(counts).toHaveText(['0', '1', '1', '0'])
  await page.getByRole('button', { name: 'Done' }).click()
  await take(`${header}Mail,https://mail.example,ann,again,\n`, false)
  await expect(counts).toHaveText(['0', '0', '0', '1'])
  await page.getByRole('button', { name: 'Done' }).click()
  await logins(page).filter({ hasText: 'Mail' }).click()
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText('changed', { exact: true })).toBeVisible()
  await take('a,b\n1,2\n')
  await expect(page.getByRole('alert')).toContainText('not an export of Chrome, Firefox or Bitwarden')
})

test('a password made for other settings is neither shown nor used', async ({ vault: page }) => {
  await openPasswords(page)
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByRole('button', { name: 'Make a password' }).click()
  await expect(page.getByRole('status', { name: 'Password made' })).toHaveText(/^.{20}$/)
  await page.getByLabel('Length in characters').fill('128')
  const shown = await page.getByLabel('Digits').evaluate(async (box: HTMLInputElement) => {
    const texts = new Set<string>()
    const output = document.querySelector('output')
    box.click()
    const end = performance.now() + 200
    while (performance.now() < end) {
      // After the box was clicked the page is rendered in a microtask; each one after that is looked at.
      for (let i = 0; i < 20; i++) await Promise.resolve().then(() => i > 5 && texts.add(output?.textContent ?? ''))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return [...texts]
  })
  expect(shown.length).toBeGreaterThan(0)
  for (const text of shown) expect(text).toMatch(/^\D*$/)
  expect(shown.at(-1)).toHaveLength(128)
})

test('a second tab reads, copies, and sees what the first one changes', async ({ vault: page }) => {
  await openPasswords(page)
  await addLogin(page, { name: 'Mail' })
  const second = await page.context().newPage()
  await second.goto(page.url())
  await unlockVault(second)
  await openPasswords(second)
  await expect(second.getByRole('button', { name: 'New login' })).toBeDisabled()
  await logins(second).click()
  await expect(second.getByRole('button', { name: 'Edit' })).toBeDisabled()
  await second.getByRole('button', { name: 'Show password' }).click()
  await expect(second.getByText(SECRET)).toBeVisible()
  await addLogin(page, { name: 'Bank' })
  await expect(logins(second)).toHaveCount(2)
  await page.close()
  await expect(second.getByRole('button', { name: 'New login' })).toBeEnabled()
  await isOpen(second)
})

test('axe finds nothing, light and dark, wide and on a phone', async ({ browser, site, template }) => {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  await openVault(page, site, template)
  await openPasswords(page)
  await look(page, 'no logins')
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByRole('dialog').waitFor()
  await look(page, 'import')
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Mail')
  await page.getByRole('button', { name: 'Add a field' }).click()
  await look(page, 'form')
  await page.getByRole('button', { name: 'Make a password' }).click()
  await page.getByRole('dialog').waitFor()
  await look(page, 'generator')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByLabel('Secret for one-time codes', { exact: true }).fill(TOTP)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Show password' }).click()
  await page.getByRole('button', { name: 'Copy password' }).click()
  await page.locator('.code-now').waitFor()
  await look(page, 'login')
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Username').fill('half')
  await logins(page).click()
  await page.getByRole('dialog', { name: 'Discard what you typed?' }).waitFor()
  await look(page, 'a question')
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Trash' }).click()
  await page.getByRole('button', { name: 'Restore Mail' }).waitFor()
  await look(page, 'trash')
  await page.getByRole('button', { name: 'Restore Mail' }).click()
  await page.getByText('There are none.').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await logins(page).click()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await expect(logins(page)).toBeFocused()
  await expectNoViolations(page, 'list')
  await expectNoOverflow(page, 'list')
  await context.close()
})
