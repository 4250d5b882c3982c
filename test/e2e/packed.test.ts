import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from 'vite'
import { buildExample, checkBundle, useExample, watchedPage } from './support/example-page.js'
import { packedProject, type PackedProject } from './support/packed.js'
import { openBrowser, POLICY, serve, type Profile } from './support/site.js'

// The examples as users have them: with our packages compiled and packed, not with their sources.

let project: PackedProject
let profile: Profile

beforeAll(async () => {
  project = await packedProject()
  profile = await openBrowser()
})
afterAll(async () => {
  await profile?.close()
  await project?.close()
})

/** The example's page at an address, used to its end, without a complaint and with the workers that it is to have. */
async function expectToRun(url: string): Promise<void> {
  const { page, complaints } = await watchedPage(profile.context)
  const workers = new Set<string>()
  page.on('worker', (worker) => workers.add(worker.url()))
  await useExample(page, url)
  // The example's own worker, and those that code.
  expect(workers.size, [...workers].join(', ')).toBeGreaterThanOrEqual(2)
  expect([...workers].some((worker) => /coffer(-worker)?[^/]*\.js/.test(worker)), [...workers].join(', ')).toBe(true)
  expect(complaints).toEqual([])
  await page.close()
}

describe.each(['vite', 'webpack', 'esbuild'])('the example for %s with packed packages', (name) => {
  test('builds without a word of warning, and runs under a policy without unsafe-eval', async () => {
    const place = await project.copyOf(name)
    const output = join(place, 'output')
    const said = await buildExample(name, place, output)
    expect(said).not.toMatch(/warn/i)
    await checkBundle(output)
    const site = await serve(output)
    await expectToRun(site.url)
    await site.close()
  })
})

test('the development server of Vite serves the example with packed packages, from a cold cache and under the same policy', async () => {
  const place = await project.copyOf('vite')
  const server = await createServer({
    configFile: false,
    root: place,
    cacheDir: join(place, '.vite'),
    logLevel: 'warn',
    server: { host: '127.0.0.1', port: 0, headers: { 'content-security-policy': POLICY } },
  })
  await server.listen()
  const address = server.httpServer?.address() as AddressInfo | undefined
  await expectToRun(`http://localhost:${address?.port}/`)
  await server.close()
})
