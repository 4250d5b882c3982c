import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort } from '@coffer/core/internal'
import { FakeThreads } from './everywhere/fake-threads.js'
import { marketRecipe, sample, sealPlain } from './everywhere/support.js'

test('many jobs with one signal are one listener, and none when they are done', async () => {
  const engine = new FakeThreads().engine({ size: 2 })
  const coder = await engine.createCoder(marketRecipe())
  const { signal } = new AbortController()
  const jobs = Array.from({ length: 20 }, (_, i) => sealPlain(coder, sample(1000, i), { signal }))
  await jobs[0]
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  await Promise.all(jobs)
  expect(getEventListeners(signal, 'abort')).toEqual([])
  await coder.close()
  await engine.close()
})

test('each is told of the abort that has not been taken back', () => {
  const controller = new AbortController()
  const told: string[] = []
  const undo = ['a', 'b', 'c'].map((name) => onAbort(controller.signal, () => told.push(name)))
  undo[1]?.()
  controller.abort()
  expect(told).toEqual(['a', 'c'])
  undo[0]?.()
  undo[2]?.()
  undo[2]?.()
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})
