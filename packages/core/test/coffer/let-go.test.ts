import { getEventListeners } from 'node:events'
import type { Coffer, WriteOptions } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { codeOf, place, same, sample } from './support.js'

const BLOCK_BYTES = 65_536
/** Blocks of a stream that are taken in ahead. */
const AHEAD = 16

/** Something to wait for, with its end in the test's hand. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** A stream without an end; whether it was told that nobody wants the rest; when all is taken in that is taken in ahead. */
function endless(): { readonly stream: ReadableStream<Uint8Array>; readonly isCancelled: () => boolean; readonly taken: Promise<void> } {
  let cancelled = false
  let pulls = 0
  const taken = gate()
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(new Uint8Array(BLOCK_BYTES))
        if (++pulls === AHEAD) setImmediate(taken.open)
      },
      cancel() {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, isCancelled: () => cancelled, taken: taken.opened }
}

/** More than is taken in ahead, of which the end waits. */
async function* held(end: Promise<void>): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < AHEAD + 4; i++) yield new Uint8Array(BLOCK_BYTES)
  await end
}

describe('a stream that is not written in the end is let go of', () => {
  test.each(['write', 'append'] as const)('%s: where the name is taken', async (how) => {
    await using coffer = await (await place()).open({ mode: 'x', blockBytes: BLOCK_BYTES })
    await coffer.write('taken/below', 'x')
    const { stream, isCancelled } = endless()
    expect(await codeOf(coffer[how]('taken', stream))).toBe('ERR_COFFER_CONFLICT')
    expect(isCancelled()).toBe(true)
    expect(stream.locked).toBe(false)
  })

  test.each(['write', 'append'] as const)('%s: where it is refused before the first byte is asked for', async (how) => {
    const { open } = await place()
    await (await open({ mode: 'x' })).close()
    const refused = async (coffer: Coffer, name: string, code: string, options?: WriteOptions): Promise<void> => {
      const { stream, isCancelled } = endless()
      expect([await codeOf(coffer[how](name, stream, options)), isCancelled(), stream.locked]).toEqual([expect.stringContaining(code), true, false])
    }
    const reader = await open()
    await refused(reader, 'a', 'ERR_COFFER_READ_ONLY')
    await reader.close()
    await refused(reader, 'a', 'ERR_COFFER_CLOSED')
    await using coffer = await open({ mode: 'a' })
    await refused(coffer, '../a', 'ERR_COFFER_NAME')
    await refused(coffer, 'a', 'RangeError', { mtime: Number.NaN })
    await refused(coffer, 'a', 'RangeError', { mode: 0o7777 })
    // Somebody else's: it stays theirs.
    const { stream, isCancelled } = endless()
    const theirs = stream.getReader()
    expect(await codeOf(coffer[how]('../a', stream))).toBe('ERR_COFFER_NAME')
    expect(isCancelled()).toBe(false)
    expect((await theirs.read()).done).toBe(false)
  })

  test.each(['write', 'append'] as const)('%s: where it is given up before its turn', async (how) => {
    await using coffer = await (await place()).open({ mode: 'x', blockBytes: BLOCK_BYTES })
    const end = gate()
    const first = coffer.write('first', held(end.opened))
    const controller = new AbortController()
    const reason = new Error('enough')
    const { stream, isCancelled, taken } = endless()
    const waiting = coffer[how]('other', stream, { signal: controller.signal })
    waiting.catch(() => undefined)
    await taken
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    end.open()
    await first
    expect(isCancelled()).toBe(true)
  })
})

test('a signal that outlives many calls keeps nothing of them', async () => {
  await using coffer = await (await place()).open({ mode: 'x' })
  const { signal } = new AbortController()
  for (let i = 0; i < 3; i++) await Promise.all(['a', 'b'].map((name) => coffer.write(name, 'x', { signal })))
  await coffer.read('a', { signal })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('closing a coffer waits for a handle that somebody is just closing', async () => {
  const { open } = await place()
  const coffer = await open({ mode: 'x' })
  const handle = await coffer.file('late', 'w')
  const bytes = sample(3_000_000)
  const written = handle.write(bytes)
  const closing = handle.close()
  await coffer.close()
  await Promise.all([written, closing])
  await handle.close()
  await using again = await open()
  expect(same(await again.read('late'), bytes)).toBe(true)
})
