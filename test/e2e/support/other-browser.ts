import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** A tab with the page of packages/browser/test/page. */
export interface Tab {
  /** Calls one of the functions of the page. */
  call<T>(name: string, ...args: readonly unknown[]): Promise<T>
  close(): Promise<void>
}

/** A browser with a profile of its own, at the page. */
export interface OtherBrowser {
  openTab(): Promise<Tab>
  close(): Promise<void>
}

const OPERATIONS = 60

export interface OtherBrowserOptions {
  /** Storages whose readers need the lock in this browser. */
  readonly lockedReaders?: readonly string[]
}

/** What every engine has to do that a coffer is kept in; skipped where there is none of it. */
export function testOtherBrowser(name: string, launch: (() => Promise<OtherBrowser>) | undefined, { lockedReaders = [] }: OtherBrowserOptions = {}): void {
  describe.skipIf(launch === undefined)(`in ${name}`, () => {
    let browser: OtherBrowser

    beforeAll(async () => {
      if (launch) browser = await launch()
    })
    afterAll(() => browser?.close())

    test('the suites of storages and locks', async () => {
      const page = await browser.openTab()
      const { passed, failed } = await page.call<{ passed: number; failed: string[] }>('runSuites')
      expect(failed).toEqual([])
      expect(passed).toBe(72)
      await page.close()
    })

    describe.each(['indexeddb', 'opfs'] as const)('%s', (storage) => {
      test('two tabs and a worker lose nothing', async () => {
        const [first, second] = [await browser.openTab(), await browser.openTab()]
        await first.call('start', storage, 'shared')
        const common = { storage, name: 'shared', count: OPERATIONS, lockedReaders: lockedReaders.includes(storage) }
        const options = (actor: string, seed: number): object => ({ ...common, actor, seed })
        const reports = await Promise.all([
          first.call<{ writes: number }>('disturb', options('first', 1)),
          second.call<{ writes: number }>('disturb', options('second', 22)),
          first.call<{ writes: number }>('disturbInWorker', options('worker', 333)),
        ])
        const writes = reports.reduce((sum, report) => sum + report.writes, 0)
        expect(writes).toBeGreaterThan(0)
        expect(await second.call('tally', storage, 'shared')).toMatchObject({ total: writes, members: writes, ok: true })
        await first.close()
        await second.close()
      })

      test('a lock is free when the tab that has it is closed', async () => {
        const [holder, other] = [await browser.openTab(), await browser.openTab()]
        await holder.call('hold', storage, 'held')
        expect(await other.call('tryToOpen', storage, 'held', 100)).toBe('ERR_COFFER_LOCKED')
        const waiting = other.call('tryToOpen', storage, 'held', 20_000)
        await holder.close()
        expect(await waiting).toEqual(expect.any(Number))
        await other.close()
      })

      test.each(['bank', 'store', 'market', 'null'])('a %s goes out and comes in', async (variant) => {
        const page = await browser.openTab()
        const { bytes, keys } = await page.call<{ bytes: string; keys: object }>('exportBytes', storage, variant)
        expect(await page.call('importBytes', storage, variant, bytes, keys, 'notes/today.txt', false)).toBe('made in a browser\n')
        await page.close()
      })
    })
  })
}
