import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compressSodium, compressZstd } from '../scripts/bundle/compressed-wasm.mjs'
import { repository } from './sources.js'

const fromCore = createRequire(join(repository, 'packages', 'core', 'package.json'))
const fromSodium = createRequire(fromCore.resolve('libsodium-wrappers-sumo'))

const packages = [
  ['zstd-codec', compressZstd, join(dirname(fromCore.resolve('zstd-codec/lib/module.js')), 'zstd-codec-binding-wasm.js')],
  ['libsodium', compressSodium, join(dirname(fromSodium.resolve('libsodium-sumo')), '..', 'modules-sumo-esm', 'libsodium-sumo.mjs')],
] as const

describe.each(packages)('the WebAssembly of %s', (_name, compress, path) => {
  const original = readFileSync(path, 'utf8')
  const literal = (text: string): Buffer => Buffer.from(/[A-Za-z0-9+/=]{20000,}/.exec(text)?.[0] ?? '', 'base64')

  test('is the very same once it is inflated, and is there only once', () => {
    const compressed = compress(original)
    const plain = literal(original)
    expect(plain.subarray(0, 4).toString('latin1')).toBe('\0asm')
    expect(Buffer.compare(inflateRawSync(literal(compressed)), plain)).toBe(0)
    expect(compressed.match(/[A-Za-z0-9+/=]{20000,}/g)).toHaveLength(1)
    expect(compressed.length).toBeLessThan(original.length * 0.6)
  })

  test('is not touched in a script that is not as it was', () => {
    expect(() => compress('nothing of the kind')).toThrow(/One place/)
    expect(() => compress(original + original)).toThrow(/there are 2/)
  })
})
