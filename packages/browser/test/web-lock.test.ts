import { afterEach, expect, test, vi } from 'vitest'
import { acquireWebLock } from '../src/locks/web-lock.js'

afterEach(() => vi.restoreAllMocks())

/** A browser that takes no notice of signals, and gives its locks when it is told to. */
function deafBrowser(): (() => Promise<unknown>)[] {
  const grants: (() => Promise<unknown>)[] = []
  const request = (name: string, _options: LockOptions, callback: LockGrantedCallback<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      grants.push(async () => {
        const holding = Promise.resolve(callback({ name, mode: 'exclusive' }))
        holding.then(resolve, reject)
        return holding
      })
    })
  vi.spyOn(navigator.locks, 'request').mockImplementation(request)
  return grants
}

test('gives up in time where the browser does not, and gives back what it is given then', async () => {
  const grants = deafBrowser()
  await expect(acquireWebLock('deaf', 'It', 'exclusive', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_COFFER_LOCKED' })
  const controller = new AbortController()
  const aborted = acquireWebLock('deaf', 'It', 'exclusive', { timeoutMs: 60_000, signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  // Each settles only once it was given back.
  expect(grants).toHaveLength(2)
  await Promise.all(grants.map((grant) => grant()))
})

test('a lock that comes in time is held until it is released', async () => {
  const grants = deafBrowser()
  const acquired = acquireWebLock('deaf', 'It', 'exclusive', { timeoutMs: 60_000 })
  let isOver = false
  const holding = grants[0]?.().then(() => (isOver = true))
  const lock = await acquired
  expect(await lock.isHeld()).toBe(true)
  expect(isOver).toBe(false)
  await lock.release()
  await holding
  expect(await lock.isHeld()).toBe(false)
})
