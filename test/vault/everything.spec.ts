import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Locator, Page } from '@playwright/test'
import { enterRecoveryCode, expect, fillNewVault, isOpen, lockVault, test, unlockVault, watchConsole } from './support/vault.js'

const TOTP = 'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ'
const photo = randomBytes(300_000)

const pane = (page: Page, name: string): Promise<void> => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name }).click()
const row = (page: Page, name: string): Locator => page.locator('.file-list').getByRole('option').filter({ has: page.getByText(name, { exact: true }) })

async function addFiles(page: Page, files: Readonly<Record<string, Buffer>>): Promise<void> {
  await page.getByTestId('pick-files').setInputFiles(Object.entries(files).map(([name, buffer]) => ({ name, mimeType: 'application/octet-stream', buffer })))
  for (const name of Object.keys(files)) await expect(row(page, name)).toBeVisible()
}

async function downloadHash(page: Page, name: string): Promise<string> {
  await row(page, name).click()
  const coming = page.waitForEvent('download')
  await page.getByRole('toolbar').getByRole('button', { name: 'Download' }).click()
  return hashOf(await readFile(await (await coming).path()))
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** All that was kept is there, and as it was. */
async function readAll(page: Page): Promise<void> {
  await pane(page, 'Files')
  expect(await downloadHash(page, 'photo.bin')).toBe(hashOf(photo))
  expect(await downloadHash(page, 'letter.txt')).toBe(hashOf(Buffer.from('Dear Ann')))
  await pane(page, 'Notes')
  await page.getByRole('list', { name: 'Notes' }).getByRole('button', { name: 'Travel' }).click()
  await expect(page.getByLabel('Text of the note')).toHaveValue('Passport in the drawer')
  await pane(page, 'Passwords')
  await page.getByRole('list', { name: 'Logins' }).getByRole('button', { name: 'Mail' }).click()
  await expect(page.locator('.code-now')).toHaveText(/^\d{3} \d{3}$/)
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText('swordfish-7!')).toBeVisible()
}

test('as a new user lives it: a vault, its recovery code, files, a note, a login, no network, a tab that dies', async ({ context, page, site }) => {
  test.setTimeout(180_000)
  const complaints = watchConsole(page)
  await page.goto(site.url)
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await fillNewVault(page)
  await page.getByRole('button', { name: 'Make the vault' }).click()
  const code = (await page.getByRole('status', { name: 'Recovery code' }).textContent({ timeout: 30_000 })) ?? ''
  await page.getByLabel('Type it back').fill(code)
  await page.getByRole('button', { name: 'Check it' }).click()
  await isOpen(page)

  await addFiles(page, { 'photo.bin': photo, 'letter.txt': Buffer.from('Dear Ann') })
  await pane(page, 'Notes')
  await page.getByRole('button', { name: 'New note' }).click()
  await page.getByLabel('Title', { exact: true }).fill('Travel')
  await page.getByLabel('Text of the note').fill('Passport in the drawer')
  await expect(page.getByText('Saved', { exact: true })).toBeVisible()
  await pane(page, 'Passwords')
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Mail')
  await page.getByLabel('Password', { exact: true }).fill('swordfish-7!')
  await page.getByLabel('Secret for one-time codes', { exact: true }).fill(TOTP)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('article').waitFor()
  await lockVault(page)

  // From here on there is no network.
  await site.close()
  await page.reload()
  await unlockVault(page)
  await readAll(page)

  await pane(page, 'Files')
  const names = ['late-1.bin', 'late-2.bin']
  for (const name of names) await addFiles(page, { [name]: randomBytes(1000) })
  await page.getByTestId('pick-files').evaluate((input) => {
    const noise = crypto.getRandomValues(new Uint8Array(65_536))
    const transfer = new DataTransfer()
    transfer.items.add(new File(Array.from({ length: 6400 }, () => noise), 'half.bin'))
    ;(input as HTMLInputElement).files = transfer.files
    input.dispatchEvent(new Event('change'))
  })
  await expect(page.getByText(/half\.bin|Adding/).first()).toBeVisible()
  // The tab dies, as a crash of the browser has it: nothing of the page runs any more.
  const dead = new Promise((resolve) => {
    page.once('crash', resolve)
  })
  page.goto('chrome://crash').catch(() => undefined)
  await dead

  const again = await context.newPage()
  const complaintsAgain = watchConsole(again)
  await again.goto(site.url)
  await unlockVault(again)
  for (const name of names) await expect(row(again, name)).toBeVisible()
  await expect(row(again, 'half.bin')).toHaveCount(0)
  await readAll(again)
  await pane(again, 'Files')
  await addFiles(again, { 'after.bin': randomBytes(1000) })

  // The code on paper opens it too.
  await lockVault(again)
  await enterRecoveryCode(again, code)
  await expect(again.getByLabel('New password', { exact: true })).toBeVisible()
  expect([...complaints, ...complaintsAgain]).toEqual([])
})
