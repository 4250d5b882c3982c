import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CofferError, generateKeys, inlineEngine, type Engine } from '@coffer/core'
import type { BlockCoder, BlockInput } from '@coffer/core/internal'
import { openCoffer } from '@coffer/node'
import { expect, test } from 'vitest'
import { pause, temporaryDirectory } from './system.js'

const BLOCK_BYTES = 65_536

/** An engine that fails on blocks of one file, and takes its time with those of another. */
function unevenEngine(): { readonly engine: Engine; readonly underWay: () => number } {
  const inner = inlineEngine()
  let underWay = 0
  const beginsWith = (inputs: readonly BlockInput[], text: string): boolean =>
    inputs.some((input) => 'plain' in input && Buffer.from(input.plain.subarray(0, text.length)).toString() === text)
  const createCoder: Engine['createCoder'] = async (recipe) => {
    const coder = await inner.createCoder(recipe)
    const uneven: BlockCoder = {
      concurrency: 12,
      usesFiles: false,
      async encode(inputs, ...rest) {
        if (beginsWith(inputs, 'fails')) throw new CofferError('ERR_COFFER_WORKER', 'gone')
        underWay += 1
        try {
          if (beginsWith(inputs, 'slow')) await pause(300)
          return await coder.encode(inputs, ...rest)
        } finally {
          underWay -= 1
        }
      },
      decode: (...call) => coder.decode(...call),
      decodeInto: (...call) => coder.decodeInto(...call),
      decodeIntoNew: (...call) => coder.decodeIntoNew(...call),
      close: () => coder.close(),
    }
    return uneven
  }
  return { engine: { createCoder, close: () => inner.close() }, underWay: () => underWay }
}

test('when a file cannot be added, nothing is at work on those behind it any more once that is said', async () => {
  const directory = await temporaryDirectory()
  const source = join(directory, 'source')
  await mkdir(source)
  await writeFile(join(source, '1'), Buffer.alloc(2 * BLOCK_BYTES, 'fails'))
  await writeFile(join(source, '2'), Buffer.alloc(4 * BLOCK_BYTES, 'slow'))
  const { engine, underWay } = unevenEngine()
  const keys = await generateKeys('market')
  await using coffer = await openCoffer(join(directory, 'vault.pcof'), { mode: 'x', keys, engine, blockBytes: BLOCK_BYTES, autoFlush: false })
  await coffer.write('before', Buffer.alloc(3 * BLOCK_BYTES, 'before'))
  await expect(coffer.add(source, 's')).rejects.toMatchObject({ code: 'ERR_COFFER_WORKER' })
  expect(underWay()).toBe(0)
  await coffer.write('after', Buffer.alloc(3 * BLOCK_BYTES, 'after'))
  expect(await coffer.verify()).toMatchObject({ ok: true, members: 2 })
})
