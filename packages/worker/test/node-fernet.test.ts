import { randomBytes } from 'node:crypto'
import { cipherKind, decodeBase64 } from '@coffer/core/internal'
import { describe, expect, test } from 'vitest'
import { decode, encode, NodeFernet } from '../src/node-fernet.js'

const key = new Uint8Array(randomBytes(32))
const lengths = [0, 1, 15, 16, 17, 120, 150, 200, 2047, 2048, 49_000, 300_000]

describe('Fernet by Node', () => {
  test.each(lengths)('%i bytes: the same tokens as elsewhere, both ways', async (length) => {
    const [ours, other] = [new NodeFernet(key), await cipherKind('fernet').create(key)]
    const plain = new Uint8Array(randomBytes(length))
    for (const [sealer, opener] of [[ours, other], [other, ours]] as const) {
      const body = new Uint8Array(sealer.bodyBytes(length))
      await sealer.seal(plain, body)
      expect(Buffer.compare(await opener.open(body), plain)).toBe(0)
      expect(Buffer.compare(sealer.seals(body), opener.seals(body))).toBe(0)
      expect(sealer.bodyBytes(sealer.plainCapacity(body.length))).toBe(body.length)
    }
  })

  test('what was opened stays when more is sealed and opened', () => {
    const cipher = new NodeFernet(key)
    const plains = lengths.map((length) => new Uint8Array(randomBytes(length)))
    const bodies = plains.map((plain) => {
      const body = new Uint8Array(cipher.bodyBytes(plain.length))
      cipher.seal(plain, body)
      return body
    })
    const opened = bodies.map((body) => cipher.open(body))
    for (const [i, plain] of plains.entries()) expect(Buffer.compare(opened[i] as Uint8Array, plain)).toBe(0)
  })

  test('a changed letter is noticed, wherever it is and whatever it becomes', () => {
    const cipher = new NodeFernet(key)
    const body = new Uint8Array(cipher.bodyBytes(500))
    cipher.seal(new Uint8Array(500), body)
    for (const letter of ['A', '_', '+', '/', '=', ' ', '\n', '\u00ff']) {
      for (let at = 0; at < body.length; at += 7) {
        const changed = body.slice()
        if (changed[at] === letter.charCodeAt(0)) continue
        changed[at] = letter.charCodeAt(0)
        expect(() => cipher.open(changed)).toThrow(expect.objectContaining({ code: 'ERR_COFFER_AUTH' }))
      }
    }
  })
})

describe('its base64', () => {
  test.each([255, 256, 257, 258, 1000, 65_536])('of %i bytes is as strict as ours', (length) => {
    const bytes = new Uint8Array(randomBytes(length))
    const text = new Uint8Array(4 * Math.ceil(length / 3))
    const memory = (): Uint8Array => new Uint8Array((text.length / 4) * 3)
    encode(bytes, text)
    expect(Buffer.compare(decode(text, memory()) ?? new Uint8Array(), bytes)).toBe(0)
    for (const at of [0, 1, 100, text.length - 5, text.length - 4, text.length - 3, text.length - 2, text.length - 1]) {
      for (const code of Buffer.from('AB_-+/=. \n')) {
        const changed = text.slice()
        changed[at] = code
        const [own, native] = [decodeBase64(changed), decode(changed, memory())]
        expect(native === undefined).toBe(own === undefined)
        if (own && native) expect(Buffer.compare(native, own)).toBe(0)
      }
    }
  })
})
