import type { CofferKeys } from '@coffer/core'
import { CommandError } from '../command-error.js'

/** A key as it is written in a configuration: raw bytes (YAML's `!!binary`), or text in base64 of either alphabet. */
export type KeyValue = Uint8Array | string

const KEY_BYTES: readonly number[] = [16, 32]
/** A Fernet key as Python's cryptography writes it: 32 bytes in url-safe base64. PyCoffer keeps some keys so, encoded once more. */
const FERNET_TEXT = /^[A-Za-z0-9_-]{43}=$/

/** The raw key that is meant. `where` names the file and field. @throws CommandError without anything of the key in it. */
export function decodeKey(value: unknown, where: string): Uint8Array {
  let bytes = value
  // Text, or text in base64 twice: at most three layers.
  for (let layer = 0; layer < 3; layer++) {
    if (bytes instanceof Uint8Array && KEY_BYTES.includes(bytes.length)) return new Uint8Array(bytes)
    const text = bytes instanceof Uint8Array ? Buffer.from(bytes).toString('latin1') : bytes
    if (typeof text !== 'string' || (bytes instanceof Uint8Array && !FERNET_TEXT.test(text))) break
    bytes = fromBase64(text.trim())
  }
  throw new CommandError('configuration', `${where} is not a key: 16 or 32 bytes, as !!binary or in base64.`)
}

/** The two keys of a section or key file. */
export function decodeKeys(fields: Readonly<Record<string, unknown>>, where: string): CofferKeys {
  const { coffer_key: cofferKey, secure_key: secureKey } = fields
  return {
    ...(cofferKey === undefined ? {} : { cofferKey: decodeKey(cofferKey, `coffer_key in ${where}`) }),
    ...(secureKey === undefined ? {} : { secureKey: decodeKey(secureKey, `secure_key in ${where}`) }),
  }
}

export function encodeKey(key: Uint8Array): string {
  return Buffer.from(key).toString('base64')
}

function fromBase64(text: string): Uint8Array | undefined {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return undefined
  return new Uint8Array(Buffer.from(plain, 'base64'))
}
