import type { Page } from '@playwright/test'

/** From now on nothing that is written reaches the disk, as where it is slow. The result lets it go on. */
export async function holdDisk(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    const { postMessage } = Worker.prototype
    const held: (() => void)[] = []
    Worker.prototype.postMessage = function hold(this: Worker, ...message: unknown[]) {
      held.push(() => Reflect.apply(postMessage, this, message) as unknown)
    }
    Object.assign(window, {
      letDiskGoOn: () => {
        Worker.prototype.postMessage = postMessage
        for (const send of held) send()
      },
    })
  })
  return () => page.evaluate(() => (window as unknown as { letDiskGoOn: () => void }).letDiskGoOn())
}

/** The next change of a vault's record is not kept, or those of the changes from now on that are named. */
export async function loseRecord(page: Page, ...lost: number[]): Promise<void> {
  await page.evaluate((lost) => {
    const { put } = IDBObjectStore.prototype
    let count = 0
    IDBObjectStore.prototype.put = function counted(value: unknown, key?: IDBValidKey) {
      count += 1
      if (count >= Math.max(...lost)) IDBObjectStore.prototype.put = put
      if (lost.includes(count)) throw new DOMException('Full.', 'QuotaExceededError')
      return put.call(this, value, key)
    }
  }, lost.length === 0 ? [1] : lost)
}

/** What is brought to the disk fails at the time that is given: the first sync from now on, or a later one. Those after it succeed. */
export async function failSync(page: Page, time = 1): Promise<void> {
  const disk = page.workers().find((worker) => worker.url().includes('coffer-opfs'))
  if (!disk) throw new Error('The vault writes by no worker.')
  await disk.evaluate((time) => {
    const { prototype } = (globalThis as unknown as { FileSystemSyncAccessHandle: { prototype: FileSystemSyncAccessHandle } }).FileSystemSyncAccessHandle
    const { flush } = prototype
    let count = 0
    prototype.flush = function counted() {
      count += 1
      if (count < time) return flush.call(this)
      prototype.flush = flush
      throw new DOMException('The disk has failed.', 'UnknownError')
    }
  }, time)
}

/** From now on the disk takes nothing more. The result makes room. */
export async function fillDisk(page: Page): Promise<() => Promise<void>> {
  const disk = page.workers().find((worker) => worker.url().includes('coffer-opfs'))
  if (!disk) throw new Error('The vault writes by no worker.')
  await disk.evaluate(() => {
    // Which only workers have.
    const { prototype } = (globalThis as unknown as { FileSystemSyncAccessHandle: { prototype: FileSystemSyncAccessHandle } }).FileSystemSyncAccessHandle
    const { write } = prototype
    Object.assign(globalThis, { makeRoom: () => void (prototype.write = write) })
    prototype.write = () => {
      throw new DOMException('Full.', 'QuotaExceededError')
    }
  })
  return () => disk.evaluate(() => (globalThis as unknown as { makeRoom: () => void }).makeRoom())
}

/** A change of a coffer in IndexedDB fails, as where the disk does: the first transaction from now on, or a later one. */
export async function failTransaction(page: Page, time: number): Promise<void> {
  await page.evaluate((time) => {
    const { prototype } = IDBDatabase
    const { transaction } = prototype
    let count = 0
    prototype.transaction = function counted(...args: Parameters<IDBDatabase['transaction']>) {
      const made = transaction.apply(this, args)
      if (args[1] !== 'readwrite' || !this.name.startsWith('coffer:')) return made
      count += 1
      if (count < time) return made
      prototype.transaction = transaction
      Object.defineProperty(made, 'error', { value: new DOMException('The disk has failed.', 'UnknownError') })
      queueMicrotask(() => made.abort())
      return made
    }
    Object.assign(window, { stopFailing: () => {
      prototype.transaction = transaction
      return count >= time
    } })
  }, time)
}

/** Whether it has failed. From now on nothing fails any more. */
export async function stopFailing(page: Page): Promise<boolean> {
  return page.evaluate(() => (window as unknown as { stopFailing: () => boolean }).stopFailing())
}
