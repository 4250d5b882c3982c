import { randomBytes } from 'node:crypto'
import { loadZstd } from '@coffer/core/internal'
import { describe, expect, test } from 'vitest'
import { nodeFiles } from '../src/node-files.js'
import { nodeThreadPlatform } from '../src/node-platform.js'
import { nodeZstd } from '../src/node-zstd.js'

const blockBytes = 524_288

function words(length: number): Uint8Array {
  const text = Array.from({ length: length }, (_, i) => `${(i * i) % 9973} `).join('')
  return new Uint8Array(Buffer.from(text).subarray(0, length))
}

// Node has zstd from 22.15 on; test/newer-node.test.ts runs this file by one that has.
describe.runIf(nodeZstd !== undefined)('zstd by Node', async () => {
  /** One that has decompressed nothing yet: after 16 MiB it leaves that to zstd-codec. */
  const loadNative = (): ReturnType<typeof loadZstd> => loadZstd(nodeZstd && { ...nodeZstd })
  const wasm = await loadZstd()

  test.each([1, 3, 9, 12, 19])('level %i: each reads what the other wrote', async (level) => {
    const native = await loadNative()
    for (const length of [1, 63, 64, 65, 4000, 65_536, 65_537, blockBytes]) {
      for (const plain of [words(length), new Uint8Array(length), new Uint8Array(randomBytes(length))]) {
        const [ours, other] = [await native.compressFrame(plain, level), await wasm.compressFrame(plain, level)]
        expect(Buffer.compare(await wasm.decompress(ours, length), plain)).toBe(0)
        expect(Buffer.compare(await native.decompress(other, length), plain)).toBe(0)
        expect(Buffer.compare(await native.decompress(ours, length), plain)).toBe(0)
        // Neither takes less room than the other by much.
        expect(Math.abs(ours.length - other.length)).toBeLessThan(other.length * 0.03 + 64)
      }
    }
  })

  test('what it gives out is nobody else’s memory', async () => {
    const native = await loadNative()
    const frame = await native.compressFrame(words(1000), 3)
    const plain = await native.decompress(frame, 1000)
    expect([frame.buffer.byteLength, plain.buffer.byteLength]).toEqual([frame.length, 1000])
  })

  test('a thread compresses by it, and decompresses by zstd-codec', async () => {
    const { zstd } = nodeThreadPlatform(nodeFiles)
    expect(Object.keys(zstd ?? {})).toEqual(['compress'])
    const [ofThread, native] = [await loadZstd(zstd), await loadNative()]
    const frame = await ofThread.compressFrame(words(5000), 3)
    expect(Buffer.compare(frame, await native.compressFrame(words(5000), 3))).toBe(0)
    expect(Buffer.compare(await ofThread.decompress(frame, 5000), words(5000))).toBe(0)
  })

  test('dictionaries go through zstd-codec', async () => {
    const native = await loadNative()
    const dictionary = words(20_000)
    const frame = await native.compressFrame(words(5000), 3, dictionary)
    expect(Buffer.compare(await wasm.decompress(frame, 5000, dictionary), words(5000))).toBe(0)
    expect(Buffer.compare(await native.decompress(frame, 5000, dictionary), words(5000))).toBe(0)
  })

  test('a changed frame is refused, or gives as many bytes as it should', async () => {
    const native = await loadNative()
    const plain = words(3000)
    const frame = await native.compressFrame(plain, 3)
    let refused = 0
    for (let at = 0; at < frame.length; at++) {
      const changed = frame.slice()
      changed[at] = (changed[at] as number) ^ 0x10
      const result = await native.decompress(changed, plain.length).catch((error: { code?: string }) => {
        expect(['ERR_COFFER_DAMAGED', 'ERR_COFFER_LIMIT']).toContain(error.code)
        refused += 1
      })
      if (result) expect(result).toHaveLength(plain.length)
    }
    expect(refused).toBeGreaterThan(50)
    await expect(native.decompress(frame, plain.length - 1)).rejects.toMatchObject({ code: 'ERR_COFFER_DAMAGED' })
  })
})
