import { createInlineCoder, type FileAccess } from '@coffer/core/internal'
import { expect, test } from 'vitest'
import { nodePlatform } from '../src/node-platform.js'
import { marketRecipe, pause, sample, sealPlain } from './everywhere/support.js'

test('a thread decodes two blocks into files at a time; one that fails keeps nobody waiting', async () => {
  let writing = 0
  let most = 0
  const written = new Map<number, Uint8Array>()
  const files: FileAccess = {
    read: () => {
      throw new Error('the bytes are given')
    },
    write: async ({ offset }, bytes) => {
      most = Math.max(most, ++writing)
      // They are leased: another may have the memory by the time that this one is done.
      const before = bytes.slice()
      await pause(5)
      writing -= 1
      if (offset === 3) throw new Error('the disk is gone')
      written.set(offset, before.every((byte, i) => byte === bytes[i]) ? before : new Uint8Array(0))
    },
    create: () => Promise.resolve(undefined),
  }
  const coder = await createInlineCoder(marketRecipe(), nodePlatform(files))
  const plain = Array.from({ length: 12 }, (_, i) => sample(100_000 + i, i))
  const sealed = await Promise.all(plain.map((bytes) => sealPlain(coder, bytes)))
  const signal = AbortSignal.abort(new Error('enough'))
  const decoded = sealed.map(({ bytes, digest, places }, i) =>
    coder.decodeInto(bytes, digest, places, { descriptor: 0, offset: i, name: 'a' }, i === 5 ? { signal } : {}),
  )
  const results = await Promise.allSettled(decoded)
  const failures = results.flatMap((result, i) => (result.status === 'rejected' ? [[i, result.reason as Error]] : []))
  expect(failures).toEqual([[3, expect.objectContaining({ message: 'the disk is gone' })], [5, signal.reason]])
  expect(most).toBe(2)
  for (const [i, bytes] of plain.entries()) if (i !== 3 && i !== 5) expect(written.get(i)).toEqual(bytes)
  await coder.close()
})
