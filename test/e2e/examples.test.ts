import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/setup.mjs'
import { buildExample, checkBundle, useExample, watchedPage } from './support/example-page.js'
import { openBrowser, serve, type Profile, type Site } from './support/site.js'

/** What a page loads, gzipped, to open a coffer and read a member is in docs/BROWSERS.md; more than so much more has to be noticed. */
const SLACK_KIB = 2

describe.each(['vite', 'esbuild'])('the example for %s', (name) => {
  let folder: string
  let site: Site
  let profile: Profile
  let output: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `coffer-example-${name}-`))
    output = await buildExample(name, join(root, 'examples', name), folder)
    site = await serve(folder)
    profile = await openBrowser()
  })
  afterAll(async () => {
    await profile?.close()
    await site?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('runs under a policy without unsafe-eval, its worker too', async () => {
    const { page, complaints } = await watchedPage(profile.context)
    await useExample(page, site.url)
    // What is large is coded by workers, whose script the bundle has to have in its place.
    expect(page.workers().some((worker) => worker.url().includes('coffer-worker'))).toBe(true)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('has no code out of text and no asm.js', async () => {
    await checkBundle(folder)
  })

  if (name === 'vite') {
    test('a page that only opens and reads loads little, and says of what', async () => {
      // The other page makes what this one reads.
      const maker = await profile.context.newPage()
      await useExample(maker, site.url)
      await maker.close()
      const { page, complaints } = await watchedPage(profile.context)
      const loaded = new Map<string, number>()
      const bodies: Promise<unknown>[] = []
      page.on('response', (response) => {
        if (response.url().endsWith('.js')) bodies.push(response.body().then((body) => loaded.set(new URL(response.url()).pathname, gzipSync(body).length / 1024)))
      })
      await page.goto(`${site.url}reader.html`)
      await page.getByRole('status').filter({ hasText: 'nobody else reads this' }).waitFor({ timeout: 20_000 })
      // The page may have used what this process is not told the bytes of yet.
      await Promise.all(bodies)
      const total = [...loaded.values()].reduce((sum, size) => sum + size, 0)
      const files = [...loaded].map(([path, size]) => `${path.replace(/.*\//, '')} ${size.toFixed(1)}`)
      console.log(output.split('\n').filter((line) => line.startsWith('reader:')).join('\n'))
      console.log(`a reading page loaded ${total.toFixed(1)} KiB gzipped: ${files.join(', ')}`)
      const parts = partsOf(output)
      for (const [name, documented] of documentedSizes()) {
        const measured = name === 'in all' ? total : (parts.get(name) ?? 0)
        expect(Math.abs(measured - documented), `${name}: ${measured} KiB, docs/BROWSERS.md has ${documented}`).toBeLessThan(SLACK_KIB)
      }
      expect(files.filter((file) => /coffer-worker|client-zip|password|one-time|comlink|remote/.test(file))).toEqual([])
      expect(complaints).toEqual([])
    })
  }
})

/** KiB by package of what the example's build says that its reading page loads: at once, and for blocks of zstd. */
function partsOf(output: string): Map<string, number> {
  const parts = new Map<string, number>()
  for (const line of output.split('\n').filter((line) => /^reader: (?:at once|when needed, (?:zstd-codec|shared-[^:]*)):/.test(line))) {
    for (const [, name = '', size] of line.matchAll(/([@\w/-]+) ([\d.]+) KiB(?=[,)])/g)) parts.set(name, (parts.get(name) ?? 0) + Number(size))
  }
  return parts
}

function documentedSizes(): [name: string, size: number][] {
  const document = readFileSync(join(root, 'docs', 'BROWSERS.md'), 'utf8')
  const names = ['libsodium', 'zstd-codec', '@coffer/core', '@coffer/browser', 'in all']
  return names.map((name) => {
    const [, size] = new RegExp(`^\\| (?:\\*\\*)?${name}\\b[^|]*\\| (?:\\*\\*)?(\\d+)`, 'm').exec(document) ?? []
    return [name, Number(size)]
  })
}
