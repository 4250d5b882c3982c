import { generateKeys, memoryStorage, openCoffer, CofferError, type Engine } from '@coffer/core'
import { describe, expect, test } from 'vitest'
import { changedEngine } from './changed-engine.js'
import { codeOf, same, sample } from './support.js'

const BLOCK_BYTES = 4096
/** Blocks of one table of a member's index. */
const TABLE_BLOCKS = 1024

/** An engine with many calls under way, of which the one that is told to does not come back. */
function failingEngine(): { readonly engine: Engine; failAt: number } {
  const state = {
    failAt: -1,
    engine: changedEngine((coder) => ({
      concurrency: 12,
      encode: async (...call) => {
        if (state.failAt >= 0 && state.failAt-- === 0) throw new CofferError('ERR_COFFER_WORKER', 'gone')
        return coder.encode(...call)
      },
    })),
  }
  return state
}

describe('a file of which a single block could not be written', () => {
  test.each([TABLE_BLOCKS - 1, TABLE_BLOCKS])('is not there: block %i', async (block) => {
    const storage = memoryStorage()
    const keys = await generateKeys('market')
    const failing = failingEngine()
    await using coffer = await openCoffer(storage, { mode: 'x', keys, engine: failing.engine, blockBytes: BLOCK_BYTES })
    const bytes = sample((TABLE_BLOCKS + 2) * BLOCK_BYTES)
    failing.failAt = block
    expect(await codeOf(coffer.write('large', bytes))).toBe('ERR_COFFER_WORKER')
    expect(await coffer.has('large')).toBe(false)
    await coffer.write('large', bytes)
    expect(same(bytes, await coffer.read('large'))).toBe(true)
  })
})
