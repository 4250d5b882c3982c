import { test as base, type Page } from '@playwright/test'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type InlineConfig } from 'vite'
import { cacheFolder, root } from '../../../scripts/setup.mjs'
import { contentSecurityPolicy } from '../../../examples/vault/content-security-policy.js'
import { openBrowser, serve, type Site } from '../../e2e/support/site.js'
import type { MediaPage } from './media-page-api.js'
import { watchConsole } from './vault.js'

export interface MediaFixtures {
  /** A page with the vault's service worker and its model of media, and a coffer in which nothing is. */
  readonly media: Page
  /** The same in a profile on the disk, as a user's is. Others keep all in memory, and not much. */
  readonly mediaOnDisk: Page
}

interface WorkerFixtures {
  readonly mediaFolder: string
  readonly mediaSite: Site
  /** A video of some seconds on the disk. */
  readonly videoFile: string
}

/** Playwright's `test` with a page on which only media are to be tested: they come out of a coffer, or out of a file that is not encrypted. */
export const test = base.extend<MediaFixtures, WorkerFixtures>({
  mediaFolder: [
    // Playwright reads the names of the fixtures out of the pattern, so there has to be one.
    // oxlint-disable-next-line eslint/no-empty-pattern
    async ({}, use) => {
      const folder = await mkdtemp(join(cacheFolder, 'media-'))
      await buildMediaPage(folder)
      await use(folder)
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  mediaSite: [
    async ({ mediaFolder }, use) => {
      const site = await serve(mediaFolder, contentSecurityPolicy)
      await use(site)
      await site.close()
    },
    { scope: 'worker' },
  ],
  videoFile: [
    async ({ browser, mediaSite, mediaFolder }, use) => {
      const page = await browser.newPage()
      await openMediaPage(page, mediaSite)
      const video = await page.evaluate(async () => (globalThis as unknown as { media: MediaPage }).media.videoFile(6 << 20))
      await page.close()
      const path = join(mediaFolder, 'video.webm')
      await writeFile(path, Buffer.from(video, 'base64'))
      await use(path)
    },
    { scope: 'worker' },
  ],
  media: async ({ page, mediaSite }, use) => {
    const complaints = await openMediaPage(page, mediaSite)
    await use(page)
    // Answers of 404 are what some tests are about.
    const real = complaints.filter((line) => !line.includes('Failed to load resource'))
    if (real.length > 0) throw new Error(`The console says: ${real.join('\n')}`)
  },
  mediaOnDisk: async ({ mediaSite }, use) => {
    const { context, close } = await openBrowser()
    try {
      const page = await context.newPage()
      await openMediaPage(page, mediaSite)
      await use(page)
    } finally {
      await close()
    }
  },
})

export { expect } from '@playwright/test'

/** What the page's console complains of comes to stand in what is returned. */
async function openMediaPage(page: Page, { url }: Site): Promise<string[]> {
  const complaints = watchConsole(page)
  await page.goto(url)
  await page.evaluate(async () => (globalThis as unknown as { media: MediaPage }).media.start())
  return complaints
}

async function buildMediaPage(outDir: string): Promise<void> {
  const vault = join(root, 'examples', 'vault')
  const common: InlineConfig = { configFile: false, logLevel: 'error', worker: { format: 'es' } }
  const page = join(import.meta.dirname, 'media-page')
  await build({ ...common, root: page, build: { outDir, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 5000 } })
  const assets = await readdir(join(outDir, 'assets'))
  const files = ['/index.html', ...assets.map((name) => `/assets/${name}`)].map((url) => ({ url, revision: '1' }))
  const input = join(vault, 'src', 'sw', 'sw.ts')
  await build({
    ...common,
    root: vault,
    publicDir: false,
    // What the plugin for offline use would put there.
    define: { 'self.__WB_MANIFEST': JSON.stringify(files) },
    build: { outDir, emptyOutDir: false, target: 'es2023', rolldownOptions: { input, output: { entryFileNames: 'sw.js', codeSplitting: false } } },
  })
}
