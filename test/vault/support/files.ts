import { readFile } from 'node:fs/promises'
import type { Download, Locator, Page } from '@playwright/test'
import { contentSecurityPolicy } from '../../../examples/vault/content-security-policy.js'
import { serve } from '../../e2e/support/site.js'
import { expect, openVault, test as base, watchConsole } from './vault.js'

/** A vault takes a while to open: tests that only need a folder share one. */
export const test = base.extend<{ readonly folder: Page }, { readonly shared: Page }>({
  shared: [
    async ({ browser, template }, use) => {
      const site = await serve(process.env['COFFER_VAULT_DIST'] ?? '', contentSecurityPolicy)
      const page = await browser.newPage()
      await openVault(page, site, template)
      await use(page)
      await page.close()
      await site.close()
    },
    { scope: 'worker' },
  ],
  folder: async ({ shared: page }, use, { testId }) => {
    const complaints = watchConsole(page)
    await page.keyboard.press('Escape')
    await page.getByRole('searchbox').fill('')
    const path = page.getByRole('navigation', { name: 'Folder' })
    await expect(path).toBeVisible()
    const root = path.getByRole('button', { name: 'Papers', exact: true })
    if (await root.isVisible()) await root.click()
    await expect(root).toBeHidden()
    for (const dismiss of await page.getByRole('button', { name: 'Dismiss' }).all()) await dismiss.click({ timeout: 1000 }).catch(() => undefined)
    await newFolder(page, testId)
    await row(page, testId).dblclick()
    await expect(page.getByText('Nothing here yet')).toBeVisible()
    await use(page)
    if (complaints.length > 0) throw new Error(`The console says: ${complaints.join('\n')}`)
  },
})

export interface TestFile {
  readonly name: string
  readonly mimeType: string
  readonly buffer: Buffer
}

export const file = (name: string, text: string): TestFile => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
export const list = (page: Page): Locator => page.locator('.file-list').getByRole('listbox')
export const row = (page: Page, name: string): Locator => list(page).getByRole('option').filter({ has: page.getByText(name, { exact: true }) })
export const titles = (page: Page): Locator => page.locator('.file-title')
export const toast = (page: Page, text: string | RegExp): Locator => page.locator('.toast').filter({ hasText: text })

export async function add(page: Page, ...files: TestFile[]): Promise<void> {
  await page.getByTestId('pick-files').setInputFiles(files)
  const [first] = files
  if (first) await expect(row(page, first.name)).toBeVisible()
}

/** To the folder above. */
export async function up(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Folder' }).getByRole('button').last().click()
}

export async function newFolder(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'New folder' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill(name)
  await page.keyboard.press('Enter')
  await expect(row(page, name)).toBeVisible()
}

export async function textOf(download: Download): Promise<string> {
  return readFile(await download.path(), 'utf8')
}

export async function downloaded(page: Page, name: string): Promise<string> {
  await row(page, name).click()
  const coming = page.waitForEvent('download')
  await page.getByRole('toolbar').getByRole('button', { name: 'Download' }).click()
  const download = await coming
  expect(download.suggestedFilename()).toBe(name)
  return textOf(download)
}

/** Begins to add many MiB that do not shrink, and with them small files. */
export async function addNoise(page: Page, mebibytes: number, ...names: string[]): Promise<void> {
  await page.getByTestId('pick-files').evaluate(
    (input, { mebibytes, names }) => {
      const noise = new Uint8Array(1 << 20)
      for (let at = 0; at < noise.length; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536))
      const transfer = new DataTransfer()
      transfer.items.add(new File(Array.from({ length: mebibytes }, () => noise), 'noise.bin'))
      for (const name of names) transfer.items.add(new File(['never'], name))
      ;(input as HTMLInputElement).files = transfer.files
      input.dispatchEvent(new Event('change'))
    },
    { mebibytes, names },
  )
}

/** Takes what the page writes through a picker into a file of the browser's own, and tells its size and end. */
export async function answerPicker(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory()
    const picker = { showSaveFilePicker: ({ suggestedName }: { suggestedName: string }) => folder.getFileHandle(`picked-${suggestedName}`, { create: true }) }
    Object.assign(window, picker)
  })
}

/** As a user drops from the desktop: with directories. */
export async function drop(page: Page, target: Locator, files: string[]): Promise<void> {
  const box = await target.boundingBox()
  if (!box) throw new Error('What is dropped on is not to be seen.')
  const cdp = await page.context().newCDPSession(page)
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await cdp.send('Input.dispatchDragEvent', { type, ...at, data })
}
