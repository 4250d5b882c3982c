import { mergeTests, type Locator, type Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'
import { expectNoViolations } from './support/axe.js'
import { test as mediaTest } from './support/media-site.js'
import { expect, openVault, test as vaultTest, unlockVault } from './support/vault.js'

const test = mergeTests(vaultTest, mediaTest)

interface TestFile {
  readonly name: string
  readonly buffer: Buffer
}

/** Adds files as a user does who picks them, or one of the disk. */
async function addFiles(vault: Page, files: readonly TestFile[] | string): Promise<void> {
  const chooser = vault.waitForEvent('filechooser')
  await vault.getByRole('button', { name: 'Add files' }).click()
  await (await chooser).setFiles(typeof files === 'string' ? files : files.map((file) => ({ ...file, mimeType: '' })))
  const last = typeof files === 'string' ? (files.split('/').at(-1) ?? '') : (files.at(-1)?.name ?? '')
  await row(vault, last).waitFor()
}

const row = (vault: Page, name: string): Locator => vault.getByRole('option', { name })
const viewer = (vault: Page): Locator => vault.locator('dialog.viewer')

async function view(vault: Page, name: string): Promise<Locator> {
  await row(vault, name).dblclick()
  await expect(viewer(vault).getByRole('heading', { name })).toBeVisible()
  return viewer(vault)
}

async function close(vault: Page): Promise<void> {
  await vault.keyboard.press('Escape')
  await expect(viewer(vault)).toHaveCount(0)
}

const file = (name: string, content: string | Buffer): TestFile => ({ name, buffer: Buffer.from(content as string) })

/** Three seconds of a tone. */
function sound(): Buffer {
  const samples = 24_000
  const bytes = Buffer.alloc(44 + samples)
  bytes.write('RIFF')
  bytes.writeUInt32LE(36 + samples, 4)
  bytes.write('WAVEfmt ', 8)
  for (const [at, value, size] of [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, 8000, 4], [28, 8000, 4], [32, 1, 2], [34, 8, 2]] as const) bytes.writeUIntLE(value, at, size)
  bytes.write('data', 36)
  bytes.writeUInt32LE(samples, 40)
  for (let i = 0; i < samples; i++) bytes[44 + i] = 128 + Math.round(60 * Math.sin(i / 3))
  return bytes
}

/** What an element of the viewer says of itself, once it does. */
async function settled(element: Locator, property: string): Promise<number> {
  await expect.poll(() => element.evaluate((node, property) => (node as unknown as Record<string, number>)[property], property)).toBeGreaterThan(0)
  return element.evaluate((node, property) => (node as unknown as Record<string, number>)[property] ?? 0, property)
}

test('text is shown as it stands, in its encoding, a large one in parts', async ({ vault }) => {
  const html = '<h1 id="run">Not a heading</h1><script>document.title = "run"</script>'
  const line = (i: number): string => `${String(i).padStart(6, '0')} ${'word '.repeat(10)}\n`
  await addFiles(vault, [
    file('page.html', html),
    file('wide', Buffer.from('Grüße in sechzehn', 'utf16le')),
    file('marked.txt', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from('Grüße', 'utf16le').swap16()])),
    file('old.txt', Buffer.from('Gr\u00fc\u00dfe', 'latin1')),
    file('empty.txt', ''),
    file('large.log', Array.from({ length: 40_000 }, (_, i) => line(i)).join('')),
  ])
  const shown = await view(vault, 'page.html')
  await expect(shown.getByText(html)).toBeVisible()
  await expect(vault.locator('#run')).toHaveCount(0)
  await expect(shown.getByText('UTF-8')).toBeVisible()
  await close(vault)
  for (const [name, text, encoding] of [
    ['marked.txt', 'Grüße', 'UTF-16, big endian'],
    ['old.txt', 'Grüße', 'Latin-1'],
    ['empty.txt', 'The file is empty.', 'UTF-8'],
  ] as const) {
    await view(vault, name)
    await expect(shown.getByText(text, { exact: true })).toBeVisible()
    await expect(shown.getByText(encoding, { exact: true })).toBeVisible()
    await close(vault)
  }
  // Its name says nothing, and it might be anything: shown if one asks for it.
  await view(vault, 'wide')
  await shown.getByRole('button', { name: 'Show as text' }).click()
  await expect(shown.getByText('Grüße in sechzehn')).toBeVisible()
  await close(vault)

  await view(vault, 'large.log')
  const text = shown.getByRole('region', { name: 'Text' })
  await expect(text).toContainText('000000 word')
  await expect(text).not.toContainText('039999')
  await shown.getByRole('button', { name: 'Show more' }).click()
  await shown.getByText('2.1 MB of 2.3 MB').waitFor()
  await shown.getByRole('button', { name: 'Show more' }).click()
  await expect(text).toContainText('039999')
  await expect(shown.getByRole('button', { name: 'Show more' })).toHaveCount(0)
  // Nothing lost or doubled where the parts meet.
  const whole = await text.locator('pre').evaluateAll((blocks) => blocks.map(({ textContent }) => textContent).join(''))
  expect(whole).toBe(Array.from({ length: 40_000 }, (_, i) => line(i)).join(''))
  const wrap = shown.getByRole('button', { name: 'Wrap lines' })
  await expect(wrap).toHaveAttribute('aria-pressed', 'true')
  await wrap.click()
  await expect(wrap).toHaveAttribute('aria-pressed', 'false')
  expect(await text.locator('pre').first().evaluate((block) => getComputedStyle(block).whiteSpaceCollapse)).toBe('preserve')
  expect(await text.locator('pre').first().evaluate((block) => getComputedStyle(block).textWrapMode)).toBe('nowrap')
})

test('arrow keys go through the list, Escape goes back to it, and nothing of it is in the address', async ({ vault }) => {
  await addFiles(vault, ['a.txt', 'b.txt', 'c.txt'].map((name) => file(name, `This is ${name}.`)))
  await row(vault, 'b.txt').click()
  await vault.keyboard.press('Enter')
  const shown = viewer(vault)
  const title = shown.getByRole('heading')
  await expect(title).toHaveText('b.txt')
  await expect(shown.getByText('TXT text · 14 bytes · 2 of 3')).toBeVisible()
  const address = vault.url()
  const length = await vault.evaluate(() => history.length)
  await vault.keyboard.press('ArrowRight')
  await expect(title).toHaveText('c.txt')
  await expect(shown.getByText('This is c.txt.')).toBeVisible()
  await expect(shown.getByRole('button', { name: 'Next file' })).toBeDisabled()
  await vault.keyboard.press('ArrowRight')
  await expect(title).toHaveText('c.txt')
  await vault.keyboard.press('ArrowLeft')
  await vault.keyboard.press('ArrowLeft')
  await expect(title).toHaveText('a.txt')
  await shown.getByRole('button', { name: 'Next file' }).click()
  await expect(title).toHaveText('b.txt')
  expect([vault.url(), await vault.evaluate(() => history.length)]).toEqual([address, length])

  await expectNoViolations(vault, 'the viewer')

  await close(vault)
  // The focus is where it was: the list takes the keys again.
  await vault.keyboard.press('Enter')
  await expect(title).toHaveText('b.txt')

  const download = vault.waitForEvent('download')
  await shown.getByRole('button', { name: 'Download' }).click()
  expect((await download).suggestedFilename()).toBe('b.txt')
  expect(await readFile(await (await download).path(), 'utf8')).toBe('This is b.txt.')
})

test('text is edited in its place, and not lost by a slip', async ({ vault }) => {
  await addFiles(vault, [file('list.txt', 'milk\r\nbread\r\n'), file('other.txt', 'other'), file('old.txt', Buffer.from('Gr\u00fc\u00dfe', 'latin1'))])
  const shown = await view(vault, 'list.txt')
  await shown.getByRole('button', { name: 'Edit' }).click()
  const field = shown.getByRole('textbox', { name: 'Text' })
  await expect(field).toHaveValue('milk\nbread\n')
  await vault.keyboard.press('Control+End')
  await vault.keyboard.type('tea')
  await expect(shown.getByText('Not saved')).toBeVisible()
  await vault.keyboard.press('Escape')
  await shown.getByRole('button', { name: 'Cancel' }).click()
  await shown.getByRole('button', { name: 'Next file' }).click()
  await expect(shown.getByRole('dialog', { name: 'Give up your changes?' })).toBeVisible()
  await vault.keyboard.press('Escape')
  await expect(field).toHaveValue('milk\nbread\ntea')
  await field.press('Control+s')
  await expect(shown.getByRole('region', { name: 'Text' })).toContainText('tea')
  await expect(shown.getByText('TXT text · 16 bytes')).toBeVisible()
  await close(vault)

  await view(vault, 'list.txt')
  await shown.getByRole('button', { name: 'Edit' }).click()
  await field.fill('nothing')
  await shown.getByRole('button', { name: 'Next file' }).click()
  await shown.getByRole('button', { name: 'Give up', exact: true }).click()
  await expect(shown.getByText('Grüße', { exact: true })).toBeVisible()
  await vault.keyboard.press('ArrowLeft')
  await expect(shown.getByRole('region', { name: 'Text' })).toContainText('tea')
  await close(vault)
  // What would come back otherwise than it was is not to be edited.
  await view(vault, 'old.txt')
  await expect(shown.getByText('Latin-1')).toBeVisible()
  await expect(shown.getByRole('button', { name: 'Edit' })).toHaveCount(0)
})

test('no key gives up edits, however quickly or often it is pressed', async ({ vault }) => {
  await addFiles(vault, [file('list.txt', 'milk')])
  const shown = await view(vault, 'list.txt')
  // What is typed at once goes into the field: it has the focus as soon as it is there.
  const hasFocus = await shown.evaluate(
    (dialog) =>
      new Promise<boolean>((resolve) => {
        const observer = new MutationObserver(() => {
          const field = dialog.querySelector('textarea')
          if (!field) return
          observer.disconnect()
          resolve(document.activeElement === field)
        })
        observer.observe(dialog, { childList: true, subtree: true })
        for (const button of dialog.querySelectorAll('button')) if (button.textContent.trim() === 'Edit') button.click()
      }),
  )
  expect(hasFocus).toBe(true)
  const field = shown.getByRole('textbox', { name: 'Text' })
  // Before the browser has painted what was typed, as on a busy machine.
  const isKept = await field.evaluate(async (element: HTMLTextAreaElement) => {
    element.value = 'milk and tea'
    element.dispatchEvent(new Event('input', { bubbles: true }))
    await new Promise((resolve) => setTimeout(resolve))
    return element.closest('dialog')?.dispatchEvent(new Event('cancel', { cancelable: true })) === false
  })
  expect(isKept).toBe(true)
  const question = shown.getByRole('dialog', { name: 'Give up your changes?' })
  await expect(question).toBeVisible()
  // A browser closes a dialog by Escape, asked or not, where it was pressed before and nothing else since.
  for (const isAsked of Array.from({ length: 19 }, (_, at) => at % 2 === 1)) {
    await vault.keyboard.press('Escape')
    await expect(question).toBeVisible({ visible: isAsked })
    await expect(field).toHaveValue('milk and tea')
    if (!isAsked) await expect(field).toBeFocused()
  }
  await field.press('Control+s')
  await expect(shown.getByRole('region', { name: 'Text' })).toContainText('milk and tea')
})

test('a picture can be made larger from when it is loaded, not while only its size is known', async ({ vault }) => {
  await addFiles(vault, [file('photo.png', await vault.screenshot())])
  await vault.evaluate(() => {
    const hold = (event: Event): void => {
      if (!(event.target instanceof HTMLImageElement)) return
      const { target } = event
      event.stopImmediatePropagation()
      document.removeEventListener('load', hold, true)
      Object.assign(window, { letGo: () => target.dispatchEvent(new Event('load')) })
    }
    document.addEventListener('load', hold, true)
  })
  const shown = await view(vault, 'photo.png')
  const larger = shown.getByRole('button', { name: 'Larger' })
  expect(await settled(shown.getByRole('img'), 'naturalWidth')).toBe(1280)
  await expect(larger).toBeDisabled()
  await vault.waitForFunction(() => 'letGo' in window)
  await vault.evaluate(() => (window as unknown as { letGo: () => boolean }).letGo())
  await larger.click()
  await expect(shown.getByText(/^\d{2,3} %$/)).toBeVisible()
})

test('pictures fit and grow, a PDF is in the viewer of the browser; what is none of these is told with its facts', async ({ vault }) => {
  const sheet = await vault.context().newPage()
  await sheet.setContent('<h1>Contract</h1>')
  const pdf = await sheet.pdf()
  await sheet.close()
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><script>parent.document.title = "run"</script><rect width="300" height="200" fill="teal"/></svg>'
  await addFiles(vault, [
    file('drawing.svg', drawing),
    file('photo.png', await vault.screenshot()),
    file('nameless', await vault.screenshot()),
    file('contract.pdf', pdf),
    file('broken.jpg', 'no picture'),
    file('some.dat', Buffer.from([1, 0, 2, 0, 3, 4])),
  ])
  const shown = await view(vault, 'photo.png')
  const picture = shown.getByRole('img')
  expect(await settled(picture, 'naturalWidth')).toBe(1280)
  // As wide as it is, the picture is higher than the place for it.
  await expect(shown.getByText('Fits')).toBeVisible()
  await vault.keyboard.press('0')
  await shown.getByRole('button', { name: 'Larger' }).click()
  await expect.poll(() => settled(picture, 'clientWidth')).toBeGreaterThan(1280)
  const first = await settled(picture, 'clientWidth')
  expect(first).toBeLessThan(1280 * 1.5)
  await vault.keyboard.press('+')
  await expect.poll(() => settled(picture, 'clientWidth')).toBe(Math.round(first * 1.5))
  await expect(shown.getByText(/^\d{3} %$/)).toBeVisible()
  // Its middle stays in the middle.
  const off = await picture.evaluate((element) => {
    const [inner, outer] = [element.getBoundingClientRect(), element.parentElement?.getBoundingClientRect() ?? new DOMRect()]
    return Math.max(Math.abs(inner.x + inner.width / 2 - outer.x - outer.width / 2), Math.abs(inner.y + inner.height / 2 - outer.y - outer.height / 2))
  })
  expect(off).toBeLessThan(3)
  await shown.getByRole('button', { name: 'Fit' }).click()
  await expect(shown.getByText('Fits')).toBeVisible()
  await close(vault)

  await view(vault, 'drawing.svg')
  expect(await settled(picture, 'naturalWidth')).toBe(300)
  expect(await vault.title()).not.toBe('run')
  await close(vault)
  // Its first bytes say what it is.
  await view(vault, 'nameless')
  expect(await settled(picture, 'naturalWidth')).toBe(1280)
  await close(vault)

  const answered = vault.waitForResponse((response) => response.url().includes('/media/'))
  answered.catch(() => undefined)
  await view(vault, 'contract.pdf')
  if (await vault.evaluate(() => navigator.pdfViewerEnabled)) {
    await expect(shown.locator('iframe')).toBeVisible()
    const answer = await answered
    expect([answer.status(), answer.headers()['content-type']]).toEqual([200, 'application/pdf'])
    await shown.getByRole('button', { name: 'Close' }).click()
  } else {
    await expect(shown.getByText('This browser does not show PDF here.')).toBeVisible()
    await close(vault)
  }

  await view(vault, 'broken.jpg')
  await expect(shown.getByRole('alert')).toContainText('cannot be shown')
  await expect(shown.getByText('10 bytes', { exact: true })).toBeVisible()
  await close(vault)
  await view(vault, 'some.dat')
  await expect(shown.getByText('There is no preview of this kind of file.')).toBeVisible()
  await expect(shown.getByRole('definition').filter({ hasText: '6 bytes' })).toBeVisible()
})

test('sound and video play and seek with no network; locked, nothing is given out any more', async ({ page: vault, site, template, videoFile }) => {
  // Not the fixture: its console tells of the answers of 404.
  await openVault(vault, site, template)
  await addFiles(vault, videoFile)
  await addFiles(vault, [file('song.wav', sound())])
  await vault.evaluate(() => navigator.serviceWorker.ready)
  await site.close()
  const shown = await view(vault, 'video.webm')
  const video = shown.locator('video')
  const seconds = await settled(video, 'duration')
  await vault.keyboard.press(' ')
  await settled(video, 'currentTime')
  await video.evaluate((player: HTMLVideoElement, time) => (player.currentTime = time), seconds - 1.5)
  await expect.poll(() => video.evaluate((player: HTMLVideoElement) => player.ended)).toBe(true)
  const address = await video.getAttribute('src')
  expect(address).toMatch(/^\/media\/[\da-f-]{36}$/)
  await close(vault)
  // The viewer has taken it back.
  expect(await vault.evaluate(async (address) => (await fetch(address)).status, address ?? '')).toBe(404)

  await view(vault, 'song.wav')
  const audio = shown.locator('audio')
  expect(await settled(audio, 'duration')).toBeCloseTo(3, 1)
  await vault.keyboard.press(' ')
  await settled(audio, 'currentTime')
  const sounding = await audio.getAttribute('src')
  await vault.keyboard.press('Escape')
  await vault.getByRole('button', { name: 'Lock' }).first().click()
  await unlockVault(vault)
  expect(await vault.evaluate(async (address) => (await fetch(address)).status, sounding ?? '')).toBe(404)
})
