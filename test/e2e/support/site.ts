import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright'
import { build } from 'vite'
import { chromiumArgs, findChromium, findHeadlessShell } from '../../../scripts/browser.mjs'
import { root } from '../../../scripts/setup.mjs'

/** What a page with coffers needs: WebAssembly, but no code out of text. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'"

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
}

export interface Site {
  readonly url: string
  close(): Promise<void>
}

const page = join(root, 'packages', 'browser', 'test', 'page')

/** Answers requests that are not for a file of `folder`; false for those that are. */
export type Answer = (request: IncomingMessage, response: ServerResponse, folder: string) => Promise<boolean>

/** Builds the page of packages/browser/test/page with Vite as it comes, and serves it, under {@link POLICY} unless told otherwise. */
export async function openSite(policy: string = POLICY, answer?: Answer): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'coffer-site-'))
  await build({
    configFile: false,
    root: page,
    logLevel: 'error',
    worker: { format: 'es' },
    // Only for the suites that run in a page without vitest.
    resolve: { alias: { vitest: join(page, 'vitest-in-page.ts') } },
    build: { outDir: folder, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 5000 },
  })
  const site = await serve(folder, policy, answer)
  return {
    url: site.url,
    close: async () => {
      await site.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Serves a folder under a Content-Security-Policy. */
export async function serve(folder: string, policy: string = POLICY, answer?: Answer): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path)
    response.setHeader('content-security-policy', policy)
    void (async () => (await answer?.(request, response, folder)) || respond(file, response))()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function respond(file: string, response: ServerResponse): Promise<void> {
  try {
    const bytes = await readFile(file)
    const type = types[extname(file)] ?? 'application/octet-stream'
    response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' })
    response.end(bytes)
  } catch {
    // What names no icon of its own, such as a picture, is asked about one: that is nothing to complain of in the console.
    response.writeHead(file.endsWith('favicon.ico') ? 204 : 404).end()
  }
}

export interface Profile {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** A browser with a profile of its own, on the disk as a user's is; with `windows: false` one that needs less of the processor. */
export async function openBrowser({ windows = true }: { readonly windows?: boolean } = {}): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'coffer-e2e-'))
  const context = await chromium.launchPersistentContext(folder, {
    ...(windows ? findChromium() : findHeadlessShell()),
    headless: true,
    args: [...chromiumArgs, '--disable-dev-shm-usage'],
  })
  return {
    context,
    close: async () => {
      await context.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A tab with the page, ready. What goes wrong in it and nobody catches is an error here. */
export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await within('a new tab', 120_000, context.newPage())
  await page.goto(url)
  await page.waitForFunction('"site" in globalThis')
  return page
}

/** The same promise; an error that says what was waited for where it takes so long that somebody must be stuck. */
export async function within<T>(what: string, limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${limitMs / 1000} s`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Calls one of the functions of the page. */
export async function call<T>(page: Page, name: string, ...args: unknown[]): Promise<T> {
  return page.evaluate<T, { name: string; args: unknown[] }>(
    ({ name, args }) => (globalThis as unknown as { site: Record<string, (...args: unknown[]) => Promise<T>> }).site[name]?.(...args) as Promise<T>,
    { name, args },
  )
}
