import { openKeyring } from '@coffer/core'
import type { Page } from '@playwright/test'
import { expect, fillNewVault, isOpen, lockVault, PASSWORD, test, unlockVault } from './support/vault.js'
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
  await page.getByRole('button', { name: 'Make the vault' }).click()
  const recoveryCode = (await page.getByRole('status', { name: 'Recovery code' }).textContent({ timeout: 30_000 })) ?? ''
  const codes = { 'recovery code': recoveryCode, 'recovery code without dashes': recoveryCode.replaceAll('-', '') }
  await page.getByLabel('Type it back').fill(recoveryCode)
  await page.getByRole('button', { name: 'Check it' }).click()
  await isOpen(page)
  await lockVault(page)
  // Not sooner: the page in which the vault was made holds dictionaries of passwords, which make its heap slow to look through.
  expect(await foundInHeap(page, { password: PASSWORD, ...codes })).toEqual([])
  // That the search finds what is there; else it would show nothing.
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  expect(await foundInHeap(page, { password: PASSWORD })).toEqual(['password'])

  await unlockVault(page)
  const go = (pane: string): Promise<void> => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()
  await page.getByTestId('pick-files').setInputFiles({ name: FILE_NAME, mimeType: 'text/plain', buffer: Buffer.from(CONTENT) })
  await page.getByRole('option').filter({ hasText: FILE_NAME }).dblclick()
  await expect(page.getByText(CONTENT)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText(CONTENT)).toBeHidden()
  await go('Passwords')
  await page.getByRole('button', { name: 'New login' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Mill')
  await page.getByLabel('Password', { exact: true }).fill(LOGIN)
  await page.getByRole('button', { name: 'Save' }).click()
  // The form has such a button too.
  await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Show password' }).click()
  await expect(page.getByText(LOGIN)).toBeVisible()
  await go('Notes')
  await page.getByRole('button', { name: 'New note' }).click()
  await page.getByLabel('Text of the note').fill(NOTE)
  const files = { content: CONTENT, 'file name': FILE_NAME }
  expect(await foundInHeap(page, { note: NOTE, ...files })).toEqual(expect.arrayContaining(['file name', 'note']))

  const keys = await rawKeys(page)
  await lockVault(page)
  const all: Needles = { password: PASSWORD, ...codes, note: NOTE, login: LOGIN, ...files, ...keys }
  expect(await foundInHeap(page, all)).toEqual([])
  expect(await foundInStorage(page, all)).toEqual([])

  // Each of them would have been found: put there, it is.
  const texts = Object.entries(all).filter(([, value]) => typeof value === 'string')
  await page.evaluate((texts) => Object.assign(window, { planted: texts }), texts)
  expect(await foundInHeap(page, all)).toEqual(texts.map(([name]) => name).toSorted())
  const places = ['Cache Storage', 'IndexedDB', 'OPFS', 'localStorage', 'sessionStorage'] as const
  await page.evaluate(plantEverywhere, Object.values(all).map((value) => Array.from(Buffer.from(value))))
  const expected = places.flatMap((place) => {
    // A text of Latin letters is all that these two are asked to keep here.
    const kept = place === 'localStorage' || place === 'sessionStorage' ? texts : Object.entries(all)
    return kept.map(([name]) => `${place}: ${name}`)
  })
  expect(await foundInStorage(page, { ...all, 'as a cookie': CONTENT.replaceAll(' ', '-') })).toEqual([...expected, 'cookies: as a cookie'].toSorted())
})

/** Puts each of these bytes into all that an origin can keep, and a text into a cookie. */
async function plantEverywhere(values: number[][]): Promise<void> {
  const all = values.map((bytes) => Uint8Array.from(bytes))
  const texts = all.map((bytes) => new TextDecoder().decode(bytes))
  localStorage.setItem('x', texts.join('|'))
  sessionStorage.setItem('x', texts.join('|'))
  // oxlint-disable-next-line unicorn/no-document-cookie -- that it is found there is what is tested
  for (const text of texts) if (text.startsWith('the heron')) document.cookie = `x=${text.replaceAll(' ', '-')}; max-age=60`
  await (await caches.open('x')).put('/x', new Response(new Blob(all)))
  const file = await (await navigator.storage.getDirectory()).getFileHandle('x', { create: true })
  const writable = await file.createWritable()
  await writable.write(new Blob(all))
  await writable.close()
  await new Promise<void>((resolve) => {
    const request = indexedDB.open('x')
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore('x').put({ inner: all }, 'x'))
    request.addEventListener('success', () => (request.result.close(), resolve()))
  })
}
