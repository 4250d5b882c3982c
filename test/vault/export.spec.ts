import { execFile } from 'node:child_process'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openKeyring, parseKeyring } from '@coffer/core'
import { openCoffer } from '@coffer/node'
import type { Page } from '@playwright/test'
import { root } from '../../scripts/setup.mjs'
import { pycofferFixtures } from '../interop/fixtures.js'
import { startPycoffer } from '../interop/pycoffer.js'
import { look } from './support/axe.js'
import { addNoise, row } from './support/files.js'
import { fillWithEverything, keep, openRescue, randomOf, unlockRescue, withFolder } from './support/rescue.js'
import { expect, isOpen, killPage, openVault, PASSWORD, test, unlockVault, watchConsole } from './support/vault.js'

const run = promisify(execFile)
const command = join(root, 'packages', 'cli', 'dist', 'coffer.js')

test('an imported vault is exported again: the command, Node, PyCoffer and the rescue page open it', async ({ page, site, context }) => {
  await withFolder(async (folder) => {
    const complaints = watchConsole(page)
    const kept = await keep(folder, 'bank', fillWithEverything)
    await page.addInitScript(withoutPickers)
    await page.goto(site.url)
    await importFiles(page, [kept.coffer, kept.page], PASSWORD)
    await isOpen(page)
    const out = join(folder, 'out')
    const names = await exportAll(page, out)
    expect(names).toEqual(['Papers-rescue.html', 'Papers.pcof', 'Papers.pcof.keyring'])

    const coffer = join(out, 'Papers.pcof')
    expect(await readFile(coffer)).toEqual(await readFile(kept.coffer))
    await writeFile(join(folder, 'password'), PASSWORD, { mode: 0o600 })
    // The command says so itself of a keyring that others may read.
    await chmod(`${coffer}.keyring`, 0o600)
    const { stdout } = await run(process.execPath, [command, 'cat', coffer, 'letters/to ada.txt', '--auth', 'keyring', '--password-from', `file:${join(folder, 'password')}`], {
      env: { ...process.env, HOME: folder },
    })
    expect(stdout).toBe('Dear Ada, this is only for you.')

    const rescue = await openRescue(context, join(out, 'Papers-rescue.html'))
    await unlockRescue(rescue.page, coffer, kept.recoveryCode)
    await expect(rescue.page.getByRole('button', { name: 'letters/to ada.txt', exact: true })).toBeVisible()
    expect(rescue.watched).toEqual({ complaints: [], requests: [] })
    expect(complaints).toEqual([])
  })
})

test('with its raw keys, the real PyCoffer reads an exported vault', async ({ vault }) => {
  await withFolder(async (folder) => {
    await vault.evaluate(withoutPickers)
    await exportAll(vault, folder)
    const keyring = await openKeyring(await readFile(join(folder, 'Papers.pcof.keyring')), { password: PASSWORD })
    const path = join(folder, 'Papers.pcof')
    {
      await using coffer = await openCoffer(path, { mode: 'a', keys: keyring.keys })
      await coffer.write('a.txt', 'written by Node into what the vault has made')
    }
    await using pycoffer = await startPycoffer('current')
    const { cofferKey, secureKey } = keyring.keys
    if (!cofferKey || !secureKey) throw new Error('A bank has both keys.')
    await using theirs = await pycoffer.open({ kind: 'bank-fernet', path, cofferKey, secureKey })
    expect(Buffer.from(await theirs.read('a.txt')).toString()).toBe('written by Node into what the vault has made')
  })
})

test('a folder gets all three, again and again; another vault of the same name there stays', async ({ vault }) => {
  await vault.evaluate(pickPrivateFolder)
  await openSettings(vault)
  const section = vault.getByRole('region', { name: 'Export' })
  const files = (): Promise<string[]> => vault.evaluate(listPrivateFolder)
  await section.getByRole('button', { name: 'Save all three in a folder' }).click()
  await expect.poll(files).toEqual(['Papers-rescue.html', 'Papers.pcof', 'Papers.pcof.keyring'])
  await section.getByRole('button', { name: 'Save all three in a folder' }).click()
  await expect(section.getByRole('button', { name: 'Save all three in a folder' })).toBeEnabled()
  expect(await files()).toHaveLength(3)
  // What another vault's export left there.
  await vault.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('export-test')
    const target = await (await folder.getFileHandle('Papers.pcof.keyring')).createWritable()
    await target.write('{"of":"another vault"}')
    await target.close()
  })
  await section.getByRole('button', { name: 'Save all three in a folder' }).click()
  await expect.poll(files).toEqual(['Papers 2-rescue.html', 'Papers 2.pcof', 'Papers 2.pcof.keyring', 'Papers-rescue.html', 'Papers.pcof', 'Papers.pcof.keyring'])
})

test('without a network an export still has the rescue page', async ({ freshVault: vault, site }) => {
  await vault.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await vault.getByRole('button', { name: 'Lock' }).click()
  await vault.getByRole('button', { name: 'Unlock', exact: true }).waitFor()
  await site.close()
  await vault.reload()
  await vault.evaluate(withoutPickers)
  await unlockVault(vault)
  await withFolder(async (folder) => {
    expect(await exportAll(vault, folder)).toContain('Papers-rescue.html')
    expect(await readFile(join(folder, 'Papers-rescue.html'), 'utf8')).toContain('"name":"Papers"')
  })
})

test('a vault goes from one browser to another, under its name or another one', async ({ vault, browser, site }) => {
  await withFolder(async (folder) => {
    await vault.evaluate(withoutPickers)
    await exportAll(vault, folder)
    const context = await browser.newContext()
    const page = await context.newPage()
    const complaints = watchConsole(page)
    await page.goto(site.url)
    await importFiles(page, [join(folder, 'Papers.pcof'), join(folder, 'Papers.pcof.keyring')], PASSWORD, 'My papers')
    await isOpen(page)
    await page.reload()
    await expect(page.getByRole('heading', { name: 'My papers' })).toBeVisible()
    await unlockVault(page)
    await page.reload()
    // Once more: the name is taken, and another is proposed.
    await page.getByRole('button', { name: 'Import a vault' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/Choose the vault file/).setInputFiles([join(folder, 'Papers.pcof'), join(folder, 'Papers-rescue.html')])
    await expect(dialog.getByLabel('Name in this browser')).toHaveValue('Papers')
    await dialog.getByLabel('Name in this browser').fill('My papers')
    await dialog.getByLabel('Password or recovery code').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(dialog.getByText('There is a vault of that name already')).toBeVisible()
    await dialog.getByLabel('Name in this browser').fill('Papers')
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await isOpen(page)
    expect(complaints).toEqual([])
    await context.close()
  })
})

test('wrong pairs, wrong passwords and damaged files are told of, and leave nothing behind', async ({ page, site }) => {
  await withFolder(async (folder) => {
    const kept = await keep(folder, 'bank', fillWithEverything)
    const other = await keep(folder, 'bank', fillWithEverything, 'Other')
    await page.goto(site.url)
    await importFiles(page, [kept.coffer, other.keyring], `${PASSWORD}?`)
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByText('That does not unlock the keys')).toBeVisible()
    await dialog.getByLabel('Password or recovery code').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(dialog.getByText('These keys do not open this file')).toBeVisible()
    await writeFile(join(folder, 'cut.pcof'), (await readFile(kept.coffer)).subarray(0, 100))
    await dialog.getByLabel(/Choose the vault file/).setInputFiles([join(folder, 'cut.pcof'), kept.keyring])
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(dialog.getByText(/damaged/)).toBeVisible()
    await dialog.getByLabel(/Choose the vault file/).setInputFiles({ name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('bread') })
    await expect(dialog.getByText('list.txt is neither a vault nor its keys')).toBeVisible()
    expect(await cofferFolders(page)).toEqual([])
    await page.reload()
    await expect(page.getByRole('button', { name: 'Make the vault' })).toBeVisible()
  })
})

test('an import that is cancelled, finds no space, or dies with its tab leaves nothing half done', async ({ page, site, context }) => {
  await withFolder(async (folder) => {
    const kept = await keep(folder, 'store', async (coffer) => {
      for (let i = 0; i < 8; i++) await coffer.write(`${i}.bin`, randomOf(1_000_000, `${i}`))
    })
    await page.goto(site.url)
    await page.evaluate(holdThirdPiece)
    await importFiles(page, [kept.coffer, kept.keyring], PASSWORD)
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /\d/)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.evaluate(() => (window as unknown as { release: () => void }).release())
    await expect(dialog.getByRole('button', { name: 'Import', exact: true })).toBeEnabled()
    // What there is to store in is full.
    await page.evaluate(() => Object.defineProperty(navigator.storage, 'estimate', { value: () => Promise.resolve({ quota: 1_000_000, usage: 0 }) }))
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(dialog.getByText('The browser gives this site no more space')).toBeVisible()
    expect(await cofferFolders(page)).toEqual([])
    await page.reload()
    await expect(page.getByRole('button', { name: 'Make the vault' })).toBeVisible()

    await page.evaluate(holdThirdPiece)
    await importFiles(page, [kept.coffer, kept.keyring], PASSWORD)
    await expect(dialog.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /\d/)
    await page.waitForFunction(() => 'release' in window)
    // While it is under way another tab leaves it alone.
    const other = await context.newPage()
    await other.goto(site.url)
    await expect(other.getByRole('button', { name: 'Make the vault' })).toBeVisible()
    expect(await cofferFolders(other)).toHaveLength(1)
    await killPage(page)
    expect(await cofferFolders(other)).toHaveLength(1)
    await other.reload()
    await expect(other.getByRole('button', { name: 'Make the vault' })).toBeVisible()
    expect(await cofferFolders(other)).toEqual([])
    await importFiles(other, [kept.coffer, kept.keyring], PASSWORD)
    await isOpen(other)
  })
})

test('an export is cancelled: a new one leaves nothing, and what stood there from before stays', async ({ vault }) => {
  // More than one piece.
  await addNoise(vault, 8)
  await expect(row(vault, 'noise.bin')).toBeVisible()
  await vault.evaluate(pickPrivateFolder)
  await openSettings(vault)
  const button = vault.getByRole('button', { name: 'Save all three in a folder' })
  const tasks = vault.getByRole('region', { name: 'Tasks' })
  /** Cancels while the `nth` file is written. */
  const cancelled = async (nth: number): Promise<Record<string, string>> => {
    await vault.evaluate(holdWrites, nth)
    await button.click()
    await vault.waitForFunction(() => 'isHeld' in window)
    await tasks.getByRole('button', { name: 'Cancel' }).click()
    // A stream that is given up waits for what is being written.
    await vault.evaluate(() => (window as unknown as { letWritesGo: () => void }).letWritesGo())
    await expect(button).toBeEnabled()
    await expect(tasks.getByRole('progressbar')).toHaveCount(0)
    return vault.evaluate(hashPrivateFolder)
  }
  expect(await cancelled(1)).toEqual({})
  expect(await cancelled(2)).toEqual({})
  await button.click()
  await expect(vault.getByText('its two companions are in the folder')).toBeVisible()
  const before = await vault.evaluate(hashPrivateFolder)
  expect(Object.keys(before)).toEqual(['Papers-rescue.html', 'Papers.pcof', 'Papers.pcof.keyring'])
  expect(await cancelled(1)).toEqual(before)
})

test('a file of PyCoffer becomes a vault with a password and a recovery code', async ({ page, site }) => {
  const fixture = pycofferFixtures.find(({ name }) => name === 'bank-fernet.pcof')
  if (!fixture?.cofferKey || !fixture.secureKey) throw new Error('The fixture has keys.')
  await withFolder(async (folder) => {
    const lines = `bank:\n  type: bank\n  coffer_key: !!binary |\n    ${toBase64(fixture.cofferKey)}\n  secure_key: !!binary |\n    ${toBase64(fixture.secureKey)}\n`
    await writeFile(join(folder, 'pycofferrc'), lines)
    await page.addInitScript(withoutPickers)
    await page.goto(site.url)
    await page.getByRole('button', { name: 'Import a vault' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/Choose the vault file/).setInputFiles([fixture.path, join(folder, 'pycofferrc')])
    await dialog.getByLabel('New password', { exact: true }).fill(PASSWORD)
    await dialog.getByLabel('New password again').fill(PASSWORD)
    await dialog.getByLabel('Name in this browser').fill('Old papers')
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(page.getByText('was a file of PyCoffer’s')).toBeVisible()
    const code = (await page.getByRole('status', { name: 'Recovery code' }).textContent()) ?? ''
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Did you keep the code?' }).getByRole('button', { name: 'Cancel' }).click()
    await expect(page.getByRole('status', { name: 'Recovery code' })).toHaveText(code)
    await page.getByRole('button', { name: 'Later' }).click()
    await isOpen(page)
    await exportAll(page, folder)
    const document = await readFile(join(folder, 'Old papers.pcof.keyring'))
    expect(parseKeyring(document).slots.map(({ type }) => type)).toEqual(['password', 'recovery'])
    const { keys } = await openKeyring(document, { recoveryCode: code })
    await using coffer = await openCoffer(join(folder, 'Old papers.pcof'), { keys })
    expect(await coffer.verify()).toMatchObject({ ok: true, members: 7 })
    expect((await coffer.stat('docs/big-text.txt'))?.size).toBe(1_299_999)
  })
})

test('export and import are accessible and fit a phone', async ({ page, site, template }) => {
  await page.goto(site.url)
  await page.getByRole('button', { name: 'Import a vault' }).click()
  await page.getByRole('dialog').waitFor()
  await look(page, 'import')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await openVault(page, site, template)
  await openSettings(page)
  await look(page, 'export')
})

async function openSettings(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('heading', { name: 'Export' }).waitFor()
}

/** Downloads all three into a folder, and gives their names. */
async function exportAll(page: Page, folder: string): Promise<string[]> {
  await openSettings(page)
  const downloads: Promise<void>[] = []
  const all = new Promise<void>((resolve) => {
    page.on('download', (download) => {
      downloads.push(download.saveAs(join(folder, download.suggestedFilename())))
      if (downloads.length === 3) resolve()
    })
  })
  await page.getByRole('button', { name: 'Download all three' }).click()
  await all
  await Promise.all(downloads)
  return (await readdir(folder)).filter((name) => /pcof|rescue/.test(name)).toSorted()
}

async function importFiles(page: Page, files: string[], secret: string, name?: string): Promise<void> {
  await page.getByRole('button', { name: 'Import a vault' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/Choose the vault file/).setInputFiles(files)
  await dialog.getByLabel('Password or recovery code').fill(secret)
  if (name !== undefined) await dialog.getByLabel('Name in this browser').fill(name)
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
}

/** As in Firefox and Safari; nothing can drive a picker here either. */
function withoutPickers(): void {
  Object.assign(window, { showDirectoryPicker: undefined, showSaveFilePicker: undefined })
}

function pickPrivateFolder(): void {
  const showDirectoryPicker = async (): Promise<FileSystemDirectoryHandle> => (await navigator.storage.getDirectory()).getDirectoryHandle('export-test', { create: true })
  Object.assign(window, { showDirectoryPicker })
}

/** From then on the third piece of a file that is imported waits for ever, or until it is released. */
function holdThirdPiece(): void {
  const read = Blob.prototype.arrayBuffer
  let pieces = 0
  Blob.prototype.arrayBuffer = async function held(this: Blob) {
    if (this.size === 2_097_152 && ++pieces === 3) await new Promise((resolve) => Object.assign(window, { release: resolve }))
    return read.call(this)
  }
}

/** From then on what is written into the `nth` picked file waits until it is let go. */
function holdWrites(nth: number): void {
  Reflect.deleteProperty(window, 'isHeld')
  const create = FileSystemFileHandle.prototype.createWritable
  const gone = new Promise<void>((resolve) => Object.assign(window, { letWritesGo: () => ((FileSystemFileHandle.prototype.createWritable = create), resolve()) }))
  let count = 0
  FileSystemFileHandle.prototype.createWritable = async function held(options) {
    const target = await create.call(this, options)
    if (++count !== nth) return target
    const writer = target.getWriter()
    return new WritableStream({
      write: async (chunk) => {
        Object.assign(window, { isHeld: true })
        await gone
        await writer.write(chunk)
      },
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason),
    }) as FileSystemWritableFileStream
  }
}

/** The folders in which the browser keeps coffers, also half ones. */
async function cofferFolders(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const names: string[] = []
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle('coffer').catch(() => undefined)
    if (folder) for await (const name of folder.keys()) names.push(name)
    return names
  })
}

/** What stands in the picked folder, by name: also what is empty. */
async function hashPrivateFolder(): Promise<Record<string, string>> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('export-test', { create: true })
  const hashes: [string, string][] = []
  for await (const [name, handle] of folder.entries()) {
    if (!(handle instanceof FileSystemFileHandle) || name.endsWith('.crswap')) continue
    const digest = await crypto.subtle.digest('SHA-256', await (await handle.getFile()).arrayBuffer())
    hashes.push([name, Array.from(new Uint8Array(digest), (byte) => byte.toString(16)).join('')])
  }
  return Object.fromEntries(hashes.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

async function listPrivateFolder(): Promise<string[]> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('export-test', { create: true })
  const names: string[] = []
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === 'file' && !name.endsWith('.crswap') && (await handle.getFile()).size > 0) names.push(name)
  }
  return names.toSorted()
}

function toBase64(key: Uint8Array | undefined): string {
  return Buffer.from(key ?? []).toString('base64')
}
