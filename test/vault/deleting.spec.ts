import { generateKeys, memoryStorage, openCoffer } from '@coffer/core'
import type { Page } from '@playwright/test'
import { deleteItems } from '../../examples/vault/src/model/file-actions.js'
import { FilesState } from '../../examples/vault/src/model/files.js'
import type { VaultSession } from '../../examples/vault/src/model/session.js'
import { tasks } from '../../examples/vault/src/model/tasks.js'
import { list, row, titles, toast } from './support/files.js'
import { expect, killPage, test, unlockVault } from './support/vault.js'

const COUNT = 300

/** Counts how often the disk is asked to make what was written last. */
async function countSyncs(page: Page): Promise<() => Promise<number>> {
  const disk = page.workers().find((worker) => worker.url().includes('coffer-opfs'))
  if (!disk) throw new Error('The vault writes by no worker.')
  await disk.evaluate(() => {
    const { prototype } = (globalThis as unknown as { FileSystemSyncAccessHandle: { prototype: FileSystemSyncAccessHandle } }).FileSystemSyncAccessHandle
    const { flush } = prototype
    Object.assign(globalThis, { syncs: 0 })
    prototype.flush = function counted() {
      ;(globalThis as unknown as { syncs: number }).syncs += 1
      return flush.call(this)
    }
  })
  return () => disk.evaluate(() => (globalThis as unknown as { syncs: number }).syncs)
}

async function choose(page: Page, key: string): Promise<void> {
  await list(page).focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.press(key)
}

test('many files are deleted, brought back and deleted for good by one change each, which is on the disk then', async ({ vault }) => {
  await vault.getByTestId('pick-files').evaluate((input, count) => {
    const transfer = new DataTransfer()
    for (let at = 0; at < count; at++) transfer.items.add(new File([`text ${at}`], `Document ${at}.txt`, { type: 'text/plain' }))
    ;(input as HTMLInputElement).files = transfer.files
    input.dispatchEvent(new Event('change'))
  }, COUNT)
  await expect(toast(vault, `Added ${COUNT} files`)).toBeVisible()
  const syncs = await countSyncs(vault)
  await choose(vault, 'Delete')
  await toast(vault, `Deleted ${COUNT} items`).getByRole('button', { name: 'Undo' }).click()
  await expect(toast(vault, `Brought back ${COUNT} items`)).toBeVisible()
  await choose(vault, 'Delete')
  await expect(vault.getByText('Nothing here yet')).toBeVisible()
  await vault.getByRole('button', { name: 'Trash' }).first().click()
  await expect(row(vault, 'Document 0.txt')).toBeVisible()
  await choose(vault, 'Delete')
  await vault.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
  await expect(toast(vault, `Deleted ${COUNT} items for good`)).toBeVisible()
  expect(await syncs()).toBeLessThan(20)
  const { context, address } = { context: vault.context(), address: vault.url() }
  await killPage(vault)
  const next = await context.newPage()
  await next.goto(address)
  await unlockVault(next)
  await expect(titles(next)).toHaveCount(0)
  await next.getByRole('button', { name: 'Trash' }).first().click()
  await expect(next.getByText('The trash is empty')).toBeVisible()
})

test('what has too long a path for the trash stays, and is told of; what was deleted before it is', async () => {
  const coffer = await openCoffer(memoryStorage(), { mode: 'x', keys: await generateKeys('store') })
  const holding = <T>(value: T) => ({ value, peek: () => value })
  // What of a session they use.
  const session = {
    coffer: holding(coffer),
    revision: holding(0),
    writable: holding(true),
    change: async (work: (target: typeof coffer) => Promise<unknown>) => work(coffer),
  } as unknown as VaultSession
  const deep = `${Array.from({ length: 16 }, (_, at) => `${at} ${'folder '.repeat(30)}end`).join('/')}/letter.txt`
  expect(deep.length).toBeGreaterThan(3450)
  await coffer.write('first.txt', 'milk')
  await coffer.write(deep, 'Dear vault')
  const state = new FilesState(session)
  await state.upToDate()
  tasks.value = []
  await deleteItems(state, ['first.txt', deep])
  const problems = tasks.value.map(({ problem }) => problem.value?.text)
  // Other tests of this process look there too.
  tasks.value = []
  expect(problems).toEqual([expect.stringContaining('The path of “letter.txt”, or of something in it, is too long for the trash.')])
  expect([await coffer.has('first.txt'), await coffer.has(deep)]).toEqual([false, true])
  await coffer.close()
})
