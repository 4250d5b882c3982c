import { expectNoOverflow, expectNoViolations } from './support/axe.js'
import { createVault, expect, test } from './support/vault.js'

const panes = ['Files', 'Passwords', 'Notes', 'Settings'] as const

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1280]) {
    test.describe(`${colorScheme}, ${width} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 844 } })

      test('axe finds nothing, and nothing is too wide', async ({ page, site }) => {
        await page.goto(site.url)
        await page.getByLabel('Name', { exact: true }).waitFor()
        await expectNoViolations(page, 'making a vault')
        await expectNoOverflow(page, 'making a vault')
        await createVault(page)
        for (const pane of panes) {
          const button = page.getByRole('navigation', { name: 'Vault' }).getByRole('button', { name: pane })
          await button.click()
          await expect(button).toHaveAttribute('aria-current', 'page')
          await page.locator('main h1, main h2').first().waitFor()
          await expectNoViolations(page, pane)
          await expectNoOverflow(page, pane)
        }
        await page.getByRole('button', { name: 'Lock' }).click()
        await page.getByRole('button', { name: 'Unlock', exact: true }).waitFor()
        await expectNoViolations(page, 'unlocking')
        await expectNoOverflow(page, 'unlocking')
      })
    })
  }
}
