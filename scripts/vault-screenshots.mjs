// Pictures of the vault in docs/vault, from a real one: `node scripts/vault-screenshots.mjs [--only NAME]`. They are under version control.

import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { tsImport } from 'tsx/esm/api'
import { findChromium } from './browser.mjs'
import { ensureWorkerScripts, root, run, SetupError } from './setup.mjs'

const pictures = join(root, 'docs', 'vault')
const only = process.argv[process.argv.indexOf('--only') + 1]

await ensureWorkerScripts()
const { serve } = await tsImport('../test/e2e/support/site.ts', import.meta.url)
const { contentSecurityPolicy } = await tsImport('../examples/vault/content-security-policy.ts', import.meta.url)
const { createVault, fillNewVault, lockVault, unlockVault } = await tsImport('../test/vault/support/vault.ts', import.meta.url)

const dist = mkdtempSync(join(tmpdir(), 'coffer-vault-'))
const vault = join(root, 'examples', 'vault')
const built = await run(process.execPath, [join(vault, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--outDir', dist, '--emptyOutDir'], { cwd: vault, inherit: false })
if (built.code !== 0) throw new SetupError(built.output)
mkdirSync(pictures, { recursive: true })

const site = await serve(dist, contentSecurityPolicy)
const browser = await chromium.launch({ ...findChromium(), args: ['--no-sandbox'] })
await tell({ width: 1280, height: 800, colorScheme: 'light', suffix: '' })
await tell({ width: 390, height: 844, colorScheme: 'light', suffix: '-phone' })
await tell({ width: 1280, height: 800, colorScheme: 'dark', suffix: '-dark' })
await browser.close()
await site.close()
rmSync(dist, { recursive: true, force: true })

/** The same story in one kind of window. */
async function tell({ width, height, colorScheme, suffix }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1 })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const shoot = async (name) => {
    if (process.argv.includes('--only') && only !== name) return
    // Nothing that moves is caught on its way.
    await page.waitForTimeout(400)
    writeFileSync(join(pictures, `${name}${suffix}.png`), await page.screenshot())
    console.log(`docs/vault/${name}${suffix}.png`)
  }
  const go = (pane) => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()

  await page.goto(site.url)
  await fillNewVault(page)
  await shoot('create')
  await page.goto(site.url)
  await createVault(page)
  await addFiles(page)
  await shoot('files')
  await go('Passwords')
  await shoot('passwords')
  await go('Notes')
  await shoot('notes')
  await go('Settings')
  await shoot('settings')
  await lockVault(page)
  await shoot('unlock')
  await unlockVault(page)
  await context.close()
}

async function addFiles(page) {
  const file = (name, mimeType, text) => ({ name, mimeType, buffer: Buffer.from(text) })
  await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles([
    file('Lease 2024.pdf', 'application/pdf', `%PDF-1.4\n${'x'.repeat(248_000)}`),
    file('Passport.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="600" height="400" fill="#0f5c5c"/></svg>'),
    file('Insurance.txt', 'text/plain', 'Policy 4711, pays for water and fire.\n'.repeat(80)),
    file('Budget.csv', 'text/csv', 'month,rent\n1,900\n'),
    file('Grandmother’s recipes.txt', 'text/plain', 'Flour, eggs, patience.\n'),
  ])
  await page.getByText('Budget.csv').first().waitFor()
}
