import { memoryStorage, type Engine } from '@coffer/core'
import { openSession, type SourceBlock } from '@coffer/core/internal'
import { describe, expect, test } from 'vitest'
import { readTar } from '../../src/tar/reader.js'
import { decodeZstdStream } from '../../src/zstd/stream.js'
import { changedEngine } from './changed-engine.js'
import { collect, same, sample } from './support.js'

/** An engine that takes the memory of its input over where it may, as one on another thread does. */
function takingEngine(): { readonly engine: Engine; taken: number } {
  const state = {
    taken: 0,
    engine: changedEngine((coder) => ({
      concurrency: 6,
      encode(blocks, place, options) {
        if (options?.transfer !== true) return coder.encode(blocks, place, options)
        const buffers = blocks.flatMap((block) => ('plain' in block ? [block.plain.buffer as ArrayBuffer] : []))
        state.taken += buffers.length
        return coder.encode(structuredClone(blocks, { transfer: buffers }), place, options)
      },
    })),
  }
  return state
}

const lengths = [100_000, 10, 500_000, 40_000]
const contentOf = (index: number): Uint8Array => sample(lengths[index] ?? 0, index + 1, true)

async function* asBlock(plain: Uint8Array): AsyncGenerator<SourceBlock> {
  yield { input: { plain }, plainBytes: plain.length, owned: true }
}

describe('files whose memory is taken over while they are coded in the background', () => {
  test('are what they were, in the index and in the tar stream', async () => {
    const storage = memoryStorage()
    const taking = takingEngine()
    const { session } = await openSession(storage, { mode: 'x', variant: 'null', engine: taking.engine })
    await session.mutate(async ({ writer, catalog }) => {
      for (const index of lengths.keys()) {
        const meta = { name: String(index), mode: 0o600, mtimeMs: 0, blockBytes: 524_288 }
        catalog.put(await writer.putFile(meta, asBlock(contentOf(index)), { inBackground: true }))
      }
      await writer.settle()
    })
    await session.flush(false)
    const { reader, catalog } = session.log
    for (const index of lengths.keys()) {
      const entry = catalog.get(String(index))
      if (entry?.type !== 'file') throw new Error('the file is not there')
      expect(same(await collect(reader.readBlocks(entry, 0, 1)), contentOf(index))).toBe(true)
    }
    expect(taking.taken).toBe(4)

    const found = new Map<string, Uint8Array>()
    for await (const { name, content } of readTar(decodeZstdStream(inOnePiece(storage.bytes()), {}))) found.set(name, await collect(content))
    for (const index of lengths.keys()) expect(found.get(String(index))?.length).toBe(lengths[index])
    await session.close()
  })
})

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
