import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { allocateFresh, dropMemorySoon, leaseMemory } from '../../src/bytes/memory.js'

const BLOCK = 524_288

test('what was given back is leased again, each buffer to one at a time', () => {
  const first = leaseMemory()
  const [a, b] = [first.allocate(BLOCK), first.allocate(BLOCK + 1000)]
  expect([a.length, b.length]).toEqual([BLOCK, BLOCK + 1000])
  expect(a.buffer).not.toBe(b.buffer)
  first.giveBack()
  const second = leaseMemory()
  const third = leaseMemory()
  const again = [second.allocate(100_000), third.allocate(BLOCK)]
  expect(new Set(again.map(({ buffer }) => buffer))).toEqual(new Set([a.buffer, b.buffer]))
  expect(again.map(({ length }) => length)).toEqual([100_000, BLOCK])
  second.giveBack()
  // A second time gives nothing back that others have by now.
  first.giveBack()
  second.giveBack()
  const fourth = leaseMemory()
  const others = [fourth.allocate(BLOCK), fourth.allocate(BLOCK)].map(({ buffer }) => buffer)
  expect(others).not.toContain(again[1]?.buffer)
  fourth.giveBack()
  third.giveBack()
})

test('what is not given back is nobody else\'s', () => {
  const failed = leaseMemory()
  const kept = failed.allocate(BLOCK)
  const next = leaseMemory()
  expect(next.allocate(BLOCK).buffer).not.toBe(kept.buffer)
  next.giveBack()
})

test('little and very much is fresh', () => {
  for (const length of [0, 1, 65_535, 720_897]) {
    const lease = leaseMemory()
    const bytes = lease.allocate(length)
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([length, length])
    bytes.fill(7)
    lease.giveBack()
    expect(leaseMemory().allocate(length).every((byte) => byte === 0)).toBe(true)
  }
  expect(allocateFresh(3)).toEqual(new Uint8Array(3))
})

test('is let go of soon after a coffer was closed', async () => {
  const lease = leaseMemory()
  const secret = lease.allocate(BLOCK).fill(7)
  lease.giveBack()
  dropMemorySoon()
  expect(leaseMemory().allocate(BLOCK).buffer).toBe(secret.buffer)
  const other = leaseMemory()
  other.allocate(BLOCK).fill(7)
  other.giveBack()
  dropMemorySoon()
  await expect.poll(async () => {
    await pause(50)
    const probe = leaseMemory()
    return probe.allocate(BLOCK).every((byte) => byte === 0)
  }, { timeout: 30_000 }).toBe(true)
})
