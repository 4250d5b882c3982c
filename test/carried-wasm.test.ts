import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { carrySodium, carryZstd } from '../scripts/bundle/carried-wasm.mjs'
import { repository } from './sources.js'

const fromCore = createRequire(join(repository, 'packages', 'core', 'package.json'))
const fromSodium = createRequire(fromCore.resolve('libsodium-wrappers-sumo'))

const packages = [
  ['zstd-codec', carryZstd, join(dirname(fromCore.resolve('zstd-codec/lib/module.js')), 'zstd-codec-binding-wasm.js')],
  ['libsodium', carrySodium, join(dirname(fromSodium.resolve('libsodium-sumo')), '..', 'modules-sumo-esm', 'libsodium-sumo.mjs')],
] as const

describe.each(packages)('the WebAssembly of %s', (_name, carry, path) => {
  const original = readFileSync(path, 'utf8')
  const literal = (text: string): Buffer => Buffer.from(/[A-Za-z0-9+/=]{20000,}/.exec(text)?.[0] ?? '', 'base64')

  test('is the very same once a browser has inflated it, and is there only once', () => {
    const carried = carry(original, 'browser')
    const plain = literal(original)
    expect(plain.subarray(0, 4).toString('latin1')).toBe('\0asm')
    expect(Buffer.compare(inflateRawSync(literal(carried)), plain)).toBe(0)
    expect(carried.match(/[A-Za-z0-9+/=]{20000,}/g)).toHaveLength(1)
    expect(carried.length).toBeLessThan(original.length * 0.6)
  })

  test('is the very same for Node, which decodes it by its Buffer', () => {
    const carried = carry(original, 'node')
    expect(carried.match(/Buffer\.from\("[A-Za-z0-9+/=]{20000,}", "base64"\)/g)).toHaveLength(1)
    expect(carried.match(/[A-Za-z0-9+/=]{20000,}/g)).toHaveLength(1)
    expect(Buffer.compare(literal(carried), literal(original))).toBe(0)
  })

  test.each(['browser', 'node'] as const)('is not touched in a script that is not as it was (%s)', (platform) => {
    expect(() => carry('nothing of the kind', platform)).toThrow(/One place/)
    expect(() => carry(original + original, platform)).toThrow(/there are 2/)
  })
})
