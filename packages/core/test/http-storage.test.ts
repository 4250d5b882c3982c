import { getEventListeners } from 'node:events'
import { convert, generateKeys, httpStorage, memoryStorage, openCoffer, openSalvage, type CofferKeys, type StorageFile } from '@coffer/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startRangeServer, type RangeServer } from '../../../test/range-server.js'
import { codeOf, kinds, names, sample, same } from './coffer/support.js'

let server: RangeServer

beforeAll(async () => {
  server = await startRangeServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.files.clear()
  server.requests.length = 0
  server.answer = undefined
})
afterEach(() => {
  vi.useRealTimers()
})

const SECRET = 'swordfish'
const address = (): string => `${server.origin}/folder/vault.pcof?token=${SECRET}#${SECRET}`
const put = (bytes: Uint8Array): void => void server.files.set('/folder/vault.pcof', bytes)

async function openFile(bytes: Uint8Array): Promise<StorageFile> {
  put(bytes)
  const file = await httpStorage(address()).open('read')
  if (!file) throw new Error('there is nothing')
  return file
}

async function putCoffer(variant: (typeof kinds)[number]['variant'] = 'store', container?: 'aes-ocb'): Promise<{ keys: CofferKeys; large: Uint8Array }> {
  const storage = memoryStorage()
  const keys = await generateKeys(variant, container && { container })
  const coffer = await openCoffer(storage, { mode: 'x', variant, keys })
  const large = sample(6_000_000, 3)
  await coffer.write('large', large)
  for (let i = 0; i < 50; i++) await coffer.write(`small/${i}`, sample(3000, i))
  await coffer.close()
  put(storage.bytes())
  return { keys, large }
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  )
}

test.each(kinds)('opens a $kind; a range out of a large file fetches little', async ({ variant, container }) => {
  const { keys, large } = await putCoffer(variant, container)
  const coffer = await openCoffer(httpStorage(address()), { variant, keys })
  expect((await names(coffer)).length).toBe(51)
  expect(same(await coffer.read('large', { start: 3_000_000, end: 3_000_010 }), large.subarray(3_000_000, 3_000_010))).toBe(true)
  const sent = server.requests.reduce((sum, request) => sum + request.sent, 0)
  expect(sent).toBeLessThan(1_400_000)
  expect(server.requests.length).toBeLessThan(9)
  expect(same(await coffer.read('large'), large)).toBe(true)
  for (let i = 0; i < 50; i++) expect(same(await coffer.read(`small/${i}`), sample(3000, i))).toBe(true)
  expect(await coffer.verify()).toMatchObject({ ok: true })
  expect(await codeOf(coffer.write('a', 'b'))).toBe('ERR_COFFER_READ_ONLY')
  await coffer.close()
})

test('a file is read at any place, as from a disk; what was read belongs to the caller', async () => {
  const bytes = sample(1_000_003, 5)
  const file = await openFile(bytes)
  expect(await file.size()).toBe(bytes.length)
  const places: [number, number][] = [[0, 10], [65_530, 12], [65_536, 65_536], [65_537, 65_536], [1, 200_000], [1_000_000, 10], [1_000_003, 5], [2_000_000, 5], [0, 2_000_000], [7, 0]]
  for (let seed = 1; seed < 60; seed++) places.push([(seed * 99_991) % bytes.length, (seed * 7919) % 150_000])
  for (const [offset, length] of places) {
    const read = await file.read(offset, length)
    expect(same(read, bytes.subarray(offset, offset + length))).toBe(true)
    read.fill(0)
  }
  expect(same(await file.read(0, 100), bytes.subarray(0, 100))).toBe(true)
  expect(await file.isCurrent()).toBe(true)
  await file.close()
  await file.close()
  expect(await codeOf(file.read(500_000, 100))).toBe('ERR_COFFER_IO')
})

test('small reads beside each other are one request, and are not asked for again', async () => {
  const file = await openFile(sample(500_000, 5))
  server.requests.length = 0
  await Promise.all([file.read(100, 10), file.read(131_072, 100), file.read(131_500, 100), file.read(140_000, 1000)])
  await file.read(150_000, 10)
  expect(server.requests.map(({ range }) => range)).toEqual(['bytes=131072-196607'])
  await file.close()
})

test('headers go with every request, and no part of an answer is kept by anybody', async () => {
  const { keys } = await putCoffer()
  await using coffer = await openCoffer(httpStorage(address(), { headers: { Authorization: `Bearer ${SECRET}` } }), { keys })
  await coffer.read('large')
  for (const { headers } of server.requests) {
    expect(headers.authorization).toBe(`Bearer ${SECRET}`)
    expect(headers['accept-encoding']).toBe('identity')
    expect(headers['cache-control']).toContain('no-')
  }
})

/** As a page of another origin sees answers. */
const hiding: typeof fetch = async (...request) => {
  const response = await fetch(...request)
  const shown = new Headers(response.headers)
  for (const name of ['content-range', 'etag']) shown.delete(name)
  return new Response(response.body, { status: response.status, headers: shown })
}

test('headers that the server hides are done without', async () => {
  const { keys, large } = await putCoffer()
  const coffer = await openCoffer(httpStorage(address(), { fetch: hiding }), { keys })
  expect(same(await coffer.read('large'), large)).toBe(true)
  expect(server.requests.filter(({ range }) => range === 'bytes=0-')).toHaveLength(1)
  await coffer.close()
  // One that ends within the first part tells by that how long it is.
  server.requests.length = 0
  put(sample(1000, 4))
  const file = await httpStorage(address(), { fetch: hiding }).open('read')
  expect(await file?.size()).toBe(1000)
  expect(await file?.read(990, 100)).toEqual(sample(1000, 4).subarray(990))
  expect(server.requests).toHaveLength(1)
})

test('a server that sends all of a short file, whatever is asked for, will do', async () => {
  const storage = memoryStorage()
  const keys = await generateKeys('bank')
  const coffer = await openCoffer(storage, { mode: 'x', keys })
  await coffer.write('a', 'content')
  await coffer.close()
  server.answer = (_, response) => Boolean(response.writeHead(200, { 'Content-Encoding': 'identity' }).end(storage.bytes()))
  const again = await openCoffer(httpStorage(address()), { keys })
  expect(await again.readText('a')).toBe('content')
  await again.close()
})

test('six requests at a time, and one listener on a signal', async () => {
  const bytes = sample(3_000_000, 5)
  put(bytes)
  const { signal } = new AbortController()
  const file = await httpStorage(address(), { signal }).open('read')
  if (!file) throw new Error('there is nothing')
  let underWay = 0
  let most = 0
  server.answer = (_, response) => {
    most = Math.max(most, ++underWay)
    response.once('close', () => (underWay -= 1))
    setTimeout(() => response.writeHead(206).end(sample(70_000, 1)), 20)
    return true
  }
  const reads = Array.from({ length: 30 }, (_, i) => file.read(100_000 * i, 70_000))
  await vi.waitUntil(() => underWay > 0, { timeout: 30_000 })
  expect(getEventListeners(signal, 'abort').length).toBe(1)
  for (const read of await Promise.all(reads)) expect(read).toHaveLength(70_000)
  expect(most).toBe(6)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

describe('what cannot be', () => {
  test.each(['a', 'w', 'x'] as const)('is changing it (mode %s)', async (mode) => {
    const { keys } = await putCoffer()
    const failure = await failureOf(openCoffer(httpStorage(address()), { mode, keys }))
    expect(failure).toMatchObject({ code: 'ERR_COFFER_READ_ONLY' })
    expect(failure.message).toContain('download it')
  })

  test('is converting it, or a copy of it beside it', async () => {
    const { keys } = await putCoffer()
    expect(await codeOf(convert(httpStorage(address()), { keys }))).toBe('ERR_COFFER_READ_ONLY')
    expect(await codeOf(httpStorage(address()).backup('.old'))).toBe('ERR_COFFER_READ_ONLY')
    expect(await codeOf(openSalvage(httpStorage(address()), { keys }))).toBe('ERR_COFFER_UNSUPPORTED')
    const file = await openFile(sample(10))
    for (const change of [file.write(0, sample(1)), file.truncate(0), file.sync()]) expect(await codeOf(change)).toBe('ERR_COFFER_READ_ONLY')
  })

  test('is an address that is none, or one with a password; neither is told', () => {
    for (const wrong of [`ftp://example.org/${SECRET}`, `https://me:${SECRET}@example.org/`, `//${SECRET}`, '']) {
      let told = ''
      try {
        httpStorage(wrong)
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        told = String(error)
      }
      expect(told).toMatch(/address/)
      expect(told).not.toContain(SECRET)
    }
  })
})

describe('answers', () => {
  const answers = (status: number, headers: Record<string, string | number> = {}, body: string | Uint8Array = ''): RangeServer['answer'] => (_, response) => {
    response.writeHead(status, headers).end(body)
    return true
  }

  test.each([
    [404, 'ERR_COFFER_NOT_FOUND'],
    [410, 'ERR_COFFER_NOT_FOUND'],
    [401, 'ERR_COFFER_PERMISSION'],
    [403, 'ERR_COFFER_PERMISSION'],
    [418, 'ERR_COFFER_IO'],
    [416, 'ERR_COFFER_NOT_A_COFFER'],
    [500, 'ERR_COFFER_IO'],
  ])('%i is %s, without what is secret in the address', async (status, code) => {
    server.answer = answers(status)
    const failure = await failureOf(openCoffer(httpStorage(address()), { keys: await generateKeys('store') }))
    expect(failure).toMatchObject({ code })
    const told = [failure.message, failure.stack, String(failure.cause)].join()
    expect(told).not.toContain(SECRET)
    if (status !== 416) expect(told).toContain('/folder/vault.pcof')
  })

  test.each([
    ['all of a large file', 200, {}],
    ['compressed', 206, { 'Content-Encoding': 'gzip' }],
    ['of another part', 206, { 'Content-Range': 'bytes 5-20000000/20000001' }],
  ])('that are %s are refused, and let go of', async (_, status, headers) => {
    // Without connections that others have left.
    const own = await startRangeServer()
    own.answer = answers(status, headers, new Uint8Array(20_000_000))
    const failure = await failureOf(openCoffer(httpStorage(`${own.origin}/a?${SECRET}`), { keys: await generateKeys('store') }))
    expect(failure).toMatchObject({ code: 'ERR_COFFER_UNSUPPORTED' })
    expect(failure.message).not.toContain(SECRET)
    await vi.waitUntil(async () => (await own.connections()) === 0, { timeout: 8000 })
    await own.close()
  })

  test('nobody there', async () => {
    const gone = await startRangeServer()
    await gone.close()
    const failure = await failureOf(openCoffer(httpStorage(`${gone.origin}/a?${SECRET}`), { keys: await generateKeys('store') }))
    expect(failure).toMatchObject({ code: 'ERR_COFFER_IO' })
    expect(`${failure.message} ${String(failure.cause)}`).not.toContain(SECRET)
  })

  test('that pass are asked for again', async () => {
    const { keys, large } = await putCoffer()
    let asked = 0
    server.answer = (_, response) => {
      asked += 1
      if (asked % 3 === 1) response.writeHead(503).end()
      // Cut in the middle.
      else if (asked % 3 === 2) response.writeHead(206, { 'Content-Range': 'bytes 0-9/100', 'Content-Length': 10 }).write('12345', () => response.destroy())
      else return false
      return true
    }
    const file = await httpStorage(address()).open('read')
    expect(await file?.read(0, 4)).toHaveLength(4)
    server.answer = undefined
    const coffer = await openCoffer(httpStorage(address()), { keys })
    asked = 0
    server.answer = (_, response) => ++asked % 3 === 0 && Boolean(response.writeHead(503).end())
    expect(same(await coffer.read('large', { end: 2_000_000 }), large.subarray(0, 2_000_000))).toBe(true)
    await coffer.close()
  })

  test('are waited for as long as the server asks', async () => {
    const bytes = sample(1000, 1)
    put(bytes)
    let asked = 0
    server.answer = (_, response) => ++asked === 1 && Boolean(response.writeHead(429, { 'Retry-After': '2' }).end())
    const start = performance.now()
    expect(await (await httpStorage(address()).open('read'))?.size()).toBe(1000)
    expect(performance.now() - start).toBeGreaterThan(1990)
  })

  test.each(['silent', 'busy'])('of a server that is %s are given up with the signal', async (kind) => {
    const { keys } = await putCoffer()
    const controller = new AbortController()
    const coffer = await openCoffer(httpStorage(address(), { signal: controller.signal }), { keys })
    const count = server.requests.length
    server.answer = (_, response) => kind === 'silent' || Boolean(response.writeHead(503, { 'Retry-After': '20' }).end())
    const read = failureOf(coffer.read('large'))
    await vi.waitUntil(() => server.requests.length > count)
    const reason = new Error('enough')
    const start = performance.now()
    controller.abort(reason)
    expect(await read).toBe(reason)
    expect(performance.now() - start).toBeLessThan(2000)
    server.answer = undefined
    expect(await failureOf(coffer.read('large'))).toBe(reason)
    await coffer.close()
  })

  test('of a silent server are given up with the signal of the call', async () => {
    const { keys } = await putCoffer()
    const coffer = await openCoffer(httpStorage(address()), { keys })
    server.answer = () => true
    const start = performance.now()
    const signal = AbortSignal.timeout(200)
    const calls = [
      coffer.read('large', { signal }),
      coffer.verify({ signal }),
      (async () => {
        for await (const line of coffer.lines('large', { signal })) void line
      })(),
      openCoffer(httpStorage(address()), { keys, signal }),
    ]
    for (const error of await Promise.all(calls.map(failureOf))) expect(error.name).toBe('TimeoutError')
    expect(performance.now() - start).toBeLessThan(5000)
    server.answer = undefined
    expect((await names(coffer)).length).toBe(51)
    await coffer.close()
  })

  test('of a server that lies about the length end with the signal, and are none where nothing is so long', async () => {
    const storage = memoryStorage()
    await (await openCoffer(storage, { mode: 'x', variant: 'null' })).close()
    const bytes = storage.bytes()
    let asked = 0
    const of = (total: number, isThere = true): typeof fetch => async (_, init) => {
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (!isThere) return new Response('', { status: 503, headers: { 'Retry-After': '0' } })
      const [, from = '', to = ''] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('Range') ?? '') ?? []
      const body = new Uint8Array(Number(to) + 1 - Number(from))
      body.set(bytes.subarray(Number(from), Number(to) + 1))
      return new Response(body, { status: 206, headers: { 'Content-Range': `bytes ${from}-${to}/${total}` } })
    }
    const openAt = (send: typeof fetch, signal?: AbortSignal): Promise<unknown> =>
      openCoffer(httpStorage(address(), { fetch: send }), { variant: 'null', signal })
    expect(await codeOf(openAt(of(Number.MAX_SAFE_INTEGER)))).toBe('ERR_COFFER_UNSUPPORTED')
    expect(asked).toBe(1)
    for (const send of [of(2 ** 50), of(0, false)]) {
      asked = 0
      expect((await failureOf(openAt(send, AbortSignal.timeout(150)))).name).toBe('TimeoutError')
      const before = asked
      expect(before).toBeGreaterThan(0)
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(asked).toBe(before)
    }
  })

  test('of a server that falls silent are not waited for', async () => {
    vi.useFakeTimers()
    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
      })
    const failure = failureOf(httpStorage(address(), { fetch: silent }).open('read'))
    await vi.advanceTimersByTimeAsync(200_000)
    expect(await failure).toMatchObject({ code: 'ERR_COFFER_IO', message: expect.stringContaining('silent') as string })
  })

  test('that are longer than what was asked for, or another part, harm nobody', async () => {
    const bytes = sample(200_000, 4)
    const file = await openFile(bytes)
    server.answer = (_, response) => Boolean(response.writeHead(206, { 'Content-Range': 'bytes 65536-131071/200000' }).end(bytes.subarray(65_536)))
    expect(same(await file.read(65_536, 10), bytes.subarray(65_536, 65_546))).toBe(true)
    for (const range of ['bytes 0-65535/200000', 'bytes 0-65535/*', 'bytes 131072-199999/99999999999999999999', 'nonsense']) {
      server.answer = answers(206, { 'Content-Range': range }, 'x')
      expect(await codeOf(file.read(131_072, 10))).toBe('ERR_COFFER_UNSUPPORTED')
    }
    server.answer = answers(206, { 'Content-Range': 'bytes 131072-199999/200000', 'Content-Encoding': 'gzip' }, 'x')
    expect(await codeOf(file.read(131_072, 10))).toBe('ERR_COFFER_UNSUPPORTED')
    server.answer = undefined
    expect(same(await file.read(131_072, 10), bytes.subarray(131_072, 131_082))).toBe(true)
  })

  test('of a file that was replaced or removed meanwhile', async () => {
    const { keys } = await putCoffer()
    const coffer = await openCoffer(httpStorage(address()), { keys })
    await putCoffer()
    const failure = await failureOf(coffer.read('large'))
    expect(failure).toMatchObject({ code: 'ERR_COFFER_LOCK_LOST' })
    expect(failure.message).not.toContain(SECRET)
    server.files.clear()
    expect(await codeOf(coffer.read('large'))).toBe('ERR_COFFER_LOCK_LOST')
    await coffer.close()

    const file = await openFile(sample(200_000, 1))
    expect(await file.isCurrent()).toBe(true)
    put(sample(200_001, 1))
    expect(await file.isCurrent()).toBe(false)
    put(sample(100, 1))
    expect(await codeOf(file.read(150_000, 10))).toBe('ERR_COFFER_LOCK_LOST')
    server.files.clear()
    expect(await file.isCurrent()).toBe(false)
  })

  test.each([
    ['"a"', 'W/"a"', 'Mon, 02 Nov 2026 10:00:00 GMT', 'Mon, 02 Nov 2026 11:00:00 GMT', true],
    ['"a"', '"b"', 'Mon, 02 Nov 2026 10:00:00 GMT', 'Mon, 02 Nov 2026 10:00:00 GMT', true],
    ['"a"', '"b"', 'Mon, 02 Nov 2026 10:00:00 GMT', 'Mon, 02 Nov 2026 11:00:00 GMT', false],
    ['"a"', '"b"', '', '', false],
    ['', '', '', '', true],
  ])('with the tags %s and %s, of %s and %s, are of one file: %s', async (tag, laterTag, time, laterTime, expected) => {
    const part = (range: string, etag: string, modified: string): RangeServer['answer'] =>
      answers(206, { 'Content-Range': range, ...(etag && { ETag: etag }), ...(modified && { 'Last-Modified': modified }) }, sample(65_536, 1))
    server.answer = part('bytes 0-65535/131072', tag, time)
    const file = await httpStorage(address()).open('read')
    server.answer = part('bytes 65536-131071/131072', laterTag, laterTime)
    expect(await codeOf(file?.read(65_536, 10) ?? Promise.reject(new Error('nothing')))).toBe(expected ? 'no error' : 'ERR_COFFER_LOCK_LOST')
  })

  test('that are under way end with the file', async () => {
    const file = await openFile(sample(200_000, 1))
    server.answer = () => true
    const read = codeOf(file.read(100_000, 10))
    await vi.waitUntil(() => server.requests.length === 2)
    await file.close()
    expect(await read).toBe('ERR_COFFER_IO')
  })
})
