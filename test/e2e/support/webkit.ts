import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { OtherBrowser, Tab } from './other-browser.js'
import { openSite, within, type Answer, type Site } from './site.js'

/** What WebKitGTK leaves off by default, and Safari has. */
const features = ['FileSystem', 'AccessHandle', 'FileSystemWritableStream', 'StorageAPI', 'StorageAPIEstimate']
/** WebKitGTK has synchronous handles by name only (2.50: its processes hand no open files on), and a file is locked for good once one was asked for. */
const withoutSyncHandles = 'if (globalThis.FileSystemFileHandle) delete FileSystemFileHandle.prototype.createSyncAccessHandle\n'

/** What is served to WebKit. */
export interface WebKitPage {
  /** Serves it; `answer` comes first. */
  serve(answer: Answer): Promise<Site>
  /** A script that gives it the functions that are called, as `globalThis.site`, where it has none of its own. */
  readonly functions?: string
}

/** The page of packages/browser/test/page. */
const ownPage: WebKitPage = { serve: (answer) => openSite(undefined, answer) }

/** One call of a function of a page, and what becomes of it. */
interface Call {
  readonly name: string
  readonly args: readonly unknown[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** What a tab is told: a call, or to close. */
type Order = { readonly id: number; readonly name: string; readonly args: readonly unknown[] } | { readonly close: true }

/**
 * Asks the site what to do, does it, and tells what came of it. No WebDriver: its sessions are private ones, in which WebKit has no file system.
 */
const driver = `
const tab = new URLSearchParams(location.search).get('tab')
const send = (path, body) => fetch(path + '?tab=' + tab, { method: 'POST', body: JSON.stringify(body) })
const functions = { open: async (url) => void window.open(url, '_blank', 'noopener') }
while (!('site' in globalThis)) await new Promise((resolve) => setTimeout(resolve, 10))
for (;;) {
  const { close, id, name, args } = await (await send('/-/next', {})).json()
  if (close) break
  void (functions[name] ?? site[name])(...args).then(
    (value) => send('/-/done', { id, value }),
    (error) => send('/-/done', { id, error: String(error) + '\\n' + String(error?.stack) }),
  )
}
window.close()
`

class WebKitTab implements Tab {
  readonly #calls = new Map<number, Call>()
  #orders: Order[] = []
  #wake: (() => void) | undefined
  #count = 0
  #hasAsked: () => void = () => undefined
  /** Resolves when the page is loaded. */
  readonly ready = new Promise<void>((resolve) => {
    this.#hasAsked = resolve
  })

  /** Calls one of the functions of the page. */
  call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const id = this.#count++
    const answered = new Promise<unknown>((resolve, reject) => this.#calls.set(id, { name, args, resolve, reject }))
    this.#order({ id, name, args })
    return answered as Promise<T>
  }

  close(): Promise<void> {
    this.#order({ close: true })
    return Promise.resolve()
  }

  /** What the page is to do next, once there is something. */
  async next(): Promise<Order> {
    this.#hasAsked()
    while (this.#orders.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#orders.shift() as Order
  }

  done({ id, value, error }: { readonly id: number; readonly value?: unknown; readonly error?: string }): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(`${call.name}: ${error}`))
  }

  #order(order: Order): void {
    this.#orders.push(order)
    this.#wake?.()
  }
}

/** WebKitGTK's MiniBrowser on a screen and with a profile of its own. */
export class WebKit implements OtherBrowser {
  readonly #site: Site
  readonly #tabs: Map<string, WebKitTab>
  readonly #process: ChildProcess
  readonly #folder: string
  /** Stays, since a page closes only what was opened by one. */
  readonly #first: WebKitTab

  private constructor(site: Site, tabs: Map<string, WebKitTab>, process: ChildProcess, folder: string, first: WebKitTab) {
    this.#site = site
    this.#tabs = tabs
    this.#process = process
    this.#folder = folder
    this.#first = first
  }

  static async launch(executable: string, { serve, functions = '' }: WebKitPage = ownPage): Promise<WebKit> {
    const tabs = new Map<string, WebKitTab>()
    const site = await serve((request, response, folder) => answer(tabs, functions, folder, request, response))
    const folder = await mkdtemp(join(tmpdir(), 'coffer-webkit-'))
    const first = new WebKitTab()
    tabs.set('first', first)
    const args = [`--features=${features.map((name) => `+${name}`).join(',')}`, '--javascript-can-open-windows-automatically=true', `${site.url}-/tab?tab=first`]
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache'), XDG_CONFIG_HOME: join(folder, 'config') }
    const child = spawn('xvfb-run', ['-a', executable, ...args], { env, detached: true, stdio: 'ignore' })
    const webKit = new WebKit(site, tabs, child, folder, first)
    try {
      await within('WebKit', 60_000, first.ready)
    } catch (error) {
      await webKit.close()
      throw error
    }
    return webKit
  }

  async openTab(): Promise<Tab> {
    const tab = new WebKitTab()
    const name = `tab-${this.#tabs.size}`
    this.#tabs.set(name, tab)
    await this.#first.call('open', `${this.#site.url}-/tab?tab=${name}`)
    await within('a new tab of WebKit', 60_000, tab.ready)
    return tab
  }

  async close(): Promise<void> {
    const gone = this.#process.exitCode === null ? once(this.#process, 'exit') : undefined
    // The screen and the browser's processes are one group.
    if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGKILL')
    await gone
    await this.#site.close()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Answers what the driver asks. False for anything else. */
async function answer(
  tabs: ReadonlyMap<string, WebKitTab>,
  functions: string,
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const tab = tabs.get(searchParams.get('tab') ?? '')
  if (pathname === '/-/driver.js') response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(functions + driver)
  else if (pathname === '/-/tab') {
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page.replace('</head>', '<script type="module" src="/-/driver.js"></script></head>'))
  } else if (pathname.startsWith('/assets/') && pathname.endsWith('.js')) {
    const script = await readFile(join(folder, pathname), 'utf8')
    response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(withoutSyncHandles + script)
  } else if (pathname === '/-/next') response.end(JSON.stringify(await tab?.next()))
  else if (pathname === '/-/done') {
    tab?.done((await json(request)) as { id: number })
    response.end()
  } else if (pathname === '/sw.js') {
    // A service worker would answer in the place of the site that drives the tabs.
    response.writeHead(404).end()
  } else return false
  return true
}
