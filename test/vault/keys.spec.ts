import type { Page } from '@playwright/test'
import { openKeyring, parseKeyring, type ParsedKeyring } from '@coffer/core'
import { enterRecoveryCode, expect, isOpen, killPage, lockVault, openVault, PASSWORD, test, unlockVault } from './support/vault.js'

/** What the browser keeps of the vault beside its coffer. */
async function keyringOf(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)))
    const database = await asked(indexedDB.open('coffer-vault'))
    const record = await asked<{ keyring: string }>(database.transaction('vaults').objectStore('vaults').get('Papers'))
    database.close()
    return record.keyring
  })
}

async function putKeyring(page: Page, keyring: string): Promise<void> {
  await page.evaluate(async (keyring) => {
    const asked = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)))
    const database = await asked(indexedDB.open('coffer-vault'))
    const store = database.transaction('vaults', 'readwrite').objectStore('vaults')
    const record = await asked<{ keyring: string }>(store.get('Papers'))
    await asked(store.put({ ...record, keyring }, 'Papers'))
    database.close()
  }, keyring)
}

const kinds = ({ slots }: ParsedKeyring): string[] => slots.map(({ type }) => type)

async function renewKeys(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'New keys' }).click()
  await page.getByLabel('Password of the vault').fill(PASSWORD)
  await page.getByRole('button', { name: 'Make new keys' }).click()
}

/** From then on the page does nothing more as soon as it has asked for its `puts`th keyring to be kept: that one is kept, or it is `lost`. */
async function stopAtKeyring(page: Page, puts: number, isLost: boolean): Promise<void> {
  await page.evaluate(
    ([puts, isLost]) => {
      const put = IDBObjectStore.prototype.put
      let count = 0
      IDBObjectStore.prototype.put = function counted(value: unknown, key?: IDBValidKey) {
        count += 1
        if (count === puts) {
          Worker.prototype.postMessage = () => undefined
          Object.assign(window, { isStopped: true })
        }
        if (count >= puts && isLost) throw new DOMException('The tab is dead.', 'AbortError')
        return put.call(this, value, key)
      }
    },
    [puts, isLost] as const,
  )
}

test('new keys that a tab was making when it died: the next unlocking ends it, with the old ones or the new', async ({ context, page, site, template }) => {
  await openVault(page, site, template)
  const code = template.recoveryCode
  await page.getByTestId('pick-files').setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear vault') })
  const letter = (of: Page) => of.getByRole('option').filter({ hasText: 'letter.txt' })
  await expect(letter(page)).toBeVisible()
  const before = parseKeyring(await keyringOf(page))

  // Both are in the keyring, and the coffer has the old ones still.
  await stopAtKeyring(page, 1, false)
  await renewKeys(page)
  await page.waitForFunction(() => 'isStopped' in window)
  await killPage(page)
  const second = await context.newPage()
  await second.goto(site.url)
  await expect.poll(async () => (await openKeyring(await keyringOf(second), { password: PASSWORD })).rekeying).toBe(true)
  await unlockVault(second)
  await expect(letter(second)).toBeVisible()
  const old = await openKeyring(await keyringOf(second), { recoveryCode: code })
  expect([old.rekeying, old.slots.map(({ id }) => id)]).toEqual([false, before.slots.map(({ id }) => id)])

  // The coffer has the new ones, and the keyring still holds both.
  await stopAtKeyring(second, 2, true)
  await renewKeys(second)
  await second.waitForFunction(() => 'isStopped' in window)
  await killPage(second)
  const third = await context.newPage()
  await third.goto(site.url)
  await enterRecoveryCode(third, code)
  await expect(third.getByRole('alert')).toContainText('only its password opens it')
  await third.getByRole('button', { name: 'Use the password' }).click()
  await unlockVault(third)
  await expect(third.getByText('The vault has its new keys by now.')).toBeVisible()
  await expect(letter(third)).toBeVisible()
  const fresh = await openKeyring(await keyringOf(third), { password: PASSWORD })
  expect([fresh.rekeying, kinds(fresh)]).toEqual([false, ['password']])
  expect(fresh.keys).not.toEqual(old.keys)
  await third.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' }).click()
  await expect(third.getByText('The vault has no recovery code')).toBeVisible()
  await third.getByRole('button', { name: 'New recovery code' }).click()
  await third.getByRole('button', { name: 'Make it' }).click()
  await third.getByRole('dialog').getByRole('button', { name: 'Later' }).click()
  expect(kinds(parseKeyring(await keyringOf(third)))).toEqual(['password', 'recovery'])
})

test('a new recovery code that a tab had no time to show is not taken for one that was kept', async ({ vault }) => {
  const settings = vault.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: 'Settings' })
  const makeCode = async (): Promise<void> => {
    await settings.click()
    await vault.getByRole('button', { name: 'New recovery code' }).click()
    await vault.getByRole('button', { name: 'Make it' }).click()
  }
  await makeCode()
  await vault.getByLabel('Type it back').fill((await vault.getByRole('status', { name: 'Recovery code' }).textContent()) ?? '')
  await vault.getByRole('button', { name: 'Check it' }).click()
  await expect(vault.getByText('You have not proved yet')).toBeHidden()
  const before = await keyringOf(vault)
  // What is kept after the keyring is lost.
  await stopAtKeyring(vault, 2, true)
  await makeCode()
  await expect.poll(() => keyringOf(vault)).not.toBe(before)
  await vault.reload()
  await unlockVault(vault)
  await settings.click()
  await expect(vault.getByText('You have not proved yet')).toBeVisible()
})

test('a password that was made easier to try than is thought right today is made harder when it is used', async ({ vault }) => {
  const cost = (document: string): number[] => parseKeyring(document).slots.flatMap((slot) => (slot.type === 'password' ? [slot.memoryBytes, slot.passes] : []))
  const keyring = await openKeyring(await keyringOf(vault), { password: PASSWORD })
  const [memoryBytes = 0, passes = 0] = cost(keyring.document)
  await lockVault(vault)
  const weaker = { memoryBytes: 19 << 20, passes: 2 }
  expect(weaker.memoryBytes).toBeLessThan(memoryBytes)
  await keyring.changePassword(PASSWORD, weaker)
  await putKeyring(vault, keyring.document)
  expect(cost(await keyringOf(vault))).toEqual([weaker.memoryBytes, weaker.passes])
  await unlockVault(vault)
  await expect.poll(async () => cost(await keyringOf(vault))).toEqual([memoryBytes, passes])
  await lockVault(vault)
  await unlockVault(vault)
  await isOpen(vault)
})

test('a vault whose keyring cannot be read says so, and the page goes on', async ({ vault }) => {
  const keyring = await keyringOf(vault)
  await lockVault(vault)
  await putKeyring(vault, keyring.slice(0, -20))
  await vault.reload()
  const password = vault.getByLabel('Password', { exact: true })
  await password.fill(PASSWORD)
  await password.press('Enter')
  await expect(vault.getByRole('alert')).toContainText('Some of the data is damaged')
  await putKeyring(vault, keyring)
  await unlockVault(vault)
})
