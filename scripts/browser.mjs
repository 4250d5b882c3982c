// The Chromium that tests drive: the one of the variable CHROMIUM, the system's, or the one that Playwright brings.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright'
import { run, SetupError } from './setup.mjs'

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Launch options for Playwright; without a path where it is to use its own. */
export function findChromium() {
  const executablePath = candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
  return executablePath === undefined ? {} : { executablePath }
}

/** Installs a Chromium where there is none: Debian's as root on Debian, else Playwright's. True if it did. */
export async function ensureChromium() {
  if (findChromium().executablePath !== undefined || existsSync(chromium.executablePath())) return false
  console.error('Installing Chromium for the tests ...')
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update', '-qq'], { inherit: false, env })
    const { code } = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { inherit: false, env })
    if (code === 0 && findChromium().executablePath !== undefined) return true
  }
  const { code, output } = await run(process.execPath, [playwrightCli(), 'install', 'chromium'], { inherit: false })
  if (code === 0) return true
  throw new SetupError(`Chromium could not be installed: install it yourself, or name one in the variable CHROMIUM.\n${output.trimEnd()}`)
}

function playwrightCli() {
  return createRequire(import.meta.url).resolve('playwright/cli.js')
}
