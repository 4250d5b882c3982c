import { allocateFresh, type Allocate } from './memory.js'

const encoder: TextEncoder = new TextEncoder()

/** The bytes of all `parts`, one after the other, in memory of their own (a single part is returned as it is). */
export function concat(parts: readonly Uint8Array[], allocate: Allocate = allocateFresh): Uint8Array {
  const only = parts[0]
  if (parts.length === 1 && only) return only
  let length = 0
  for (const part of parts) length += part.length
  const out = allocate(length)
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/** The same bytes in fresh memory. (`slice` of a Node Buffer is a view, though it is a Uint8Array.) */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

/** The same bytes, as `Response`, `Blob` and the like take them: what is shared with other threads, as a storage of somebody's own may give, is copied. */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : copyBytes(bytes)
}

/** Whether two byte strings are the same; the time taken does not tell where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

/** Whether every byte from `start` to `end` is zero. */
export function isZero(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

const strictDecoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes UTF-8, a byte order mark included. @throws TypeError for anything else. */
export function utf8ToText(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes)
}

export function bytesToHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex
}
