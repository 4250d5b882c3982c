import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { findFirefox } from '../../scripts/browser.mjs'
import { testOtherBrowser, type OtherBrowser, type Tab } from './support/other-browser.js'
import { openSite } from './support/site.js'

const executablePath = findFirefox()

testOtherBrowser('Firefox', executablePath === undefined ? undefined : () => launch(executablePath))

async function launch(executablePath: string): Promise<OtherBrowser> {
  const site = await openSite()
  const folder = await mkdtemp(join(tmpdir(), 'coffer-firefox-'))
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true, userDataDir: folder })
  return {
    openTab: async () => {
      const page = await browser.newPage()
      await page.goto(site.url)
      await page.waitForFunction('"site" in globalThis')
      const call: Tab['call'] = async <T>(name: string, ...args: readonly unknown[]) =>
        // As text: the page has a policy against functions, but not against what the driver evaluates.
        (await page.evaluate(`site[${JSON.stringify(name)}](...${JSON.stringify(args)})`)) as T
      return { call, close: () => page.close() }
    },
    close: async () => {
      await browser.close()
      await site.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
