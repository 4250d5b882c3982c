import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Download, Locator, Page } from '@playwright/test'
import { expectNoOverflow, expectNoViolations } from './support/axe.js'
import { contentSecurityPolicy } from '../../examples/vault/content-security-policy.js'
import { serve } from '../e2e/support/site.js'
import { createVault, expect, test as base, unlockVault, watchConsole } from './support/vault.js'

/** A vault takes long to make: tests that only need a folder share one. */
const test = base.extend<{ readonly folder: Page }, { readonly shared: Page }>({
  shared: [
    async ({ browser }, use) => {
      const site = await serve(process.env['COFFER_VAULT_DIST'] ?? '', contentSecurityPolicy)
      const page = await browser.newPage()
      await page.goto(site.url)
      await createVault(page)
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
    const root = page.getByRole('navigation', { name: 'Folder' }).getByRole('button', { name: 'Papers', exact: true })
    if (await root.isVisible()) await root.click()
    for (const dismiss of await page.getByRole('button', { name: 'Dismiss' }).all()) await dismiss.click({ timeout: 1000 }).catch(() => undefined)
    await newFolder(page, testId)
    await row(page, testId).dblclick()
    await expect(page.getByText('Nothing here yet')).toBeVisible()
    await use(page)
    if (complaints.length > 0) throw new Error(`The console says: ${complaints.join('\n')}`)
  },
})

interface TestFile {
  readonly name: string
  readonly mimeType: string
  readonly buffer: Buffer
}

const file = (name: string, text: string): TestFile => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
const list = (page: Page): Locator => page.locator('.file-list').getByRole('listbox')
const row = (page: Page, name: string): Locator => list(page).getByRole('option').filter({ has: page.getByText(name, { exact: true }) })
const titles = (page: Page): Promise<string[]> => page.locator('.file-title').allTextContents()
const toast = (page: Page, text: string | RegExp): Locator => page.locator('.toast').filter({ hasText: text })

async function add(page: Page, ...files: TestFile[]): Promise<void> {
  await page.getByTestId('pick-files').setInputFiles(files)
  const [first] = files
  if (first) await expect(row(page, first.name)).toBeVisible()
}

/** To the folder above. */
async function up(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Folder' }).getByRole('button').last().click()
}

async function newFolder(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'New folder' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill(name)
  await page.keyboard.press('Enter')
  await expect(row(page, name)).toBeVisible()
}

async function textOf(download: Download): Promise<string> {
  return readFile(await download.path(), 'utf8')
}

async function downloaded(page: Page, name: string): Promise<string> {
  await row(page, name).click()
  const coming = page.waitForEvent('download')
  await page.getByRole('toolbar').getByRole('button', { name: 'Download' }).click()
  const download = await coming
  expect(download.suggestedFilename()).toBe(name)
  return textOf(download)
}

/** Begins to add many MiB that do not shrink, and with them small files. */
async function addNoise(page: Page, mebibytes: number, ...names: string[]): Promise<void> {
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
async function answerPicker(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory()
    const picker = { showSaveFilePicker: ({ suggestedName }: { suggestedName: string }) => folder.getFileHandle(`picked-${suggestedName}`, { create: true }) }
    Object.assign(window, picker)
  })
}

/** As a user drops from the desktop: with directories. */
async function drop(page: Page, target: Locator, files: string[]): Promise<void> {
  const box = await target.boundingBox()
  if (!box) throw new Error('What is dropped on is not to be seen.')
  const cdp = await page.context().newCDPSession(page)
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await cdp.send('Input.dispatchDragEvent', { type, ...at, data })
}

test('files are picked, kept, and given out as they were', async ({ vault: page }) => {
  await add(page, file('letter.txt', 'Dear vault'), file('empty.txt', ''))
  await expect(toast(page, 'Added 2 files')).toBeVisible()
  await expect(row(page, 'empty.txt')).toContainText('0 bytes')
  await page.reload()
  await unlockVault(page)
  await expect(row(page, 'letter.txt')).toBeVisible()
  expect(await downloaded(page, 'letter.txt')).toBe('Dear vault')
  expect(await downloaded(page, 'empty.txt')).toBe('')
})

test('files and folders are dropped, into the vault and onto a folder', async ({ folder: page }) => {
  const source = await mkdtemp(join(tmpdir(), 'coffer-drop-'))
  await mkdir(join(source, 'trip', 'nothing'), { recursive: true })
  await mkdir(join(source, 'trip', 'day 1'))
  await writeFile(join(source, 'trip', 'day 1', 'a.txt'), 'one')
  await writeFile(join(source, 'loose.txt'), 'loose')
  await drop(page, page.locator('.files-main'), [join(source, 'trip'), join(source, 'loose.txt')])
  await expect(row(page, 'trip')).toBeVisible()
  expect(await titles(page)).toEqual(['trip', 'loose.txt'])
  await drop(page, row(page, 'trip'), [join(source, 'loose.txt')])
  await expect(toast(page, 'Added 1 file to “trip”')).toBeVisible()
  await row(page, 'trip').dblclick()
  await expect(row(page, 'day 1')).toBeVisible()
  expect(await titles(page)).toEqual(['day 1', 'nothing', 'loose.txt'])
  await rm(source, { recursive: true })
})

test('a folder that is picked comes with all in it', async ({ folder: page }) => {
  const source = await mkdtemp(join(tmpdir(), 'coffer-pick-'))
  await mkdir(join(source, 'album', 'inner'), { recursive: true })
  await writeFile(join(source, 'album', 'inner', 'x.txt'), 'x')
  await page.getByTestId('pick-folder').setInputFiles(join(source, 'album'))
  await row(page, 'album').dblclick()
  await row(page, 'inner').dblclick()
  await expect(row(page, 'x.txt')).toBeVisible()
  await rm(source, { recursive: true })
})

test('a name that is taken: keep both, replace, skip', async ({ folder: page }) => {
  await add(page, file('a.txt', 'old'), file('b.txt', 'old'))
  await page.getByTestId('pick-files').setInputFiles([file('a.txt', 'new')])
  const dialog = page.getByRole('dialog', { name: 'There is a “a.txt” already' })
  await dialog.getByRole('button', { name: 'Keep both' }).click()
  await expect(row(page, 'a (2).txt')).toBeVisible()
  await page.getByTestId('pick-files').setInputFiles([file('a.txt', 'newer')])
  await dialog.getByRole('button', { name: 'Replace' }).click()
  await expect(dialog).toBeHidden()
  await expect(row(page, 'a.txt')).toContainText('5 bytes')
  await page.getByTestId('pick-files').setInputFiles([file('a.txt', 'newest'), file('b.txt', 'newest')])
  await dialog.getByLabel('Do the same for all').check()
  await dialog.getByRole('button', { name: 'Skip' }).click()
  await expect(toast(page, 'Skipped 2')).toBeVisible()
  expect(await downloaded(page, 'a.txt')).toBe('newer')
  expect(await downloaded(page, 'a (2).txt')).toBe('new')
  expect(await downloaded(page, 'b.txt')).toBe('old')
})

test('text and pictures are pasted', async ({ folder: page }) => {
  const paste = (kind: 'text' | 'picture'): Promise<void> =>
    page.evaluate((kind) => {
      const clipboardData = new DataTransfer()
      if (kind === 'text') clipboardData.setData('text/plain', 'Shopping: list\nmilk')
      else clipboardData.items.add(new File(['picture'], 'image.png', { type: 'image/png' }))
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }, kind)
  await paste('text')
  await expect(page.getByRole('dialog').getByLabel('Name of the file')).toHaveValue('Shopping list.txt')
  await page.keyboard.press('Enter')
  await expect(row(page, 'Shopping list.txt')).toBeVisible()
  await paste('picture')
  await expect(page.locator('.file-title', { hasText: /^Picture .*\.png$/ })).toBeVisible()
  expect(await downloaded(page, 'Shopping list.txt')).toBe('Shopping: list\nmilk')
})

test('renaming, and taking it back; a bad name is explained', async ({ folder: page }) => {
  await add(page, file('a.txt', 'a'), file('b.txt', 'b'))
  await row(page, 'a.txt').click()
  await page.keyboard.press('F2')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('b.txt')
  await page.keyboard.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('There is one of that name already')
  await dialog.getByLabel('Name').fill('c/d')
  await page.keyboard.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('slash')
  await dialog.getByLabel('Name').fill('z.txt')
  await page.keyboard.press('Enter')
  await expect(row(page, 'z.txt')).toHaveAttribute('aria-selected', 'true')
  await toast(page, 'is now').getByRole('button', { name: 'Undo' }).click()
  await expect(row(page, 'a.txt')).toBeVisible()
})

test('moving: by the dialog, by dragging, by cut and paste', async ({ folder: page }) => {
  await newFolder(page, 'Inside')
  await add(page, file('a.txt', 'a'), file('b.txt', 'b'), file('c.txt', 'c'))
  await row(page, 'a.txt').click()
  await page.getByRole('toolbar').getByRole('button', { name: 'Move to…' }).click()
  await page.getByRole('dialog').getByRole('treeitem', { name: 'Inside' }).click()
  await page.getByRole('button', { name: 'Move to “Inside”' }).click()
  await expect(row(page, 'a.txt')).toBeHidden()
  await row(page, 'b.txt').dragTo(row(page, 'Inside'))
  await expect(row(page, 'b.txt')).toBeHidden()
  await row(page, 'c.txt').click()
  await page.keyboard.press('Control+x')
  await row(page, 'Inside').dblclick()
  await expect(row(page, 'b.txt')).toBeVisible()
  await page.evaluate(() => document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: new DataTransfer(), bubbles: true })))
  await expect(row(page, 'c.txt')).toBeVisible()
  expect(await titles(page)).toEqual(['a.txt', 'b.txt', 'c.txt'])
  await list(page).press('Control+z')
  await expect(row(page, 'c.txt')).toBeHidden()
})

test('deleting is undone, by the notice and out of the trash; emptying the trash is for good', async ({ vault: page }) => {
  await newFolder(page, 'Folder')
  await row(page, 'Folder').dblclick()
  await add(page, file('in.txt', 'inside'))
  await up(page)
  await add(page, file('a.txt', 'kept'))
  await row(page, 'Folder').click()
  await page.keyboard.press('Delete')
  await expect(row(page, 'Folder')).toBeHidden()
  await toast(page, 'Deleted “Folder”').getByRole('button', { name: 'Undo' }).click()
  await row(page, 'Folder').dblclick()
  expect(await downloaded(page, 'in.txt')).toBe('inside')
  await page.keyboard.press('Backspace')

  await list(page).press('Control+a')
  await page.keyboard.press('Delete')
  await expect(page.getByText('Nothing here yet')).toBeVisible()
  await page.reload()
  await unlockVault(page)
  await page.getByRole('button', { name: /^Trash/ }).click()
  await expect(row(page, 'Folder')).toContainText('in the vault itself')
  await row(page, 'a.txt').click()
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(row(page, 'a.txt')).toBeHidden()
  await page.getByRole('button', { name: 'Empty the trash…' }).click()
  await page.getByRole('button', { name: 'Delete for good' }).click()
  await expect(page.getByText('The trash is empty')).toBeVisible()
  await up(page)
  expect(await titles(page)).toEqual(['a.txt'])
  expect(await downloaded(page, 'a.txt')).toBe('kept')
})

test('sorting and searching, without regard to case and accents', async ({ folder: page }) => {
  await newFolder(page, 'Zoo')
  await row(page, 'Zoo').dblclick()
  await add(page, file('Café Ärger.txt', 'x'))
  await up(page)
  await add(page, file('file 10.txt', '1'), file('file 9.txt', '22'), file('another.jpg', '333'))
  expect(await titles(page)).toEqual(['Zoo', 'another.jpg', 'file 9.txt', 'file 10.txt'])
  const sort = page.getByRole('group', { name: 'Sort by' })
  await sort.getByRole('button', { name: 'Size' }).click()
  expect(await titles(page)).toEqual(['Zoo', 'another.jpg', 'file 9.txt', 'file 10.txt'])
  await sort.getByRole('button', { name: 'Size' }).click()
  expect(await titles(page)).toEqual(['Zoo', 'file 10.txt', 'file 9.txt', 'another.jpg'])
  await sort.getByRole('button', { name: 'Kind' }).click()
  expect(await titles(page)).toEqual(['Zoo', 'another.jpg', 'file 9.txt', 'file 10.txt'])
  await page.getByRole('searchbox').fill('CAFE arg')
  await expect(row(page, 'Café Ärger.txt')).toContainText(/in .*Zoo/)
  expect(await titles(page)).toEqual(['Café Ärger.txt'])
  await page.getByRole('searchbox').fill('nowhere')
  await expect(page.getByText('Nothing found').first()).toBeVisible()
})

test('all by the keyboard', async ({ folder: page }) => {
  await newFolder(page, 'Deep')
  await add(page, file('alpha.txt', 'a'), file('beta.txt', 'b'), file('gamma.txt', 'g'))
  const selected = (): Promise<string[]> => page.locator('.file-row[aria-selected=true] .file-title').allTextContents()
  await list(page).focus()
  await page.keyboard.press('Home')
  expect(await selected()).toEqual(['Deep'])
  await page.keyboard.press('Enter')
  await expect(page.getByText('Nothing here yet')).toBeVisible()
  await page.keyboard.press('Backspace')
  await expect(row(page, 'Deep')).toHaveClass(/is-current/)
  await expect(list(page)).toBeFocused()
  await page.keyboard.type('be')
  expect(await selected()).toEqual(['beta.txt'])
  const active = await list(page).getAttribute('aria-activedescendant')
  await expect(row(page, 'beta.txt')).toHaveAttribute('id', active ?? '')
  await page.keyboard.press('Shift+ArrowDown')
  expect(await selected()).toEqual(['beta.txt', 'gamma.txt'])
  await page.keyboard.press('Control+a')
  expect(await selected()).toHaveLength(4)
  await page.keyboard.press('Escape')
  expect(await selected()).toEqual([])
  await page.keyboard.press('End')
  await page.keyboard.press('Shift+F10')
  await page.getByRole('menu').getByRole('menuitem', { name: 'Delete' }).press('Enter')
  await expect(row(page, 'gamma.txt')).toBeHidden()
  await list(page).focus()
  await page.keyboard.press('Control+z')
  await expect(row(page, 'gamma.txt')).toBeVisible()
  await row(page, 'alpha.txt').click()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: 'alpha.txt' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test('a folder and a selection are downloaded as zip archives', async ({ folder: page }) => {
  await newFolder(page, 'Folder')
  await row(page, 'Folder').dblclick()
  await add(page, file('in.txt', 'inside'), file('also.txt', 'also'))
  await up(page)
  await row(page, 'Folder').click()
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download as zip' }).click()
  const download = await coming
  expect(download.suggestedFilename()).toBe('Folder.zip')
  const zip = await readFile(await download.path())
  // Neither compressed nor encrypted: names and contents stand in it.
  for (const part of ['PK', 'Folder/in.txt', 'inside', 'Folder/also.txt']) expect(zip.includes(part)).toBe(true)
  expect(zip.readUInt32LE(zip.length - 22)).toBe(0x06054b50)
  expect(zip.readUInt16LE(zip.length - 12)).toBe(3)
})

test('what is large goes to the disk as it is decoded, by a picker or by the service worker', async ({ vault: page }) => {
  test.setTimeout(120_000)
  const bytes = 70 << 20
  await page.getByTestId('pick-files').evaluate((input, bytes) => {
    const transfer = new DataTransfer()
    const piece = new Uint8Array(1 << 20).map((_, at) => at * 7)
    transfer.items.add(new File(Array.from({ length: bytes >> 20 }, () => piece), 'large.bin'))
    ;(input as HTMLInputElement).files = transfer.files
    input.dispatchEvent(new Event('change'))
  }, bytes)
  await expect(toast(page, 'Added 1 file')).toBeVisible({ timeout: 60_000 })
  await answerPicker(page)
  await row(page, 'large.bin').click()
  const button = page.getByRole('toolbar').getByRole('button', { name: 'Download' })
  await button.click()
  await expect(toast(page, '“large.bin” is saved')).toBeVisible({ timeout: 30_000 })
  const size = await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory()
    const size = (await (await folder.getFileHandle('picked-large.bin')).getFile()).size
    await folder.removeEntry('picked-large.bin')
    return size
  })
  expect(size).toBe(bytes)

  await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }))
  const coming = page.waitForEvent('download')
  await button.click()
  const download = await coming
  expect(download.suggestedFilename()).toBe('large.bin')
  const saved = await readFile(await download.path())
  expect(saved.length).toBe(bytes)
  expect(saved.subarray((5 << 20) + 3, (5 << 20) + 6)).toEqual(Buffer.from([21, 28, 35]))
  const cached = await page.evaluate(async () => {
    const urls = await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)))
    return urls.flat().filter((url) => url.includes('/media/'))
  })
  expect(cached).toEqual([])
})

test('killing the tab in the middle of an addition loses nothing that was there', async ({ vault: page, context }) => {
  await add(page, file('kept.txt', 'kept'))
  await addNoise(page, 100, 'kept.txt')
  await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click()
  const progress = page.getByRole('progressbar')
  await expect(async () => expect(Number(await progress.getAttribute('aria-valuenow'))).toBeGreaterThan(5)).toPass({ intervals: [20] })
  const cdp = await context.newCDPSession(page)
  const gone = page.waitForEvent('crash')
  // It has nobody to answer.
  void cdp.send('Page.crash').catch(() => undefined)
  await gone
  const again = await context.newPage()
  await again.goto(page.url())
  await unlockVault(again)
  await expect(row(again, 'kept.txt')).toBeVisible()
  expect(await titles(again)).toEqual(['kept.txt'])
  expect(await downloaded(again, 'kept.txt')).toBe('kept')
  await add(again, file('after.txt', 'after'))
})

test('an addition is cancelled, and leaves nothing', async ({ vault: page }) => {
  await addNoise(page, 300)
  await page.getByRole('region', { name: 'Tasks' }).getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('progressbar')).toBeHidden()
  await expect(page.getByText('Nothing here yet')).toBeVisible()
  await add(page, file('noise.bin', 'small'))
  expect(await downloaded(page, 'noise.bin')).toBe('small')
})

test('a finger selects by resting', async ({ folder: page }) => {
  await add(page, file('a.txt', 'a'), file('b.txt', 'b'))
  const cdp = await page.context().newCDPSession(page)
  const touch = async (name: string): Promise<() => Promise<void>> => {
    const box = await row(page, name).boundingBox()
    const point = { x: (box?.x ?? 0) + 100, y: (box?.y ?? 0) + 10 }
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] })
    return async () => {
      await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    }
  }
  await page.keyboard.press('Escape')
  await list(page).press('Escape')
  const release = await touch('a.txt')
  await expect(row(page, 'a.txt')).toHaveAttribute('aria-selected', 'true')
  await release()
  await (await touch('b.txt'))()
  await expect(page.getByText('2 selected')).toBeVisible()
})

test('a second tab looks on, and says why it changes nothing', async ({ vault: page, context }) => {
  await add(page, file('a.txt', 'a'))
  const second = await context.newPage()
  await second.goto(page.url())
  await unlockVault(second)
  await expect(row(second, 'a.txt')).toBeVisible()
  const button = second.getByRole('button', { name: 'Add files' })
  await expect(button).toBeDisabled()
  await expect(button).toHaveAttribute('title', /Another tab/)
  await row(second, 'a.txt').click()
  await expect(second.getByRole('toolbar').getByRole('button', { name: 'Delete' })).toBeDisabled()
  await page.getByTestId('pick-files').setInputFiles([file('b.txt', 'b')])
  await expect(row(second, 'b.txt')).toBeVisible()
  await page.close()
  await expect(button).toBeEnabled()
  await second.keyboard.press('Escape')
  await row(second, 'a.txt').click()
  await second.keyboard.press('Delete')
  await expect(row(second, 'a.txt')).toBeHidden()
})

test('nothing for axe to find, light and dark, wide and on a phone', async ({ vault: page }) => {
  await expectNoViolations(page, 'an empty folder')
  await newFolder(page, 'Folder')
  await add(page, file('a.txt', 'a'), file('b.jpg', 'b'))
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectNoViolations(page, `a list, ${colorScheme}`)
  }
  await row(page, 'a.txt').click({ button: 'right' })
  await expectNoViolations(page, 'a menu')
  await page.keyboard.press('Escape')
  await page.getByRole('toolbar').getByRole('button', { name: 'Move to…' }).click()
  await expectNoViolations(page, 'a dialog with folders')
  await page.keyboard.press('Escape')
  await page.getByTestId('pick-files').setInputFiles([file('a.txt', 'b')])
  await page.getByRole('dialog').getByRole('button', { name: 'Skip' }).waitFor()
  await expectNoViolations(page, 'a question')
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 390, height: 844 })
  await row(page, 'a.txt').click()
  await expectNoViolations(page, 'a phone')
  await expectNoOverflow(page, 'a phone')
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Trash' }).click()
  await expect(row(page, 'a.txt')).toBeVisible()
  await expectNoViolations(page, 'the trash')
  await expectNoOverflow(page, 'the trash')
})
