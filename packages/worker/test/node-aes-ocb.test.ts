import { randomBytes } from 'node:crypto'
import { cipherKind, createAesOcb, type OcbPrimitives } from '@coffer/core/internal'
import { expect, test } from 'vitest'
import { nodeAesOcb } from '../src/node-aes-ocb.js'

const key = new Uint8Array(randomBytes(16))

test.each([0, 1, 15, 16, 17, 31, 4096, 65_473, 300_000])('AES-OCB by Node, %i bytes: the same as elsewhere, both ways', async (length) => {
  const [ours, other] = [createAesOcb(nodeAesOcb(key) as OcbPrimitives), await cipherKind('aes-ocb').create(key)]
  const plain = new Uint8Array(randomBytes(length))
  for (const [sealer, opener] of [[ours, other], [other, ours]] as const) {
    const body = new Uint8Array(sealer.bodyBytes(length))
    await sealer.seal(plain, body)
    expect(Buffer.compare(await opener.open(body), plain)).toBe(0)
    expect(Buffer.compare(sealer.seals(body), opener.seals(body))).toBe(0)
  }
})

test('a flipped bit anywhere is noticed', async () => {
  const cipher = createAesOcb(nodeAesOcb(key) as OcbPrimitives)
  const body = new Uint8Array(cipher.bodyBytes(100))
  await cipher.seal(new Uint8Array(100), body)
  for (let at = 0; at < body.length; at++) {
    const changed = body.slice()
    changed[at] = (changed[at] as number) ^ 1
    expect(() => cipher.open(changed)).toThrow(/does not verify/)
  }
})
