import { isCofferError, type CofferStorage, type StorageLock } from '@coffer/core'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { suiteWith, type Skip } from './skips.js'

export interface LockSuite {
  readonly name: string
  /** Two storages at one place, as two callers would have them; the same one twice where there is no other way. */
  readonly create: () => Promise<readonly [CofferStorage, CofferStorage]>
  readonly dispose?: (storage: CofferStorage) => Promise<void>
  readonly skip?: readonly Skip[]
}

/** What every storage's lock must do between callers in one process. */
export function testLock(suite: LockSuite): void {
  describe(`lock: ${suite.name}`, () => {
    let first: CofferStorage
    let second: CofferStorage
    const taken: StorageLock[] = []
    const { check, end } = suiteWith(suite.skip)

    beforeEach(async () => {
      ;[first, second] = await suite.create()
    })
    afterEach(async () => {
      for (const lock of taken.splice(0)) await lock.release()
      await suite.dispose?.(first)
    })

    const take = async (storage: CofferStorage, timeoutMs: number, kind: 'exclusive' | 'shared' = 'exclusive', signal?: AbortSignal): Promise<StorageLock> => {
      const lock = await storage.lock(kind, { timeoutMs, signal })
      taken.push(lock)
      return lock
    }
    const isLocked = (error: unknown): boolean => isCofferError(error, 'ERR_COFFER_LOCKED')

    check('excludes others until it is released', async () => {
      const lock = await take(first, 0)
      expect(await lock.isHeld()).toBe(true)
      await expect(take(second, 0)).rejects.toSatisfy(isLocked)
      await lock.release()
      expect(await lock.isHeld()).toBe(false)
      const next = await take(second, 0)
      expect(await next.isHeld()).toBe(true)
    })

    check('excludes a second caller of the same storage', async () => {
      await take(first, 0)
      await expect(take(first, 0)).rejects.toSatisfy(isLocked)
    })

    check('waits as long as it is told', async () => {
      await take(first, 0)
      const start = performance.now()
      await expect(take(second, 200)).rejects.toSatisfy(isLocked)
      const waited = performance.now() - start
      expect(waited).toBeGreaterThan(190)
      expect(waited).toBeLessThan(2000)
    })

    check('a waiter comes in when the holder leaves', async () => {
      const lock = await take(first, 0)
      let isIn = false
      const waiting = take(second, 10_000).then((next) => {
        isIn = true
        return next
      })
      await pause(50)
      expect(isIn).toBe(false)
      await lock.release()
      expect(await (await waiting).isHeld()).toBe(true)
    })

    check('a time without end is one', async () => {
      const lock = await take(first, 0)
      const waiting = take(second, Infinity)
      await pause(60)
      await lock.release()
      expect(await (await waiting).isHeld()).toBe(true)
    })

    check('a second release does not release the next holder', async () => {
      const lock = await take(first, 0)
      await lock.release()
      const next = await take(second, 0)
      await lock.release()
      expect(await next.isHeld()).toBe(true)
      await expect(take(first, 0)).rejects.toSatisfy(isLocked)
    })

    check('whoever gave up waiting is in nobody\'s way', async () => {
      const lock = await take(first, 0)
      await expect(take(second, 30)).rejects.toSatisfy(isLocked)
      await lock.release()
      const next = await take(second, 0)
      expect(await next.isHeld()).toBe(true)
    })

    check('an abort ends the wait with its own reason', async () => {
      const lock = await take(first, 0)
      const reason = new Error('the user left')
      const controller = new AbortController()
      const waiting = take(second, 10_000, 'exclusive', controller.signal)
      setTimeout(() => controller.abort(reason), 30)
      await expect(waiting).rejects.toBe(reason)
      await lock.release()
      expect(await (await take(second, 0)).isHeld()).toBe(true)
    })

    check('a signal that is aborted already takes no lock', async () => {
      const reason = new Error('the user left')
      await expect(take(first, 0, 'exclusive', AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(await (await take(second, 0)).isHeld()).toBe(true)
    })

    check('an abort after the lock was taken changes nothing', async () => {
      const controller = new AbortController()
      const lock = await take(first, 0, 'exclusive', controller.signal)
      controller.abort(new Error('too late'))
      expect(await lock.isHeld()).toBe(true)
    })

    check('never lets in two of many', async () => {
      let inside = 0
      let most = 0
      let count = 0
      const storages = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? first : second))
      await Promise.all(
        storages.map(async (storage) => {
          const lock = await storage.lock('exclusive', { timeoutMs: 20_000 })
          inside += 1
          most = Math.max(most, inside)
          await pause(2)
          inside -= 1
          count += 1
          await lock.release()
        }),
      )
      expect([most, count]).toEqual([1, 12])
    })

    check('shared holders are there together', async () => {
      const one = await take(first, 0, 'shared')
      const two = await take(second, 0, 'shared')
      expect(await one.isHeld()).toBe(true)
      expect(await two.isHeld()).toBe(true)
    })

    check('shared and exclusive holders exclude each other', async () => {
      const shared = await take(first, 0, 'shared')
      await expect(take(second, 30)).rejects.toSatisfy(isLocked)
      await shared.release()
      await take(second, 0)
      await expect(take(first, 30, 'shared')).rejects.toSatisfy(isLocked)
    })

    end()
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
