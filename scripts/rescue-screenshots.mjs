// Pictures of the rescue page in docs/vault, from a real one: `node scripts/rescue-screenshots.mjs`. They are under version control.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright'
import { tsImport } from 'tsx/esm/api'
import { findChromium } from './browser.mjs'
import { ensureWorkerScripts, root } from './setup.mjs'

const pictures = join(root, 'docs', 'vault')
const folder = mkdtempSync(join(tmpdir(), 'coffer-rescue-'))

await ensureWorkerScripts()
const { buildRescuePage } = await tsImport('../examples/vault/rescue-plugin.ts', import.meta.url)
writeFileSync(join(folder, 'rescue.html'), await buildRescuePage())
process.env.COFFER_VAULT_DIST = folder
const { keep, unlockRescue } = await tsImport('../test/vault/support/rescue.ts', import.meta.url)
const { PASSWORD } = await tsImport('../test/vault/support/vault.ts', import.meta.url)
mkdirSync(pictures, { recursive: true })

const kept = await keep(folder, 'bank', fill)
const browser = await chromium.launch({ ...findChromium(), args: ['--no-sandbox'] })
await tell({ width: 1280, height: 800, colorScheme: 'light', suffix: '' })
await tell({ width: 390, height: 844, colorScheme: 'light', suffix: '-phone' })
await tell({ width: 1280, height: 800, colorScheme: 'dark', suffix: '-dark' })
await browser.close()
rmSync(folder, { recursive: true, force: true })

async function fill(coffer) {
  for (const [name, size] of [['House/Lease 2024.pdf', 248_000], ['House/Insurance.pdf', 96_000], ['Letters/To Ada.txt', 2400], ['Passport.jpg', 1_900_000], ['Videos/Wedding.mp4', 41_000_000]]) {
    await coffer.write(name, new Uint8Array(size), { mtime: new Date('2026-11-02') })
  }
  await coffer.write('Notes/Shopping.txt', 'bread and milk', { mtime: new Date('2026-11-20') })
  const passwords = await coffer.plugin('password')
  await passwords.add({ name: 'Library', username: 'ada', password: 'lovelace-1815' })
}

/** The same story in one kind of window. */
async function tell({ width, height, colorScheme, suffix }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, offline: true })
  const page = await context.newPage()
  const shoot = async (name) => {
    writeFileSync(join(pictures, `${name}${suffix}.png`), await page.screenshot())
    console.log(`docs/vault/${name}${suffix}.png`)
  }
  await page.goto(pathToFileURL(kept.page).href)
  await shoot('rescue')
  await unlockRescue(page, kept.coffer, PASSWORD)
  await page.getByText('To Ada.txt').waitFor()
  await shoot('rescue-open')
  await context.close()
}
