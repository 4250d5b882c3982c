import type { Page } from '@playwright/test'

/** All that a browser keeps of a vault: what stands in its coffer's folder, in base64, and the record beside it. */
export interface Template {
  readonly files: readonly (readonly [name: string, base64: string])[]
  readonly record: Readonly<Record<string, unknown>>
  readonly recoveryCode: string
}

/** Takes down the vault of a page, which is locked. */
export async function takeTemplate(page: Page, recoveryCode: string): Promise<Template> {
  const { files, record } = await page.evaluate(async () => {
    const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    const folder = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('coffer')).getDirectoryHandle('Papers')
    const files: [string, string][] = []
    for await (const [name, handle] of folder.entries()) {
      if (handle instanceof FileSystemFileHandle) files.push([name, toBase64(new Uint8Array(await (await handle.getFile()).arrayBuffer()))])
    }
    const asked = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)))
    const database = await asked(indexedDB.open('coffer-vault'))
    const record = await asked<Record<string, unknown>>(database.transaction('vaults').objectStore('vaults').get('Papers'))
    database.close()
    return { files, record }
  })
  return { files, record, recoveryCode }
}

/** Puts it down in a browser that has no vault yet, as if it had been made there. It shows once the page is loaded anew. */
export async function plantTemplate(page: Page, { files, record }: Template): Promise<void> {
  await page.evaluate(
    async ({ files, record }) => {
      const root = await navigator.storage.getDirectory()
      const folder = await (await root.getDirectoryHandle('coffer', { create: true })).getDirectoryHandle('Papers', { create: true })
      for (const [name, base64] of files) {
        const writable = await (await folder.getFileHandle(name, { create: true })).createWritable()
        await writable.write(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))
        await writable.close()
      }
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.open('coffer-vault')
        request.addEventListener('upgradeneeded', () => request.result.createObjectStore('vaults'))
        request.addEventListener('success', () => {
          const writing = request.result.transaction('vaults', 'readwrite')
          writing.objectStore('vaults').put(record, 'Papers')
          writing.addEventListener('complete', () => (request.result.close(), resolve()))
          writing.addEventListener('abort', () => reject(writing.error ?? new Error('IndexedDB')))
        })
      })
    },
    { files, record },
  )
}

/** Takes away what tests before have left in the browser, once their pages have let go of it: all but the service worker and its files. */
export async function clearStorage(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const isGone = async (): Promise<boolean> => {
      const { held = [], pending = [] } = await navigator.locks.query()
      if (held.length + pending.length > 0) return false
      const root = await navigator.storage.getDirectory()
      // What a page that was closed just now has open still is not to be removed yet.
      for await (const name of root.keys()) await root.removeEntry(name, { recursive: true }).catch(() => undefined)
      for await (const _ of root.keys()) return false
      return true
    }
    while (!(await isGone())) await new Promise((resolve) => setTimeout(resolve, 20))
    localStorage.clear()
    sessionStorage.clear()
    for (const { name = '' } of await indexedDB.databases()) {
      await new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.addEventListener('success', () => resolve())
        request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB')))
      })
    }
  })
}
