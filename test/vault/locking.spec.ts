import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import type { Site } from '../e2e/support/site.js'
import type { Template } from './support/template.js'
import { expect, fillNewVault, isOpen, lockVault, openVault, PASSWORD, test, unlockVault } from './support/vault.js'

const unlock = (page: Page) => page.getByRole('button', { name: 'Unlock', exact: true })

/** A vault whose clock is in the test's hand. */
async function vaultWithClock(page: Page, site: Site, template: Template): Promise<void> {
  await page.clock.install()
  await openVault(page, site, template)
}

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel(label).selectOption({ label: option })
}

/** As the browser does it when another tab comes in front. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}

/** A file that takes a while to add. */
async function largeFile(): Promise<string> {
  const path = test.info().outputPath('large.bin')
  await writeFile(path, randomBytes(96 << 20))
  return path
}

test('the vault locks when nobody is there, and says why', async ({ page, site, template }) => {
  await vaultWithClock(page, site, template)
  await page.clock.fastForward('14:00')
  await isOpen(page)
  await page.mouse.move(10, 10)
  await page.mouse.move(20, 20)
  await page.clock.fastForward('14:00')
  await isOpen(page)
  await page.clock.fastForward('02:00')
  await expect(unlock(page)).toBeVisible()
  await expect(page.getByText('since nobody was there')).toBeVisible()
})

test('a vault that is not shown yet locks too', async ({ page, site }) => {
  await page.clock.install()
  await page.goto(site.url)
  await fillNewVault(page)
  await page.getByRole('button', { name: 'Make the vault' }).click()
  await expect(page.getByRole('status', { name: 'Recovery code' })).toBeVisible({ timeout: 30_000 })
  await page.clock.fastForward('16:00')
  await expect(unlock(page)).toBeVisible()
  await expect(page.getByText('since nobody was there')).toBeVisible()
})

test('a clock that is set back holds nothing off', async ({ page, site, template }) => {
  await vaultWithClock(page, site, template)
  await page.clock.setSystemTime(Date.now() - 86_400_000)
  await page.clock.runFor('00:02')
  await page.clock.fastForward('16:00')
  await expect(unlock(page)).toBeVisible()
})

test('what is opened for nobody any more is closed', async ({ vault: page }) => {
  await lockVault(page)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.evaluate(() => {
    const press = (label: string): void => Array.from(document.querySelectorAll('button')).find(({ textContent }) => textContent?.trim() === label)?.click()
    press('Unlock')
    press('Make another vault')
  })
  await expect(page.getByRole('button', { name: 'Make the vault' })).toBeVisible()
  const held = () => page.evaluate(async () => (await navigator.locks.query()).held?.length)
  await page.waitForTimeout(1500)
  await expect.poll(held).toBe(0)
  await expect(page.getByRole('button', { name: 'Make the vault' })).toBeVisible()
})

test('how long that is can be chosen, and is kept', async ({ page, site, template }) => {
  await vaultWithClock(page, site, template)
  await choose(page, 'Lock when nobody is there', 'After a minute')
  await lockVault(page)
  await unlockVault(page)
  await page.clock.fastForward('01:05')
  await expect(unlock(page)).toBeVisible()
  await unlockVault(page)
  await choose(page, 'Lock when nobody is there', 'Never')
  await page.clock.fastForward('10:00:00')
  await isOpen(page)
})

test('what plays holds it off', async ({ page, site, template }) => {
  await vaultWithClock(page, site, template)
  await page.evaluate(() => {
    const audio = document.createElement('audio')
    Object.defineProperty(audio, 'paused', { configurable: true, value: false })
    document.body.append(audio)
  })
  await page.clock.fastForward('30:00')
  await isOpen(page)
  await page.evaluate(() => Object.defineProperty(document.querySelector('audio'), 'paused', { value: true }))
  await page.clock.fastForward('16:00')
  await expect(unlock(page)).toBeVisible()
})

test('the vault locks when its tab is hidden, as was chosen', async ({ page, site, template }) => {
  await vaultWithClock(page, site, template)
  await setHidden(page, true)
  await page.clock.fastForward('05:00')
  await isOpen(page)
  await setHidden(page, false)
  await choose(page, 'Lock when the tab is hidden', 'After 30 seconds')
  await setHidden(page, true)
  await page.clock.fastForward('00:20')
  await setHidden(page, false)
  await page.clock.fastForward('00:40')
  await isOpen(page)
  await setHidden(page, true)
  await page.clock.fastForward('00:40')
  await expect(unlock(page)).toBeVisible()
  await expect(page.getByText('out of sight')).toBeVisible()
})

test('all tabs lock together', async ({ vault }) => {
  const other = await vault.context().newPage()
  await other.goto(vault.url())
  await unlockVault(other)
  await lockVault(vault)
  await expect(unlock(other)).toBeVisible()
  await expect(other.getByText('locked in another tab')).toBeVisible()
})

test('somebody in one tab keeps the other open', async ({ page, context, site, template }) => {
  await vaultWithClock(page, site, template)
  const other = await context.newPage()
  await other.goto(site.url)
  await unlockVault(other)
  await page.clock.fastForward('14:00')
  const told = page.evaluate(() => new Promise<void>((resolve) => new BroadcastChannel('vault:Papers').addEventListener('message', () => resolve(), { once: true })))
  await expect(async () => {
    await other.mouse.move(Math.random() * 100, 30)
    await Promise.race([told, Promise.reject(new Error('not yet')).catch((error: unknown) => new Promise((_, reject) => setTimeout(() => reject(error), 300)))])
  }).toPass()
  await page.clock.fastForward('14:00')
  await isOpen(page)
})

test('locking waits for what is being saved, asks where that failed, and waits no longer than ten seconds', async () => {
  // Of a page: what the model of locking uses.
  const done: string[] = []
  const patience: (() => void)[] = []
  const timers = globalThis.setTimeout
  const later = ((work: () => void, ms?: number) => (ms === 10_000 ? patience.push(work) : timers(work, ms))) as typeof setTimeout
  const stores = { getItem: () => null, setItem: (_: string, why: string) => done.push(why), removeItem: () => undefined }
  const page = { PASSWORD_COST: {}, document: { body: {} }, location: { reload: () => done.push('reload') }, addEventListener: () => undefined, sessionStorage: stores, setTimeout: later }
  for (const [name, value] of Object.entries(page)) Object.defineProperty(globalThis, name, { configurable: true, writable: true, value })
  try {
    const { beforeLock, lockQuestion, lockVault: lock } = await import('../../examples/vault/src/model/lock.js')
    const { openedSession } = await import('../../examples/vault/src/model/session.js')
    const open = (): void => {
      done.length = 0
      openedSession.value = { name: 'Papers', close: async () => done.push('closed') } as unknown as typeof openedSession.value
    }
    open()
    let save = (): void => undefined
    let forget = beforeLock(() => new Promise<void>((resolve) => (save = () => (done.push('saved'), resolve()))))
    const locking = lock('idle')
    await new Promise(setImmediate)
    expect(done).toEqual([])
    save()
    await locking
    expect(done).toEqual(['saved', 'closed', 'idle', 'reload'])
    forget()

    open()
    forget = beforeLock(() => Promise.reject(new Error('no space')))
    for (const [answer, expected] of [[false, []], [true, ['closed', 'asked', 'reload']]] as const) {
      const asked = lock()
      await expect.poll(() => lockQuestion.value?.about).toBe('edits')
      lockQuestion.value?.answer(answer)
      await asked
      expect(done).toEqual(expected)
    }
    // Nobody is there to be asked.
    open()
    await lock('hidden')
    expect(done).toEqual(['closed', 'hidden', 'reload'])
    forget()

    open()
    patience.length = 0
    forget = beforeLock(() => new Promise(() => undefined))
    const patient = lock('idle')
    await expect.poll(() => patience.length).toBe(1)
    expect(done).toEqual([])
    patience[0]?.()
    await patient
    expect(done).toEqual(['closed', 'idle', 'reload'])
    forget()
    openedSession.value = undefined
  } finally {
    for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name)
    globalThis.setTimeout = timers
  }
})

test('what runs is asked about before the vault is locked by hand', async ({ vault }) => {
  await vault.getByTestId('pick-files').setInputFiles(await largeFile())
  await vault.getByRole('button', { name: 'Lock', exact: true }).click()
  const dialog = vault.getByRole('dialog', { name: 'Something is still under way' })
  await dialog.getByRole('button', { name: 'Stay' }).click()
  await expect(dialog).toBeHidden()
  await isOpen(vault)
})
