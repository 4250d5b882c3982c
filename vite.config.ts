import { availableParallelism, tmpdir } from 'node:os'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArgs, findChromium } from './scripts/browser.mjs'
import { LongestFirst } from './test/longest-first.js'

const large = 'test/e2e/large-file.test.ts'
const memory = 'test/scale/memory.test.ts'
const crash = 'test/e2e/crash.test.ts'

/**
 * What runs side by side: nothing of it measures time or memory. One file more than processors at a time, and one page of the
 * project `browser`: many wait, for processes that they start, for tabs, for the disk, or for locks.
 */
const together = { maxWorkers: availableParallelism() + 1, sequence: { groupOrder: 0 } }

/** For what is about files on a disk, or needs more space than memory has: see test/memory-disk.ts. */
const onDisk = { env: { TMPDIR: tmpdir() } }

const limits = { testTimeout: 120_000, hookTimeout: 300_000 }

export default defineConfig({
  test: {
    // Worker scripts for whoever calls vitest alone: `pnpm test` has built them before.
    globalSetup: ['test/worker-scripts.ts', 'test/memory-disk.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/scale/**', 'test/e2e/**', 'packages/{browser,node}/test/**'],
          // One process runs many files, with the modules that the first of them has loaded: those of core take a quarter less of the processors. What
          // pretends to be another system loads its own (`vi.resetModules()`); `vi.mock` is for the project `disk`.
          isolate: false,
          ...limits,
          ...together,
        },
      },
      {
        test: {
          name: 'disk',
          environment: 'node',
          include: ['packages/node/test/**/*.test.ts', crash],
          ...onDisk,
          ...limits,
          ...together,
        },
      },
      {
        // In a page of a real browser. The same packages by the same conditions as at a user's; no plugin.
        optimizeDeps: {
          include: [
            '@coffer/browser > client-zip',
            '@coffer/browser > comlink',
            '@coffer/browser > idb-keyval',
            '@coffer/core > @noble/ciphers/aes.js',
            '@coffer/core > tar-js/lib/header.js',
            '@coffer/worker > comlink/dist/esm/comlink.mjs',
            'fast-check',
          ],
        },
        test: {
          name: 'browser',
          globalSetup: ['test/range-server-setup.ts'],
          include: ['packages/browser/test/**/*.test.ts', 'packages/worker/test/everywhere/**/*.test.ts'],
          ...limits,
          ...together,
          browser: {
            enabled: true,
            headless: true,
            // One page at a time, beside the workers of the other projects.
            fileParallelism: false,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { ...findChromium(), args: chromiumArgs } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        // Tabs that are opened and closed from outside, in browsers of their own.
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['**/node_modules/**', large, crash],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          ...together,
        },
      },
      {
        // Measures memory of processes and tasks by the processor's time, so it runs when most others are done, one file after the other: where
        // others have all processors, a browser collects garbage within the page's tasks, and not beside them.
        test: {
          name: 'large',
          environment: 'node',
          include: [large, memory],
          ...onDisk,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Compares times, so it runs when all others are done, one file after the other.
        test: {
          name: 'scale',
          environment: 'node',
          include: ['test/scale/**/*.test.ts'],
          exclude: ['**/node_modules/**', memory],
          ...onDisk,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
