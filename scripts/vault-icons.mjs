// Draws the vault's icons for home screens out of examples/vault/public/icon.svg: `node scripts/vault-icons.mjs`. They are under version control.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { findChromium } from './browser.mjs'
import { root } from './setup.mjs'

const folder = join(root, 'examples', 'vault', 'public')
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8')
// A maskable icon is cut to any shape within its middle 80 %, so that one has its colour up to the edges.
const square = svg.replace(' rx="14"', '').replace('<svg ', '<svg preserveAspectRatio="none" ')

const browser = await chromium.launch({ ...findChromium(), args: ['--no-sandbox'] })
for (const { name, size, picture } of [
  { name: 'icon-192.png', size: 192, picture: svg },
  { name: 'icon-512.png', size: 512, picture: svg },
  { name: 'icon-maskable-512.png', size: 512, picture: square },
  { name: 'apple-touch-icon.png', size: 180, picture: square },
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${picture}`)
  writeFileSync(join(folder, name), await page.screenshot({ omitBackground: true }))
  await page.close()
}
await browser.close()
