import { indexedDbStorage, opfsStorage } from '@coffer/browser'
import { testLock } from '../../../../test/conformance/lock-suite.js'
import { testStorage } from '../../../../test/conformance/storage-suite.js'
import { readAll, uniqueName } from '../support.js'
import { runAll } from './vitest-in-page.js'

/** Runs the suites of core in this page, in any browser. This module is built with `vitest` standing for `vitest-in-page.ts`. */
export async function runSuites(): Promise<{ passed: number; failed: string[] }> {
  for (const [name, open] of [['IndexedDB', indexedDbStorage] as const, ['OPFS', opfsStorage] as const]) {
    testStorage({
      name,
      create: () => Promise.resolve(open(uniqueName())),
      readBackup: async (storage, extension) => readAll(open(storage.name + extension)),
    })
    testLock({
      name,
      create: () => {
        const place = uniqueName()
        return Promise.resolve([open(place), open(place)])
      },
    })
  }
  return runAll()
}
