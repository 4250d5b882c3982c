import { openKeyring } from '@coffer/core'
import type { Page } from '@playwright/test'
import { expect, fillNewVault, isOpen, lockVault, PASSWORD, test } from './support/vault.js'
import { foundInHeap, foundInStorage, keyNeedles, type Needles } from './support/secrets.js'

const CONTENT = 'the heron nests behind the third mill 8841'
const NOTE = 'ask Ludmila about the blue ledger 5127'
const LOGIN = 'Quetzal-anvil-93-Sorrel'
const FILE_NAME = 'heron-nests-2291.txt'

/** The raw keys of the vault, which the page never shows: out of its keyring, by its password. */
async function rawKeys(page: Page): Promise<Needles> {
  const document = await page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)))
    const database = await asked(indexedDB.open('coffer-vault'))
    const record = await asked<{ keyring: string }>(database.transaction('vaults').objectStore('vaults').get('Papers'))
    database.close()
    return record.keyring
  })
  const { cofferKey = new Uint8Array(0), secureKey = new Uint8Array(0) } = (await openKeyring(document, { password: PASSWORD })).keys
  expect([cofferKey.length, secureKey.length].every((length) => length >= 32)).toBe(true)
  return { ...keyNeedles('the coffer key', cofferKey), ...keyNeedles('the secure key', secureKey) }
}

test('after locking neither the heap nor what the browser keeps holds a password, a code, a key or plaintext', async ({ page, site }) => {
  test.setTimeout(240_000)
  await page.goto(site.url)
  await fillNewVault(page)
  // That the search finds what is there; else it would show nothing.
  expect(await foundInHeap(page, { password: PASSWORD })).toEqual(['password'])
  await page.getByRole('button', { name: 'Make the vault' }).click()
  const recoveryCode = (await page.getByRole('status', { name: 'Recovery code' }).textContent({ timeout: 30_000 })) ?? ''
  const codes = { 'recovery code': recoveryCode, 'recovery code without dashes': recoveryCode.replaceAll('-', '') }
  await page.getByLabel('Type it back').fill(recoveryCode)
  await page.getByRole('button', { name: 'Check it' }).click()
  await isOpen(page)

  const go = (pane: string): Promise<void> => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()
  await go('Notes')
  await page.getByRole('button', { name: 'New note' }).click()
  await page.getByLabel('Text of the note').fill(NOTE)
  await go('Passwords')
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Mill')
  await page.getByLabel('Password', { exact: true }).fill(LOGIN)
  await page.getByRole('button', { name: 'Save' }).click()
  // The form has such a button too.
  await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText(LOGIN)).toBeVisible()
  const data = { note: NOTE, login: LOGIN }
  expect(await foundInHeap(page, data)).toContain('login')
  await go('Files')
  await page.getByTestId('pick-files').setInputFiles({ name: FILE_NAME, mimeType: 'text/plain', buffer: Buffer.from(CONTENT) })
  await page.getByRole('option').filter({ hasText: FILE_NAME }).dblclick()
  await expect(page.getByText(CONTENT)).toBeVisible()
  const files = { content: CONTENT, 'file name': FILE_NAME }
  const keys = await rawKeys(page)
  expect(await foundInHeap(page, files)).toEqual(['content', 'file name'])

  await page.keyboard.press('Escape')
  await lockVault(page)
  const all: Needles = { password: PASSWORD, ...codes, ...data, ...files, ...keys }
  expect(await foundInHeap(page, all)).toEqual([])
  expect(await foundInStorage(page, all)).toEqual([])

  await page.evaluate(async (text) => {
    localStorage.setItem('x', text)
    sessionStorage.setItem('x', text)
    // oxlint-disable-next-line unicorn/no-document-cookie -- that it is found there is what is tested
    document.cookie = `x=${text.replaceAll(' ', '-')}; max-age=60`
    await (await caches.open('x')).put('/x', new Response(text))
    const file = await (await navigator.storage.getDirectory()).getFileHandle('x', { create: true })
    const writable = await file.createWritable()
    await writable.write(text)
    await writable.close()
    await new Promise<void>((resolve) => {
      const request = indexedDB.open('x')
      request.addEventListener('upgradeneeded', () => request.result.createObjectStore('x').put({ inner: [new TextEncoder().encode(text)] }, 'x'))
      request.addEventListener('success', () => (request.result.close(), resolve()))
    })
  }, CONTENT)
  expect(await foundInStorage(page, { content: CONTENT, 'as a cookie': CONTENT.replaceAll(' ', '-') })).toEqual([
    'Cache Storage: content',
    'IndexedDB: content',
    'OPFS: content',
    'cookies: as a cookie',
    'localStorage: content',
    'sessionStorage: content',
  ])
})
