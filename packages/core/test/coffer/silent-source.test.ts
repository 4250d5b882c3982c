import { generateKeys, memoryStorage, openCoffer, type Coffer } from '@coffer/core'
import { expect, test } from 'vitest'
import { codeOf, names, pause, sample } from './support.js'

/** Gives some pieces of a megabyte, and then neither more nor an end. */
function silentStream(pieces: number): { stream: ReadableStream<Uint8Array>; isCancelled: () => boolean } {
  let given = 0
  let isCancelled = false
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given++ < pieces) controller.enqueue(sample(1_000_000, given))
      else return new Promise<void>(() => undefined)
      return undefined
    },
    cancel: () => void (isCancelled = true),
  })
  return { stream, isCancelled: () => isCancelled }
}

async function* silentPieces(pieces: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < pieces; i++) yield sample(1_000_000, i)
  await new Promise(() => undefined)
}

async function opened(): Promise<Coffer> {
  return openCoffer(memoryStorage(), { mode: 'x', keys: await generateKeys('store') })
}

// Twelve pieces are more than are taken in before the change has its turn.
test.each([0, 1, 12])('an abort does not wait for a stream that is silent after %i MB, and cancels it', async (pieces) => {
  const coffer = await opened()
  for (const method of ['write', 'append'] as const) {
    const aborter = new AbortController()
    const { stream, isCancelled } = silentStream(pieces)
    const writing = coffer[method]('a', stream, { signal: aborter.signal })
    await pause(50)
    aborter.abort(new Error('enough'))
    await expect(writing).rejects.toThrow('enough')
    expect(isCancelled()).toBe(true)
    const again = new AbortController()
    const generating = coffer[method]('a', silentPieces(pieces), { signal: again.signal })
    await pause(50)
    again.abort(new Error('enough again'))
    await expect(generating).rejects.toThrow('enough again')
  }
  await coffer.write('b', 'x')
  expect(await names(coffer)).toEqual(['b'])
  await coffer.close()
})

test('a coffer is given up whatever its sources do', async () => {
  const coffer = await opened()
  const { stream, isCancelled } = silentStream(12)
  const writing = codeOf(coffer.write('a', stream))
  await pause(50)
  await coffer.discard()
  expect(await writing).toBe('ERR_COFFER_CLOSED')
  expect(isCancelled()).toBe(true)
  expect(coffer.closed).toBe(true)
})
