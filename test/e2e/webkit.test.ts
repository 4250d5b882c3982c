import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentSecurityPolicy } from '../../examples/vault/content-security-policy.js'
import { findWebKit } from '../../scripts/browser.mjs'
import { cacheFolder } from '../../scripts/setup.mjs'
import { buildVaultInto } from '../vault/support/build-vault.js'
import { testOtherBrowser } from './support/other-browser.js'
import { serve, type Answer } from './support/site.js'
import { WebKit } from './support/webkit.js'

const executable = findWebKit()

// The engine of Safari. Its OPFS is the asynchronous one here (support/webkit.ts), in which WebKit puts a new file in the place of the old one
// by more than one step: whoever reads without a lock may be told that the file is damaged or gone.
testOtherBrowser('WebKit', executable === undefined ? undefined : () => WebKit.launch(executable), { lockedReaders: ['opfs'] })

/** What a user does in the vault. */
const vaultFunctions = `
const until = async (find) => {
  for (const end = performance.now() + 30_000; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = find()
    if (found) return found
  }
  throw new Error('It does not come. The page shows: ' + document.body.innerText)
}
const named = (selector, name) => until(() =>
  [...document.querySelectorAll(selector)].find((each) => each.textContent.trim() === name || each.getAttribute('aria-label') === name))
const click = async (name) => (await named('button', name)).click()
const fill = async (label, text) => {
  const { control } = await named('label', label)
  control.value = text
  control.dispatchEvent(new Event('input', { bubbles: true }))
}
const isOpen = () => named('nav', 'Vault')
const paths = () => [...document.querySelectorAll('[role=option][data-path]')].map(({ dataset }) => dataset.path)
globalThis.site = {
  make: async (password) => {
    await fill('Name', 'Papers')
    await fill('Password', password)
    await fill('Password again', password)
    await click('Make the vault')
    await click('Later')
    await isOpen()
  },
  unlock: async (password) => {
    await fill('Password', password)
    await click('Unlock')
    await isOpen()
  },
  add: async (name, text) => {
    const input = await until(() => document.querySelector('[data-testid=pick-files]'))
    const data = new DataTransfer()
    data.items.add(new File([text], name, { type: 'text/plain' }))
    input.files = data.files
    input.dispatchEvent(new Event('change', { bubbles: true }))
    await until(() => paths().includes(name))
  },
  files: async () => until(() => paths().length > 0 && paths()),
}
`

describe.skipIf(executable === undefined)('the vault in WebKit', () => {
  const password = 'correct horse battery staple 42'
  let folder: string
  let browser: WebKit

  beforeAll(async () => {
    folder = await mkdtemp(join(cacheFolder, 'vault-'))
    await buildVaultInto(folder)
    const page = { functions: vaultFunctions, serve: (answer: Answer) => serve(folder, contentSecurityPolicy, answer) }
    browser = await WebKit.launch(executable as string, page)
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('is made in one tab, and opened in another with what was put there', async () => {
    const first = await browser.openTab()
    await first.call('make', password)
    await first.call('add', 'letter.txt', 'kept')
    await first.close()
    const second = await browser.openTab()
    await second.call('unlock', password)
    expect(await second.call('files')).toEqual(['letter.txt'])
    await second.close()
  })
})
