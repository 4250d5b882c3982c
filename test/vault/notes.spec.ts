import type { Page } from '@playwright/test'
import { generateKeys, memoryStorage, openCoffer, type Coffer } from '@coffer/core'
import { openNote, type NoteDraft } from '../../examples/vault/src/model/note-draft.js'
import { noteName, noteTitle, titleProblem } from '../../examples/vault/src/model/note-names.js'
import type { VaultSession } from '../../examples/vault/src/model/session.js'
import { expectNoOverflow, expectNoViolations, look } from './support/axe.js'
import { row } from './support/files.js'
import { expect, lockVault, test, unlockVault } from './support/vault.js'

async function openNotes(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Notes' }).click()
  await page.getByRole('heading', { name: 'Notes', exact: true }).waitFor()
}

async function writeNote(page: Page, title: string, text: string): Promise<void> {
  await page.getByRole('button', { name: 'New note' }).click()
  await expect(page.getByLabel('Title', { exact: true })).toBeFocused()
  await page.keyboard.type(title)
  await page.keyboard.press('Enter')
  await page.keyboard.type(text)
  await isSaved(page)
}

async function isSaved(page: Page): Promise<void> {
  await expect(page.getByText('Saved', { exact: true })).toBeVisible()
}

function titles(page: Page): ReturnType<Page['locator']> {
  return page.getByRole('list', { name: 'Notes' }).locator('.choice-texts > :first-child')
}

const text = (page: Page): ReturnType<Page['locator']> => page.getByLabel('Text of the note')

test('a title of wide letters, or one that another program gave, is saved as it is', async ({ vault: page }) => {
  await openNotes(page)
  await writeNote(page, 'Meeting', 'text')
  await page.getByLabel('Title', { exact: true }).fill('会議：明日？')
  await page.keyboard.press('Enter')
  await expect(titles(page)).toHaveText([/^会議/])
  await isSaved(page)
  await lockVault(page)
  await unlockVault(page)
  await openNotes(page)
  await titles(page).first().click()
  await page.getByLabel('Title', { exact: true }).focus()
  await text(page).focus()
  await isSaved(page)
})

test('a note is saved by itself, and before the vault is locked; a new title renames its file', async ({ vault: page }) => {
  await openNotes(page)
  await writeNote(page, 'What: now?', 'first line')
  await expect(titles(page)).toHaveText(['What: now?'])
  for (const [name, value] of [['spellcheck', 'false'], ['autocorrect', 'off'], ['autocomplete', 'off'], ['writingsuggestions', 'false']] as const) await expect(text(page)).toHaveAttribute(name, value)
  await text(page).pressSequentially(' and more')
  await lockVault(page)
  await unlockVault(page)
  await openNotes(page)
  await titles(page).first().click()
  await expect(text(page)).toHaveValue('first line and more')
  await page.getByLabel('Title', { exact: true }).fill('Then')
  await page.keyboard.press('Enter')
  await expect(titles(page)).toHaveText(['Then'])
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Files' }).click()
  // Not the button of that name, which is there before the list is.
  await page.getByRole('option', { name: 'Notes' }).dblclick()
  await expect(page.getByRole('option', { name: 'Then.txt' })).toBeVisible()
})

test('notes are found by title and by text, pinned, put in order, and deleting is undone', async ({ vault: page }) => {
  await openNotes(page)
  await writeNote(page, 'Zebra', 'stripes')
  await writeNote(page, 'Ape', 'bananas')
  await writeNote(page, '', 'Untitled thoughts')
  await expect(titles(page)).toHaveText(['Untitled thoughts', 'Ape', 'Zebra'])
  await page.getByLabel('Order').selectOption('By title')
  await expect(titles(page)).toHaveText(['Ape', 'Untitled thoughts', 'Zebra'])
  await titles(page).last().click()
  await expect(text(page)).toHaveValue('stripes')
  await page.getByRole('button', { name: 'Pin to the top' }).click()
  await expect(titles(page)).toHaveText(['Zebra', 'Ape', 'Untitled thoughts'])

  await page.getByLabel('Search the notes').fill('BANANA')
  await expect(page.getByText('Nothing fits “BANANA”.')).toBeVisible()
  await page.getByLabel('In the texts too').check()
  await expect(titles(page)).toHaveText(['Ape'])
  await page.getByLabel('Search the notes').fill('')

  await page.getByLabel('Title', { exact: true }).fill('ape')
  await page.keyboard.press('Enter')
  await expect(page.getByText('There is a note of this title already.')).toBeVisible()
  await page.getByLabel('Title', { exact: true }).fill('Zebra')
  await page.keyboard.press('Enter')
  await expect(page.getByText('There is a note of this title already.')).toBeHidden()
  await page.getByRole('button', { name: 'Delete' }).click()
  await expect(titles(page)).toHaveText(['Ape', 'Untitled thoughts'])
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(titles(page)).toHaveText(['Zebra', 'Ape', 'Untitled thoughts'])
})

test('a deleted note waits in the trash of the files, and is a note again when it is restored', async ({ vault: page }) => {
  await openNotes(page)
  await writeNote(page, 'Zebra', 'stripes')
  await page.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('No notes yet')).toBeVisible()
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Files' }).click()
  await page.getByRole('button', { name: /^Trash/ }).click()
  await expect(row(page, 'Zebra.txt')).toContainText('in Notes')
  await row(page, 'Zebra.txt').click()
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(row(page, 'Zebra.txt')).toBeHidden()
  await openNotes(page)
  await titles(page).click()
  await expect(text(page)).toHaveValue('stripes')
})

test('a second tab reads along, and writes once the first one is gone', async ({ vault: page }) => {
  await openNotes(page)
  await writeNote(page, 'Shared', 'one')
  const second = await page.context().newPage()
  await second.goto(page.url())
  await unlockVault(second)
  await openNotes(second)
  await titles(second).first().click()
  await expect(text(second)).toHaveValue('one')
  await expect(text(second)).not.toBeEditable()
  await expect(second.getByText('Read only: another tab is changing this vault')).toBeVisible()
  await text(page).pressSequentially(' two')
  await expect(text(second)).toHaveValue('one two')
  await isSaved(page)
  await page.close()
  await expect(text(second)).toBeEditable()
  await text(second).fill('three')
  await isSaved(second)
})

test('axe finds nothing, light and dark, wide and on a phone', async ({ vault: page }) => {
  await openNotes(page)
  await look(page, 'no notes')
  await writeNote(page, 'A title that is long enough for two lines of a list on a small screen', 'word\n'.repeat(3))
  await page.getByText('Spelling', { exact: true }).click()
  await page.getByRole('button', { name: 'Pin to the top' }).click()
  await page.getByRole('button', { name: 'Unpin' }).waitFor()
  await look(page, 'a note')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await expectNoViolations(page, 'the list')
  await expectNoOverflow(page, 'the list')
})

test('titles and names of files are told from each other', () => {
  for (const title of ['Plain', 'a/b\\c: "d" <e> |f|*?', 'Ünï', '.hidden', '2026. A year']) {
    expect(noteTitle(noteName(title))).toBe(title)
    expect(noteName(title)).toMatch(/^Notes\/[^/\\:*?"<>|]+\.txt$/)
  }
  expect(noteName('  two\n lines ')).toBe('Notes/two lines.txt')
  for (const bad of ['', '  ', '..', 'con', 'x'.repeat(200)]) expect(titleProblem(bad)).toBeDefined()
  for (const name of ['Notes/a/b.txt', 'Notes/a.md', 'Other/a.txt', 'Notes/.txt']) expect(noteTitle(name)).toBeUndefined()
})

test.describe('a draft', () => {
  const NAME = 'Notes/a.txt'
  async function openDraft(content = 'base'): Promise<{ coffer: Coffer; draft: NoteDraft; session: VaultSession }> {
    const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys: await generateKeys('store') })
    await coffer.write(NAME, content, { mtime: 1000 })
    // What of a session a draft uses.
    const session = {
      coffer: { value: coffer },
      revision: { value: 0 },
      writable: { value: true },
      change: (work: (target: Coffer) => Promise<unknown>) => work(coffer),
    } as unknown as VaultSession
    return { coffer, session, draft: await openNote(session, NAME) }
  }

  test('does not overwrite what somebody else has changed: mine, theirs, or both', async () => {
    for (const [by, expected] of [['mine', { [NAME]: 'mine' }], ['theirs', { [NAME]: 'theirs' }], ['both', { [NAME]: 'theirs', 'Notes/a (mine).txt': 'mine' }]] as const) {
      const { coffer, draft } = await openDraft()
      draft.setText('mine')
      await coffer.write(NAME, 'theirs')
      await draft.save()
      expect(draft.state.value).toBe('changed')
      expect(draft.unsaved.value).toBe(true)
      expect(await coffer.readText(NAME)).toBe('theirs')
      await draft.resolve(by)
      expect(draft.state.value).toBe('saved')
      const all: Record<string, string> = {}
      for await (const { name } of coffer.members()) all[name] = await coffer.readText(name)
      expect(all).toEqual(expected)
      await draft.close()
      await coffer.close()
    }
  })

  test('takes up changes of others while there are none here, and notices that the note is gone', async () => {
    const { coffer, draft } = await openDraft()
    await coffer.write(NAME, 'theirs')
    await draft.refresh()
    expect(draft.text.value).toBe('theirs')
    await coffer.move(NAME, 'Notes/b.txt')
    await draft.refresh()
    expect([draft.state.value, draft.unsaved.value]).toEqual(['gone', false])
    await coffer.move('Notes/b.txt', NAME)
    await draft.refresh()
    expect(draft.state.value).toBe('saved')
    draft.setText('mine')
    await coffer.delete(NAME)
    await draft.save()
    expect([draft.state.value, draft.unsaved.value]).toEqual(['gone', true])
    await draft.resolve('both')
    expect(await coffer.readText('Notes/a (mine).txt')).toBe('mine')
    await draft.close()
    await coffer.close()
  })

  test('keeps the line ends of its file, and opens no file that is no text', async () => {
    const { coffer, draft, session } = await openDraft('a\r\nb')
    draft.setText('a\nb\nc')
    await draft.close()
    expect(await coffer.readText(NAME)).toBe('a\r\nb\r\nc')
    await coffer.write(NAME, new Uint8Array([0xff, 0xfe, 0xfd]))
    await expect(openNote(session, NAME)).rejects.toMatchObject({ code: 'ERR_COFFER_UNSUPPORTED' })
    await expect(openNote(session, 'Notes/none.txt')).rejects.toMatchObject({ code: 'ERR_COFFER_NOT_FOUND' })
    await coffer.close()
  })

  test('that cannot be saved says so, and is saved later', async () => {
    const { coffer, session, draft } = await openDraft()
    const broken = { ...session, change: () => Promise.reject(new Error('no space')) } as unknown as VaultSession
    await draft.close()
    const other = await openNote(broken, NAME)
    other.setText('mine')
    await other.save()
    expect([other.state.value, other.unsaved.value]).toEqual(['failed', true])
    expect(other.problem.value?.text).toBe('Something went wrong.')
    broken.change = session.change
    await other.save()
    expect([other.state.value, await coffer.readText(NAME)]).toEqual(['saved', 'mine'])
    await other.close()
    await coffer.close()
  })
})
