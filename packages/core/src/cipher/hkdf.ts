import { concat, utf8 } from '../bytes/bytes.js'
import type { Sodium } from './sodium.js'

const HASH_BYTES = 32

/** `length` bytes, up to 8160, by HKDF-SHA256 (RFC 5869). `salt` has at most 32 bytes. */
export function hkdfSha256(sodium: Sodium, input: Uint8Array, salt: Uint8Array, info: string, length: number): Uint8Array {
  return expand(sodium, sodium.hmacSha256(input, padded(salt)), utf8(info), length)
}

/** @internal The second half, which the vectors of the RFC need apart, since their info is no text. */
export function expand(sodium: Sodium, key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out: Uint8Array[] = []
  let block: Uint8Array = new Uint8Array(0)
  for (let number = 1; out.length * HASH_BYTES < length; number++) {
    block = sodium.hmacSha256(concat([block, info, Uint8Array.of(number)]), key)
    out.push(block)
  }
  return concat(out).slice(0, length)
}

/** HMAC fills a key up with zeros itself; libsodium takes 32 bytes only. */
function padded(salt: Uint8Array): Uint8Array {
  if (salt.length > HASH_BYTES) throw new RangeError('A salt for HKDF has at most 32 bytes here.')
  const key = new Uint8Array(HASH_BYTES)
  key.set(salt)
  return key
}
