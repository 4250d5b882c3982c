import { createHash } from 'node:crypto'
import type { Page } from '@playwright/test'
import type { Answer, From, MediaPage, Times } from './support/media-page-api.js'
import { expect, test } from './support/media-site.js'

declare global {
  var media: MediaPage
}

const get = (page: Page, url: string, range?: string, method?: string): Promise<Answer> =>
  page.evaluate(([url, range, method]) => media.get(url, range, method), [url, range, method] as const)

/** The same bytes as in the page. */
function numbered(size: number, start = 0, end: number = size): string {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16) * 7) & 0xff)
  return createHash('sha256').update(bytes.subarray(start, end)).digest('base64')
}

const SIZE = 1_300_000

async function publish(page: Page): Promise<string> {
  return page.evaluate(async (size) => {
    await media.open('bank')
    await media.put('secret name.bin', size)
    return media.publish('secret name.bin')
  }, SIZE)
}

test('ranges are answered as the rules of HTTP say', async ({ media: page }) => {
  const url = await publish(page)
  expect(url).toMatch(/^\/media\/[\da-f-]{36}$/)
  const all = await get(page, url)
  expect(all.status).toBe(200)
  expect(all.headers).toEqual({
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'content-length': String(SIZE),
    'content-security-policy': 'sandbox',
    'content-type': 'application/octet-stream',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  })
  expect(all.digest).toBe(numbered(SIZE))

  for (const [range, start, end] of [
    ['bytes=0-', 0, SIZE],
    ['bytes=0-0', 0, 1],
    ['bytes=524287-524288', 524_287, 524_289],
    ['bytes=1299990-9999999', 1_299_990, SIZE],
    ['bytes=-100', SIZE - 100, SIZE],
    ['bytes=-9999999', 0, SIZE],
  ] as const) {
    const part = await get(page, url, range)
    expect(part.status, range).toBe(206)
    expect(part.headers['content-range'], range).toBe(`bytes ${start}-${end - 1}/${SIZE}`)
    expect(part.headers['content-length'], range).toBe(String(end - start))
    expect(part.length, range).toBe(end - start)
    expect(part.digest, range).toBe(numbered(SIZE, start, end))
  }
  for (const range of [`bytes=${SIZE}-`, 'bytes=-0']) {
    const none = await get(page, url, range)
    expect(none.status, range).toBe(416)
    expect(none.headers['content-range'], range).toBe(`bytes */${SIZE}`)
    expect(none.length, range).toBe(0)
  }
  for (const range of ['bytes=5-4', 'lines=1-2', 'bytes=0-1,5-6']) expect((await get(page, url, range)).status, range).toBe(200)

  const head = await get(page, url, undefined, 'HEAD')
  expect(head).toMatchObject({ status: 200, headers: all.headers, length: 0 })
  expect((await get(page, url, undefined, 'POST')).status).toBe(405)
})

test('nothing is answered that is not published by the page that asks', async ({ media: page, context, mediaSite }) => {
  const url = await publish(page)
  expect((await get(page, '/media/00000000-0000-0000-0000-000000000000')).status).toBe(404)
  const other = await context.newPage()
  await other.goto(mediaSite.url)
  await other.evaluate(() => media.start())
  expect((await get(other, url)).status).toBe(404)
  // Nor as a document, of a tab or of a frame.
  await expect(other.goto(new URL(url, mediaSite.url).href)).rejects.toThrow('ERR_HTTP_RESPONSE_CODE_FAILURE')
  expect((await get(page, url)).status).toBe(200)
  await page.evaluate((url) => media.withdraw(url), url)
  expect((await get(page, url)).status).toBe(404)
})

test('only what the browser takes is read, and nothing more once it does not want it', async ({ media: page }) => {
  const { url, small } = await page.evaluate(async () => {
    await media.open('store')
    await media.put('large', 24 << 20)
    await media.put('small', 8 << 20)
    return { url: await media.publish('large'), small: await media.publish('small') }
  })
  await page.evaluate((url) => media.begin(url), url)
  // A time in which the whole of it would be read, if it were not held back.
  await get(page, small)
  const read = await page.evaluate((url) => media.readBytes(url), url)
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThan(6 << 20)
  await page.evaluate(() => media.giveUp())
  const after = await page.evaluate((url) => media.readBytes(url), url)
  await get(page, small)
  expect(await page.evaluate((url) => media.readBytes(url), url)).toBe(after)
})

test('a frame shows what was published for one, and nothing else', async ({ media: page }) => {
  const { open, other } = await page.evaluate(async () => {
    await media.open('bank')
    await media.put('a', 100)
    const type = 'text/plain'
    return { open: await media.publish('a', { type, framed: true }), other: await media.publish('a', { type }) }
  })
  for (const [url, status] of [
    [open, 200],
    [other, 404],
  ] as const) {
    const answer = page.waitForResponse((response) => response.url().endsWith(url))
    const text = await page.evaluate((url) => media.frameText(url), url)
    expect((await answer).status()).toBe(status)
    expect((text ?? '').length > 90).toBe(status === 200)
  }
})

test('what is gone is answered at once: a coffer closed, a file removed or changed; another object of the same coffer is no matter', async ({ media: page }) => {
  const url = await publish(page)
  await page.evaluate(() => media.replace())
  expect((await get(page, url)).digest).toBe(numbered(SIZE))
  await page.evaluate(() => media.put('secret name.bin', 10))
  expect((await get(page, url)).status).toBe(410)
  await page.evaluate(() => media.remove('secret name.bin'))
  expect((await get(page, url)).status).toBe(410)
  expect(await page.evaluate(() => media.errors())).toEqual(['ERR_COFFER_NOT_FOUND', 'ERR_COFFER_NOT_FOUND'])
  const other = await publish(page)
  await page.evaluate(() => media.close())
  const began = performance.now()
  expect((await get(page, other)).status).toBe(410)
  // Not once the worker has waited for the page for ten seconds.
  expect(performance.now() - began).toBeLessThan(2000)
  // A page that went away has taken its addresses with it.
  await page.reload()
  await page.evaluate(() => media.start())
  expect((await get(page, other)).status).toBe(404)
})

test('a video plays on when the browser stops the service worker, and with no network', async ({ media: page, context }) => {
  const { seconds } = await page.evaluate(async (bytes) => {
    await media.open('bank')
    const put = await media.putVideo('video.webm', bytes)
    await media.openVideo('video.webm')
    return put
  }, 48 << 20)
  const devtools = await context.newCDPSession(page)
  await devtools.send('ServiceWorker.enable')
  await context.setOffline(true)
  for (const part of [0.9, 0.3, 0.6, 0.1, 0.8]) {
    await devtools.send('ServiceWorker.stopAllWorkers')
    const second = Math.floor(seconds * part)
    expect(await page.evaluate((time) => media.seek(time), second + 0.5)).toBe(second % 4)
  }
  expect(await page.evaluate(() => media.errors())).toEqual([])
})

test('a player that gave up goes on where it was, unless there is nothing any more', async ({ media: page }) => {
  await page.evaluate(async () => {
    await media.open('store')
    await media.putVideo('video.webm', 40 << 20)
    await media.openVideo('video.webm')
  })
  expect(await page.evaluate(() => media.seek(26.1))).toBe(2)
  expect(await page.evaluate(() => media.breakVideo())).toEqual({ second: 2, plays: true })
  expect(await page.evaluate(() => media.errors())).toEqual([])
  await page.evaluate(() => media.close())
  await page.evaluate(() => void media.seek(6))
  await expect.poll(() => page.evaluate(() => media.errors())).toContainEqual('ERR_COFFER_CLOSED')
  // The player is told once.
  await expect.poll(() => page.evaluate(() => media.errors().filter((error) => error !== 'ERR_COFFER_CLOSED').length)).toBe(1)
})

test('nothing of what was played is in a store of the browser', async ({ mediaOnDisk: page }) => {
  const { needle, seconds } = await page.evaluate(async (bytes) => {
    await media.open('bank')
    const put = await media.putVideo('video.webm', bytes)
    await media.play('video.webm', 'vault', put.seconds / 2)
    return put
  }, 8 << 20)
  expect(seconds).toBeGreaterThan(4)
  expect(await page.evaluate((needle) => media.storesWith(needle), needle)).toEqual([])
  await page.evaluate(() => media.putPlain('video.webm'))
  expect(await page.evaluate((needle) => media.storesWith(needle), needle)).toEqual(['file plain-video.webm'])
})

const FULL = process.env['COFFER_VAULT_FULL'] !== undefined
const VIDEO_BYTES = FULL ? 1 << 30 : 64 << 20
const RUNS = FULL ? 9 : 3
const MOST_ROUNDS = 5
/** Of the issue: so many times as long as unencrypted, at most. */
const MOST = 1.5

test('a video starts to play and seeks as fast as one that is not encrypted', async ({ mediaOnDisk: page }) => {
  test.setTimeout(FULL ? 300_000 : 60_000)
  const began = performance.now()
  const { seconds, size } = await page.evaluate(async (bytes) => {
    await media.open('store')
    const put = await media.putVideo('video.webm', bytes)
    await media.putPlain('video.webm')
    return put
  }, VIDEO_BYTES)
  console.log(`${size} bytes, ${seconds} s, made and put in ${Math.round(performance.now() - began)} ms`)
  // Where others take the processor meanwhile, what costs more of it waits longer: measured on then. What counts is each at its best.
  const times: Record<From, Times[]> = { vault: [], plain: [] }
  let found: Record<'start' | 'seek', number> = { start: Infinity, seek: Infinity }
  for (let round = 0; round < MOST_ROUNDS && Math.max(found.start, found.seek) >= MOST; round++) {
    await measure(page, seconds, times)
    found = { start: ratioOf('start', times), seek: ratioOf('seek', times) }
  }
  expect(found.start).toBeLessThan(MOST)
  expect(found.seek).toBeLessThan(MOST)
})

/** Plays the video some times more, from one and the other in turn, each first as often as the other. */
async function measure(page: Page, seconds: number, times: Record<From, Times[]>): Promise<void> {
  const middle = Math.floor(seconds / 2)
  for (let run = 0; run < RUNS; run++) {
    for (const from of run % 2 === 0 ? (['plain', 'vault'] as const) : (['vault', 'plain'] as const)) {
      const found = await page.evaluate(([from, time]) => media.play('video.webm', from, time), [from, middle + 0.2] as const)
      expect(found.second, from).toBe(middle % 4)
      times[from].push(found)
    }
  }
}

/** How much longer it takes from the vault. */
function ratioOf(what: 'start' | 'seek', times: Record<From, Times[]>): number {
  const best = (from: From): number => (FULL ? median : least)(times[from].map((time) => time[what]))
  const [plain, vault] = [best('plain'), best('vault')]
  console.log(`${what}: ${plain.toFixed(0)} ms unencrypted, ${vault.toFixed(0)} ms from the vault, ratio ${(vault / plain).toFixed(2)}`)
  return vault / plain
}

function least(numbers: readonly number[]): number {
  return Math.min(...numbers)
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
