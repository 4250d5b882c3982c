import { copyBytes } from './bytes.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const PAD = 0x3d
const encodeTable = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))
const decodeTable = new Uint8Array(256).fill(0xff)
for (const [value, code] of encodeTable.entries()) decodeTable[code] = value

// Two letters at a time, as a native 16-bit number: twelve bits to and fro by one look into a table each.
const isLittleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
const encodePairs = new Uint16Array(4096)
const decodePairs = new Uint16Array(65_536).fill(0xffff)
for (let bits = 0; bits < 4096; bits++) {
  const [high, low] = [encodeTable[bits >> 6] as number, encodeTable[bits & 63] as number]
  const pair = isLittleEndian ? high | (low << 8) : (high << 8) | low
  encodePairs[bits] = pair
  decodePairs[pair] = bits
}

/** The bytes as 16-bit numbers, where they lie so that they can be looked at like that. */
function pairsOf(bytes: Uint8Array): Uint16Array | undefined {
  return bytes.byteOffset % 2 === 0 ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1) : undefined
}

/** Bytes of url-safe base64 with padding that stand for `length` bytes. */
export function base64Bytes(length: number): number {
  return 4 * Math.ceil(length / 3)
}

/** Writes `bytes` as url-safe base64 with padding, in ASCII, into `out`. */
export function encodeBase64(bytes: Uint8Array, out: Uint8Array): void {
  const whole = bytes.length - (bytes.length % 3)
  const pairs = pairsOf(out) ?? new Uint16Array((whole / 3) * 2)
  let pair = 0
  for (let i = 0; i < whole; i += 3) {
    const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number)
    pairs[pair] = encodePairs[bits >> 12] as number
    pairs[pair + 1] = encodePairs[bits & 4095] as number
    pair += 2
  }
  const to = pair * 2
  if (pairs.buffer !== out.buffer) out.set(new Uint8Array(pairs.buffer, 0, to))
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
  const pairs = pairsOf(text) ?? new Uint16Array(copyBytes(text).buffer)
  let wrong = 0
  let to = 0
  for (let i = 0; i < whole >> 1; i += 2) {
    const high = decodePairs[pairs[i] as number] as number
    const low = decodePairs[pairs[i + 1] as number] as number
    wrong |= high | low
    out[to] = high >> 4
    out[to + 1] = (high << 4) | (low >> 8)
    out[to + 2] = low
    to += 3
  }
  if (wrong > 4095) return undefined
  wrong = 0
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
