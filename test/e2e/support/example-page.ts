import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { expect } from 'vitest'
import { run } from '../../../scripts/setup.mjs'

/** Builds an example, in its place or as a copy of it, as its package.json has it. What the bundler says. */
export async function buildExample(name: string, place: string, output: string): Promise<string> {
  const vite = [join(place, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--outDir', output, '--emptyOutDir']
  const built = await run(process.execPath, name === 'vite' ? vite : ['build.mjs', output], { cwd: place, inherit: false })
  if (built.code !== 0) throw new Error(`The example for ${name} does not build.\n${built.output}`)
  return built.output
}

/** A page, and what its console complains of: breaches of its policy too. */
export async function watchedPage(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  return { page, complaints }
}

/** Makes a coffer in an example's page, reads in its worker, adds what is so large that workers code it. */
export async function useExample(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('status').filter({ hasText: 'In a worker: nobody else reads this' }).waitFor({ timeout: 60_000 })
  await page.setInputFiles('input', { name: 'added.txt', mimeType: 'text/plain', buffer: Buffer.alloc(9_000_000, 'a line\n') })
  await page.getByText('added.txt, 9000000 bytes').waitFor({ timeout: 60_000 })
}

/** Code out of text, the asm.js twin of zstd, what stands in for Node's modules. */
const unwanted = [
  /new Function\(|[^\w.$]eval\(/,
  /["']use asm["']|almost asm/,
  /__vite-browser-external|node_modules\/(?:buffer|crypto-browserify|process|readable-stream)\b|TYPED_ARRAY_SUPPORT/,
]

/** That none of this is in any script of a bundle. */
export async function checkBundle(folder: string): Promise<void> {
  const scripts = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.js'))
  expect(scripts.length).toBeGreaterThan(5)
  for (const script of scripts) {
    const text = await readFile(join(folder, script), 'utf8')
    // webpack asks for `globalThis`, and would make it out of text only where there is none.
    const rest = text.replaceAll('typeof globalThis)return globalThis;try{return this||new Function("return this")', '')
    const found = unwanted.flatMap((pattern) => pattern.exec(rest)?.[0] ?? [])
    expect(found, script).toEqual([])
  }
}
