// The Chromium that tests drive: the one of the variable CHROMIUM, the system's, or the one that Playwright brings.

import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright'
import { run, SetupError } from './setup.mjs'

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Launch options for Playwright; without a path where it is to use its own. */
export function findChromium() {
  const executablePath = candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
  return executablePath === undefined ? {} : { executablePath }
}

/** Debian's Chromium without its windows: the same engine, storage and processes of pages, for a quarter less of the processor. */
const headlessShell = '/usr/bin/chromium-headless-shell'

/** The same for a Chromium that needs no windows; the one of {@link findChromium} where there is none of that kind. */
export function findHeadlessShell() {
  return !process.env.CHROMIUM && existsSync(headlessShell) ? { executablePath: headlessShell } : findChromium()
}

/**
 * Arguments for every Chromium of the tests. Each window of a whole Chromium makes two pages for what drops down from its address line, 0.7 s of
 * processor time that no test looks at. Of two such lists Chromium takes the last, so that Playwright's own (1.65) stands here again.
 */
export const chromiumArgs = [
  '--no-sandbox',
  `--disable-features=${[
    'WebUIOmniboxPopup',
    'WebUIOmniboxAimPopup',
    'AvoidUnnecessaryBeforeUnloadCheckSync',
    'DestroyProfileOnBrowserClose',
    'HttpsUpgrades',
    'HttpsFirstBalancedModeAutoEnable',
    'LensOverlay',
    'MediaRouter',
    'PaintHolding',
    'ThirdPartyStoragePartitioning',
    'AvoidCorsURLLoaderRestartOnRedirect',
    'OptimizationHints',
    'NetworkTimeServiceQuerying',
    'AimEnabled',
    'PreconnectToSearch',
  ].join(',')}`,
]

/** The Firefox that tests drive too: the one of the variable FIREFOX, or the system's. `undefined` where there is none. */
export function findFirefox() {
  return [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => path !== undefined && path !== '' && existsSync(path))
}

/** Installs Debian's Firefox where there is none, as root on Debian; elsewhere tests do without. True if it did. */
export async function ensureFirefox() {
  return findFirefox() === undefined && (await aptInstall('firefox-esr')) && findFirefox() !== undefined
}

/** The WebKit that tests drive too, on Debian: the browser that comes with WebKitGTK. `undefined` where there is none, or no screen for it. */
export function findWebKit() {
  if (!existsSync('/usr/bin/xvfb-run')) return undefined
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`) : []
  return folders.find((path) => existsSync(path))
}

/** Installs WebKitGTK where there is none, as root on Debian; elsewhere tests do without. True if it did. */
export async function ensureWebKit() {
  return findWebKit() === undefined && (await aptInstall('libwebkit2gtk-4.1-0', 'xvfb', 'xauth')) && findWebKit() !== undefined
}

/** Installs a Chromium where there is none: Debian's as root on Debian, with and without windows, else Playwright's. True if it did. */
export async function ensureChromium() {
  if (findChromium().executablePath !== undefined || existsSync(chromium.executablePath())) return ensureHeadlessShell()
  console.error('Installing Chromium for the tests ...')
  if ((await aptInstall('chromium', 'chromium-headless-shell')) && findChromium().executablePath !== undefined) return true
  // A Debian, or a system like it, that has no such shell.
  if ((await aptInstall('chromium')) && findChromium().executablePath !== undefined) return true
  const { code, output } = await run(process.execPath, [playwrightCli(), 'install', 'chromium'], { inherit: false })
  if (code === 0) return true
  throw new SetupError(`Chromium could not be installed: install it yourself, or name one in the variable CHROMIUM.\n${output.trimEnd()}`)
}

/** Beside Debian's Chromium; elsewhere, and where it cannot be had, that one serves. */
async function ensureHeadlessShell() {
  if (findChromium().executablePath !== '/usr/bin/chromium' || existsSync(headlessShell)) return false
  return (await aptInstall('chromium-headless-shell')) && existsSync(headlessShell)
}

async function aptInstall(...names) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-qq'], { inherit: false, env })
  const { code } = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { inherit: false, env })
  return code === 0
}

function playwrightCli() {
  return createRequire(import.meta.url).resolve('playwright/cli.js')
}
