import type { Coffer } from '@coffer/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { codeOf, names, place, same, sample } from './support.js'

const LARGE = 1_200_000

let coffer: Coffer
beforeEach(async () => {
  coffer = await (await place('market')).open({ mode: 'x', autoFlush: false })
  for (const name of ['1', '2', '3']) await coffer.write(`from/${name}`, sample(LARGE, Number(name)))
  await coffer.write('other', 'stays')
  return () => coffer.discard()
})

/** Moves a directory; `look` is called while that is under way. */
async function moving(look: () => void, signal?: AbortSignal): Promise<void> {
  await coffer.move('from', 'to', { onProgress: look, signal })
}

const before = ['from/1', 'from/2', 'from/3', 'other']

describe('a change that is under way', () => {
  test('is not seen by others before all of it is done', async () => {
    const seen: Promise<unknown>[] = []
    await moving(() => {
      seen.push(expect(names(coffer)).resolves.toEqual(before))
      seen.push(expect(coffer.has('from/1')).resolves.toBe(true))
      seen.push(expect(coffer.stat('to/1')).resolves.toBeUndefined())
      seen.push(expect(codeOf(coffer.read('to/1'))).resolves.toBe('ERR_COFFER_NOT_FOUND'))
      seen.push(expect(codeOf(coffer.read('from'))).resolves.toBe('ERR_COFFER_CONFLICT'))
      seen.push(expect(codeOf(coffer.read('to'))).resolves.toBe('ERR_COFFER_NOT_FOUND'))
    })
    expect(seen.length).toBeGreaterThan(12)
    await Promise.all(seen)
    expect(await names(coffer)).toEqual(['other', 'to/1', 'to/2', 'to/3'])
    expect(same(await coffer.read('to/2'), sample(LARGE, 2))).toBe(true)
  })

  test('disturbs nobody who looks at everything when it is taken back', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let calls = 0
    let looking: ReturnType<Coffer['verify']> | undefined
    const look = (): void => {
      calls += 1
      if (calls === 7) looking = coffer.verify()
      if (calls === 8) controller.abort(reason)
    }
    await expect(moving(look, controller.signal)).rejects.toBe(reason)
    await coffer.write('more', sample(3 * LARGE, 4))
    expect(await looking).toMatchObject({ ok: true, members: 4, bytes: 3 * LARGE + 5 })
    expect(await names(coffer)).toEqual([...before, 'more'].sort())
  })
})

test('whoever reads a new coffer goes on when it is compacted before its first flush', async () => {
  const handle = await coffer.file('from/2')
  await coffer.compact()
  expect(same(await handle.read(), sample(LARGE, 2))).toBe(true)
  await handle.close()
  expect(same(await coffer.read('from/2'), sample(LARGE, 2))).toBe(true)
})
