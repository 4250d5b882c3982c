// Pictures of the vault in docs/vault, from a real one: `node scripts/vault-screenshots.mjs`. They are under version control.

import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright'
import { tsImport } from 'tsx/esm/api'
import { findChromium } from './browser.mjs'
import { ensureWorkerScripts, root, run, SetupError } from './setup.mjs'

const pictures = join(root, 'docs', 'vault')
/** What a picture may be large, since each version of it stays in the repository. */
const LARGEST_BYTES = 150_000

const logins = [
  { name: 'Library', username: 'ann.weber', address: 'https://library.example' },
  { name: 'Bank', username: '4711 0815', address: 'https://bank.example' },
  { name: 'Railway', username: 'ann@mail.example', address: 'https://rail.example' },
  { name: 'Town hall', username: 'a.weber', address: 'https://town.example' },
  { name: 'Mail', username: 'ann@mail.example', address: 'https://mail.example', totp: 'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ' },
]
const notes = [
  ['Garden', 'Tomatoes go out after the Ice Saints.'],
  ['Bicycle', 'Frame number WX 4411 87, bought in May.'],
  ['Packing list', 'Passports\nSleeping bags\nThe good knife\nA book for each\n\nAsk Tom about the tent.'],
]
const sunset = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 1000" width="1600" height="1000"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="#f7c59f"/><stop offset=".55" stop-color="#ef767a"/><stop offset="1" stop-color="#456990"/></linearGradient></defs><rect width="1600" height="1000" fill="url(#s)"/><circle cx="1150" cy="380" r="120" fill="#fff3d6"/><path d="M0 700 300 430 560 690 820 380 1180 760 1400 600 1600 720V1000H0Z" fill="#2a3d5c"/><path d="M0 820 400 640 760 860 1100 700 1600 880V1000H0Z" fill="#16233a"/></svg>`

await ensureWorkerScripts()
const { serve } = await tsImport('../test/e2e/support/site.ts', import.meta.url)
const { contentSecurityPolicy } = await tsImport('../examples/vault/content-security-policy.ts', import.meta.url)
const { fillNewVault, isOpen, lockVault } = await tsImport('../test/vault/support/vault.ts', import.meta.url)

const dist = mkdtempSync(join(tmpdir(), 'coffer-vault-'))
const vault = join(root, 'examples', 'vault')
const built = await run(process.execPath, [join(vault, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--outDir', dist, '--emptyOutDir'], { cwd: vault, inherit: false })
if (built.code !== 0) throw new SetupError(built.output)
mkdirSync(pictures, { recursive: true })

const site = await serve(dist, contentSecurityPolicy)
const browser = await chromium.launch({ ...findChromium(), args: ['--no-sandbox'] })
await tell({ width: 1280, height: 800, suffix: '' })
await tell({ width: 390, height: 844, suffix: '-phone', wanted: ['unlock', 'files', 'preview', 'passwords', 'notes', 'settings'] })
await tell({ width: 1280, height: 800, colorScheme: 'dark', suffix: '-dark', wanted: ['unlock', 'files', 'preview', 'passwords', 'notes', 'settings'] })
await browser.close()
await site.close()
rmSync(dist, { recursive: true, force: true })

/** The same story in one kind of window. */
async function tell({ width, height, colorScheme = 'light', suffix, wanted }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const shoot = async (name) => {
    if (wanted && !wanted.includes(name)) return
    const dismiss = page.locator('.toast').getByRole('button', { name: 'Dismiss' })
    while ((await dismiss.count()) > 0) await dismiss.first().click()
    const picture = await page.screenshot()
    if (picture.length > LARGEST_BYTES) throw new SetupError(`The picture ${name}${suffix}.png is too large: ${picture.length} bytes.`)
    writeFileSync(join(pictures, `${name}${suffix}.png`), picture)
    console.log(`docs/vault/${name}${suffix}.png: ${Math.round(picture.length / 1000)} KB`)
  }
  const go = (pane) => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()

  await page.goto(site.url)
  await fillNewVault(page)
  await page.getByText('Very good').waitFor()
  await shoot('create')
  await page.getByRole('button', { name: 'Make the vault' }).click()
  await page.getByRole('status', { name: 'Recovery code' }).waitFor()
  await shoot('recovery-code')
  await page.getByRole('button', { name: 'Later' }).click()
  await isOpen(page)
  await addFiles(page)
  await shoot('files')
  await page.getByRole('option', { name: 'Sunset' }).dblclick()
  await page.locator('dialog.viewer img').evaluate((image) => image.decode())
  await shoot('preview')
  await page.keyboard.press('Escape')
  await go('Passwords')
  for (const login of logins) await addLogin(page, login)
  await shoot('passwords')
  await go('Notes')
  for (const [title, text] of notes) await addNote(page, title, text)
  await shoot('notes')
  await go('Settings')
  await page.locator('main').getByRole('heading', { level: 1 }).waitFor()
  await shoot('settings')
  await lockVault(page)
  await shoot('unlock')
  await context.close()
}

async function addFiles(page) {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-sample-'))
  const add = async (path, content) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  await add('House/Lease.pdf', `%PDF-1.4\n${'x'.repeat(248_000)}`)
  await add('House/Insurance.txt', 'Policy 4711, pays for water and fire.\n'.repeat(80))
  await add('Health/Vaccinations.csv', 'date,against\n2024-03-01,tetanus\n')
  await page.getByTestId('pick-folder').setInputFiles(join(folder, 'House'))
  await page.getByRole('option', { name: 'House' }).waitFor()
  await page.getByTestId('pick-folder').setInputFiles(join(folder, 'Health'))
  await page.getByRole('option', { name: 'Health' }).waitFor()
  const file = (name, mimeType, text) => ({ name, mimeType, buffer: Buffer.from(text) })
  await page.getByTestId('pick-files').setInputFiles([
    file('Sunset in the Karwendel.svg', 'image/svg+xml', sunset),
    file('Passport.pdf', 'application/pdf', `%PDF-1.4\n${'x'.repeat(512_000)}`),
    file('Budget 2026.csv', 'text/csv', 'month,rent\n1,900\n'.repeat(12)),
    file('Grandmother’s recipes.txt', 'text/plain', 'Flour, eggs, patience.\n'.repeat(40)),
    file('Letter to Ann.txt', 'text/plain', 'Dear Ann,\n'.repeat(9)),
  ])
  await page.getByRole('option', { name: 'Sunset' }).waitFor()
  await page.getByRole('button', { name: 'Clear the selection' }).click()
  rmSync(folder, { recursive: true, force: true })
}

async function addLogin(page, { name, username, address, totp = '' }) {
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill('seven tired herons, one umbrella')
  await page.getByLabel('Address 1', { exact: true }).fill(address)
  await page.getByLabel('Secret for one-time codes', { exact: true }).fill(totp)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name, exact: true }).waitFor()
  const back = page.getByRole('button', { name: 'Back to the list' })
  if (await back.isVisible()) await back.click()
}

async function addNote(page, title, text) {
  await page.getByRole('button', { name: 'New note' }).click()
  await page.getByLabel('Title', { exact: true }).fill(title)
  await page.getByLabel('Text of the note').fill(text)
  await page.getByText('Saved', { exact: true }).waitFor()
  const back = page.getByRole('button', { name: 'Back to the list' })
  if (await back.isVisible()) await back.click()
}
