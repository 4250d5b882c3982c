import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'
import { expect } from './vault.js'

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly help: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] }[]
}

type Scheme = 'light' | 'dark'

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const widths = [1280, 390] as const

/**
 * That axe finds nothing against the page as it is now, light and dark: WCAG 2.2 A and AA, and what axe calls best practice. The other
 * colours are all that the other scheme has.
 */
export async function expectNoViolations(page: Page, what: string): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await source)
  const scheme = await page.evaluate((): Scheme => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'))
  const other = scheme === 'dark' ? 'light' : 'dark'
  expect(await violations(page), `${what}, ${scheme}`).toEqual([])
  await page.emulateMedia({ colorScheme: other })
  expect(await violations(page, ['color-contrast']), `${what}, ${other}`).toEqual([])
  await page.emulateMedia({ colorScheme: scheme })
}

/** The same, and that nothing is wider than the window, in a wide one and on a phone. */
export async function look(page: Page, what: string): Promise<void> {
  const before = page.viewportSize()
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 })
    // What depends on the width is rendered anew.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    await expectNoViolations(page, `${what}, ${width} px`)
    await expectNoOverflow(page, `${what}, ${width} px`)
  }
  if (before) await page.setViewportSize(before)
}

/** That nothing is wider than the window. */
export async function expectNoOverflow(page: Page, what: string): Promise<void> {
  const { scroll, client } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }))
  expect(scroll, `${what}: wider than the window`).toBeLessThanOrEqual(client)
}

async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // What moves has another contrast on its way.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().iterations === 1).map(({ finished }) => finished)))
  const found = await page.evaluate(async (rules) => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResults> } }
    return (await axe.run({ resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) })).violations
  }, rules)
  return found.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary ?? ''}`).join('\n')}`)
}
