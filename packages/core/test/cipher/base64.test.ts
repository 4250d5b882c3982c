import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64Bytes, decodeBase64, encodeBase64 } from '../../src/bytes/base64.js'
import { utf8 } from '../../src/bytes/bytes.js'

function encode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(base64Bytes(bytes.length))
  encodeBase64(bytes, out)
  return out
}

/** Node's, made url-safe with padding. */
function reference(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

const anyBytes = fc.uint8Array({ maxLength: 200 })

describe('url-safe base64', () => {
  test('gives the answers of RFC 4648', () => {
    const answers = { '': '', f: 'Zg==', fo: 'Zm8=', foo: 'Zm9v', foob: 'Zm9vYg==', fooba: 'Zm9vYmE=', foobar: 'Zm9vYmFy' }
    for (const [text, encoded] of Object.entries(answers)) {
      expect(encode(utf8(text))).toEqual(utf8(encoded))
      expect(decodeBase64(utf8(encoded))).toEqual(utf8(text))
    }
  })

  test('agrees with Node for any bytes, and comes back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(encode(bytes)).toEqual(utf8(reference(bytes)))
        expect(decodeBase64(encode(bytes))).toEqual(bytes)
      }),
    )
  })

  test('takes a text only where it is the one that its bytes are written as', () => {
    const letters = utf8('ABCDQRSTefghwxyz0189-_+/= \n\r\0.~\u{e9}')
    const anyText = fc.array(fc.constantFrom(...letters), { maxLength: 16 }).map((codes) => Uint8Array.from(codes))
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = decodeBase64(text)
        if (bytes) expect(encode(bytes)).toEqual(text)
      }),
      { numRuns: 20_000 },
    )
  })

  test('refuses every byte that is no letter, at every position', () => {
    for (const length of [16, 17, 18]) {
      const text = encode(Uint8Array.from({ length }, (_, i) => i * 37))
      for (let at = 0; at < text.length; at++) {
        for (let byte = 0; byte < 256; byte++) {
          const changed = text.slice()
          changed[at] = byte
          const bytes = decodeBase64(changed)
          if (bytes) expect(encode(bytes), `byte ${byte} at ${at}`).toEqual(changed)
          if (byte > 127 || '+/ \n\r\t\0=.,'.includes(String.fromCharCode(byte))) {
            // The one place for padding is the end.
            if (byte !== 0x3d || at < text.length - 2) expect(bytes, `byte ${byte} at ${at}`).toBeUndefined()
          }
        }
      }
    }
  })

  test('refuses what is put in between, at every position', () => {
    const text = encode(utf8('seventeen bytes!!'))
    for (const junk of ['\n', ' ', '=', '====', '\0\0\0\0', '\r\n\r\n']) {
      for (let at = 0; at <= text.length; at++) {
        const changed = Uint8Array.of(...text.subarray(0, at), ...utf8(junk), ...text.subarray(at))
        expect(decodeBase64(changed), `${JSON.stringify(junk)} at ${at}`).toBeUndefined()
      }
    }
  })

  test.each([
    ['no padding', 'Zg'],
    ['half the padding', 'Zg='],
    ['too much padding', 'Zm9v===='],
    ['padding alone', '===='],
    ['three pads', 'Z==='],
    ['padding in the middle', 'Zg==Zm9v'],
    ['bits after the end, of one byte', 'Zh=='],
    ['bits after the end, of two bytes', 'Zm9='],
    ['the other alphabet', '++//'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase64(utf8(text))).toBeUndefined()
  })
})
