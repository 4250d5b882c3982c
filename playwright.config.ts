import { availableParallelism } from 'node:os'
import { defineConfig } from '@playwright/test'
import { chromiumArgs, findChromium, findHeadlessShell } from './scripts/browser.mjs'

/** What is about the browser itself: its viewers, players and installed apps, a page that does not answer, a user's day. */
const ofTheWholeBrowser = ['everything', 'locked-anyway', 'media', 'pwa', 'viewer'].map((name) => `**/${name}.spec.ts`)

// The vault end to end, by Playwright's own runner. Everything else that needs a browser runs in vitest's projects (vite.config.ts).
export default defineConfig({
  testDir: 'test/vault',
  outputDir: '.cache/playwright',
  globalSetup: './test/vault/support/build-vault.ts',
  fullyParallel: true,
  // One more than processors: an eighth of the time each waits for what it has just asked for.
  workers: Number(process.env['COFFER_VAULT_WORKERS'] ?? availableParallelism() + 1),
  // Limits that catch what hangs, also where the machine is busy.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list'], ['json', { outputFile: '.cache/playwright.json' }]],
  use: {
    browserName: 'chromium',
    actionTimeout: 30_000,
    trace: 'off',
  },
  projects: [
    {
      name: 'whole browser',
      testMatch: ofTheWholeBrowser,
      use: { launchOptions: { ...findChromium(), args: chromiumArgs } },
    },
    {
      name: 'without windows',
      testIgnore: ofTheWholeBrowser,
      use: { launchOptions: { ...findHeadlessShell(), args: chromiumArgs } },
    },
  ],
})
