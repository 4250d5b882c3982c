import { concat } from '../bytes/bytes.js'
import { ByteWriter } from '../bytes/cursor.js'
import type { Sodium } from '../cipher/sodium.js'
import { ID_BYTES, RECORD_CONTEXT, RECORD_PREFIX_BYTES } from './record.js'

/** A sealed record and its place. */
export interface PlacedRecord {
  readonly offset: number
  readonly body: Uint8Array
}

/** 2^130 - 5. */
const PRIME = 0x3fffffffffffffffffffffffffffffffbn
const TWO_128 = 0x100000000000000000000000000000000n
const NONCE_BYTES = 24
const TAG_BYTES = 16
/** What Poly1305 is keyed with in XChaCha20-Poly1305: the beginning of the keystream. */
const ONE_TIME_KEY_BYTES = 32
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn
/** Bits of the id that stand in the second and third block of the associated data, and where in the second they begin. */
const HEAD_BITS = 104n
const TAIL_BITS = 24n
const HEAD_SHIFT = 24n

/**
 * The id of a coffer whose head is lost, out of two of its records.
 *
 * The id is part of what a record authenticates and is not in it, but for whoever has the key its Poly1305 tag is one linear
 * equation
 * modulo 2^130 - 5 in the two parts of the id; two records give both. A solution has to be 106 bits shorter than a random one
 * would be,
 * so that there is none for records that are not authentic, and none for a wrong key.
 */
export function solveForId(sodium: Sodium, key: Uint8Array, a: PlacedRecord, b: PlacedRecord): Uint8Array | undefined {
  const [first, second] = [equationOf(sodium, key, a), equationOf(sodium, key, b)]
  if (!first || !second || first.factor === second.factor) return undefined
  const inverse = invert((first.factor - second.factor) << HEAD_SHIFT)
  for (const sum of first.sums) {
    for (const other of second.sums) {
      const head = mod((sum - other) * inverse)
      const tail = mod(sum - ((head * first.factor) << HEAD_SHIFT))
      if (head >> HEAD_BITS === 0n && tail >> TAIL_BITS === 0n) return toBytes(head | (tail << HEAD_BITS), ID_BYTES)
    }
  }
  return undefined
}

/** `head * 2^24 * factor + tail = sum`, for one of the sums: the tag says its sum modulo 2^128 only. */
interface Equation {
  readonly factor: bigint
  readonly sums: readonly bigint[]
}

function equationOf(sodium: Sodium, key: Uint8Array, { offset, body }: PlacedRecord): Equation | undefined {
  const prefix = body.subarray(0, RECORD_PREFIX_BYTES)
  const sealed = body.subarray(RECORD_PREFIX_BYTES)
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
  // As a record is sealed (docs/FORMAT.md, Records), with zeros in the place of the id.
  const oneTimeKey = sodium.xchacha20(ONE_TIME_KEY_BYTES, sealed.subarray(0, NONCE_BYTES), key)
  const r = fromBytes(oneTimeKey.subarray(0, 16)) & CLAMP
  const s = fromBytes(oneTimeKey.subarray(16))
  const ciphertext = sealed.subarray(NONCE_BYTES, -TAG_BYTES)
  const tag = fromBytes(sealed.subarray(-TAG_BYTES))
  const noId = new Uint8Array(ID_BYTES)
  const associated = new ByteWriter(64).raw(RECORD_CONTEXT).raw(prefix).raw(noId).u64(offset).finish()
  const lengths = new ByteWriter(16).u64(associated.length).u64(ciphertext.length).finish()
  const bytes = concat([padded(associated), padded(ciphertext), lengths])
  const blocks = bytes.length / 16
  let known = 0n
  for (let at = 0; at < bytes.length; at += 16) known = ((known + fromBytes(bytes.subarray(at, at + 16)) + TWO_128) * r) % PRIME
  // The second block is multiplied by r so many times, the third once less.
  const scale = invert(power(r, BigInt(blocks - 2)))
  const sums: bigint[] = []
  for (let sum = mod128(tag - s); sum < PRIME; sum += TWO_128) sums.push(mod((sum - known) * scale))
  return { factor: r, sums }
}

function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 16) * 16)
  out.set(bytes)
  return out
}

function mod(value: bigint): bigint {
  const rest = value % PRIME
  return rest < 0n ? rest + PRIME : rest
}

function mod128(value: bigint): bigint {
  return ((value % TWO_128) + TWO_128) % TWO_128
}

function power(base: bigint, exponent: bigint): bigint {
  let out = 1n
  let square = mod(base)
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) out = (out * square) % PRIME
    square = (square * square) % PRIME
  }
  return out
}

function invert(value: bigint): bigint {
  return power(mod(value), PRIME - 2n)
}

function fromBytes(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
  return value
}

function toBytes(value: bigint, length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let i = 0, left = value; i < length; i++, left >>= 8n) out[i] = Number(left & 0xffn)
  return out
}
