import { generateKeys, memoryStorage, openCoffer, type Coffer, type Passwords } from '@coffer/core'
import type { Locator, Page } from '@playwright/test'
import { deleteNote, listNotes } from '../../examples/vault/src/model/notes.js'
import { notices } from '../../examples/vault/src/model/notices.js'
import { deletePassword, listPasswords } from '../../examples/vault/src/model/passwords.js'
import type { VaultSession } from '../../examples/vault/src/model/session.js'
import { failSync, failTransaction, fillDisk, stopFailing } from './support/disk.js'
import { add, downloaded, file, row, titles, toast } from './support/files.js'
import { createVault, expect, killPage, lockVault, test, unlockVault } from './support/vault.js'

const task = (page: Page): Locator => page.getByRole('region', { name: 'Tasks' }).getByRole('alert')
const go = (page: Page, pane: string): Promise<void> => page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane }).click()
const text = (page: Page): Locator => page.getByLabel('Text of the note')

async function dismiss(page: Page): Promise<void> {
  await expect(task(page)).toContainText('storage has failed')
  await task(page).getByRole('button', { name: 'Dismiss' }).click()
}

test('what a failing disk did not take is told of and not done, and the vault goes on when the disk does', async ({ vault }) => {
  await add(vault, file('kept.txt', 'milk'))
  await failSync(vault)
  await vault.getByTestId('pick-files').setInputFiles(file('lost.txt', 'tea'))
  await dismiss(vault)
  await failSync(vault)
  await row(vault, 'kept.txt').click()
  await vault.keyboard.press('Delete')
  await dismiss(vault)
  await expect(toast(vault, 'Deleted')).toHaveCount(0)
  await row(vault, 'kept.txt').click()
  await vault.keyboard.press('Delete')
  await expect(row(vault, 'kept.txt')).toBeHidden()
  await failSync(vault)
  await toast(vault, 'Deleted').getByRole('button', { name: 'Undo' }).click()
  await toast(vault, 'Not undone.').getByRole('button', { name: 'Try again' }).click()
  await expect(row(vault, 'kept.txt')).toBeVisible()
  await add(vault, file('next.txt', 'bread'))
  await expect(titles(vault)).toHaveText(['kept.txt', 'next.txt'])
  await go(vault, 'Passwords')
  await vault.getByRole('button', { name: 'New login' }).click()
  await vault.getByLabel('Name', { exact: true }).fill('Mail')
  // It is committed, and that is not known.
  await failSync(vault, 2)
  await vault.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(vault.getByRole('heading', { name: 'Mail', exact: true })).toBeVisible()
  await lockVault(vault)
  await unlockVault(vault)
  await expect(titles(vault)).toHaveText(['kept.txt', 'next.txt'])
  await go(vault, 'Passwords')
  await expect(vault.locator('.list-column .choice')).toHaveText([/Mail/])
})

test('so it is where IndexedDB fails, whichever transaction of a change does', async ({ page, site }) => {
  await page.addInitScript(() => Reflect.deleteProperty(StorageManager.prototype, 'getDirectory'))
  await page.goto(site.url)
  await createVault(page)
  await add(page, file('kept.txt', 'milk'))
  await toast(page, /^Added/).getByRole('button', { name: 'Dismiss' }).click()
  const told = new Map([['kept.txt', true]])
  for (let time = 1, hasFailed = true; hasFailed; time++) {
    const name = `tea ${time}.txt`
    await failTransaction(page, time)
    await page.getByTestId('pick-files').setInputFiles(file(name, `tea ${time}`))
    const line = toast(page, /^Added/).or(task(page))
    await expect(line).toHaveCount(1)
    told.set(name, (await toast(page, /^Added/).count()) === 1)
    await line.getByRole('button', { name: 'Dismiss' }).click()
    hasFailed = await stopFailing(page)
    expect(told.get(name)).toBe(!hasFailed)
  }
  expect(told.size).toBeGreaterThan(3)
  await lockVault(page)
  await unlockVault(page)
  await expect(row(page, 'kept.txt')).toBeVisible()
  const names = await titles(page).allTextContents()
  // What failed at its very end may be there, and is whole then.
  expect(names).toEqual(expect.arrayContaining(Array.from(told).flatMap(([name, isAdded]) => (isAdded ? [name] : []))))
  expect(Array.from(told.keys())).toEqual(expect.arrayContaining(names))
  for (const name of names) expect(await downloaded(page, name)).toBe(name === 'kept.txt' ? 'milk' : name.replace('.txt', ''))
})

test('a note that could not be saved is saved when it says so, once', async ({ vault }) => {
  await go(vault, 'Notes')
  await vault.getByRole('button', { name: 'New note' }).click()
  await text(vault).focus()
  const makeRoom = await fillDisk(vault)
  await text(vault).fill('milk')
  await expect(vault.getByRole('alert')).toContainText('no more space')
  await makeRoom()
  // It is committed, and that is not known.
  await failSync(vault, 2)
  await vault.getByRole('button', { name: 'Try again' }).click()
  await expect(vault.getByRole('alert')).toContainText('storage has failed')
  await vault.getByRole('button', { name: 'Try again' }).click()
  await expect(vault.getByText('Saved', { exact: true })).toBeVisible()
  await text(vault).fill('milk and tea')
  await failSync(vault, 2)
  await expect(vault.getByRole('alert')).toContainText('storage has failed')
  await text(vault).fill('milk, tea and bread')
  await expect(vault.getByText('Saved', { exact: true })).toBeVisible()
  const page = await vault.context().newPage()
  await killPage(vault)
  await page.goto(vault.url())
  await unlockVault(page)
  await go(page, 'Notes')
  const notes = page.getByRole('list', { name: 'Notes' }).getByRole('button')
  await expect(notes).toHaveText([/^milk/])
  await notes.click()
  await expect(text(page)).toHaveValue('milk, tea and bread')
})

test('what could not be brought back is offered once more', async () => {
  const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys: await generateKeys('store') })
  let isBroken = false
  const change = async (work: (target: Coffer) => Promise<unknown>): Promise<unknown> => {
    if (isBroken) throw new Error('The disk has failed.')
    return work(coffer)
  }
  // What of a session they use.
  const session = { coffer: { value: coffer }, change } as unknown as VaultSession
  await coffer.write('Notes/List.txt', 'milk')
  const { id } = await (await coffer.plugin<Passwords>('password')).add({ name: 'Mail' })
  for (const note of await listNotes(session)) await deleteNote(session, note)
  await deletePassword(session, id)
  const runAll = async (label: string): Promise<void> => {
    const offered = notices.value.flatMap(({ action }) => (action?.label === label ? [action] : []))
    expect(offered).toHaveLength(2)
    notices.value = []
    for (const { run } of offered) await run()
  }
  isBroken = true
  await runAll('Undo')
  isBroken = false
  await runAll('Try again')
  expect([await listNotes(session), await listPasswords(session)]).toMatchObject([[{ title: 'List' }], [{ name: 'Mail' }]])
  await coffer.close()
})
