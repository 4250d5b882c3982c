const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const PAD = 0x3d
const encodeTable = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))
const decodeTable = new Uint8Array(256).fill(0xff)
for (const [value, code] of encodeTable.entries()) decodeTable[code] = value

/** Bytes of url-safe base64 with padding that stand for `length` bytes. */
export function base64Bytes(length: number): number {
  return 4 * Math.ceil(length / 3)
}

/** Writes `bytes` as url-safe base64 with padding, in ASCII, into `out`. */
export function encodeBase64(bytes: Uint8Array, out: Uint8Array): void {
  const whole = bytes.length - (bytes.length % 3)
  let to = 0
  for (let i = 0; i < whole; i += 3) {
    const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number)
    out[to] = encodeTable[bits >> 18] as number
    out[to + 1] = encodeTable[(bits >> 12) & 63] as number
    out[to + 2] = encodeTable[(bits >> 6) & 63] as number
    out[to + 3] = encodeTable[bits & 63] as number
    to += 4
  }
  if (whole === bytes.length) return
  const rest = ((bytes[whole] as number) << 16) | ((bytes[whole + 1] ?? 0) << 8)
  out[to] = encodeTable[rest >> 18] as number
  out[to + 1] = encodeTable[(rest >> 12) & 63] as number
  out[to + 2] = whole + 1 < bytes.length ? (encodeTable[(rest >> 6) & 63] as number) : PAD
  out[to + 3] = PAD
}

/**
 * The bytes of url-safe base64 in ASCII, or `undefined` for anything but the one way to write them: Node's and Python's decoders
 * skip what they do not know, so that a text could be changed unnoticed.
 */
export function decodeBase64(text: Uint8Array): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  if (text.length === 0) return new Uint8Array(0)
  const pads = text[text.length - 1] === PAD ? (text[text.length - 2] === PAD ? 2 : 1) : 0
  const out = new Uint8Array((text.length / 4) * 3 - pads)
  const whole = pads > 0 ? text.length - 4 : text.length
  let wrong = 0
  let to = 0
  for (let i = 0; i < whole; i += 4) {
    const a = decodeTable[text[i] as number] as number
    const b = decodeTable[text[i + 1] as number] as number
    const c = decodeTable[text[i + 2] as number] as number
    const d = decodeTable[text[i + 3] as number] as number
    wrong |= a | b | c | d
    const bits = (a << 18) | (b << 12) | (c << 6) | d
    out[to] = bits >> 16
    out[to + 1] = bits >> 8
    out[to + 2] = bits
    to += 3
  }
  if (pads > 0) {
    const a = decodeTable[text[whole] as number] as number
    const b = decodeTable[text[whole + 1] as number] as number
    const c = pads === 1 ? (decodeTable[text[whole + 2] as number] as number) : 0
    wrong |= a | b | c
    const bits = (a << 18) | (b << 12) | (c << 6)
    // The bits behind the last byte are zero in the one right way to write it.
    if ((bits & (pads === 1 ? 0xff : 0xffff)) !== 0) return undefined
    out[to] = bits >> 16
    if (pads === 1) out[to + 1] = bits >> 8
  }
  return wrong > 63 ? undefined : out
}
