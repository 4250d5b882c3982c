import { copyBytes, utf8 } from '../bytes/bytes.js'
import { loadSodium } from './sodium.js'

export interface DeriveKeyOptions {
  /** 16 bytes; fresh random ones where nothing is said. */
  readonly salt?: Uint8Array | undefined
  /** 2 to 16; 3 where nothing is said. */
  readonly passes?: number | undefined
  /** 19 MiB to 1 GiB; 256 MiB where nothing is said. */
  readonly memoryBytes?: number | undefined
  /** 16 to 64; 32 where nothing is said. */
  readonly keyBytes?: number | undefined
}

/** A key, and what it takes to derive it again from the password. */
export interface DerivedKey {
  readonly key: Uint8Array
  readonly algorithm: 'argon2id13'
  readonly salt: Uint8Array
  readonly passes: number
  readonly memoryBytes: number
}

const SALT_BYTES = 16
const MIB = 1_048_576

/**
 * Derives a key from a password by Argon2id (RFC 9106, one lane). The password is taken in Unicode's NFC. It takes about a second
 * and blocks the thread meanwhile.
 *
 * @throws RangeError for parameters outside what is accepted; TypeError for an empty password.
 */
export async function deriveKey(password: string, options: DeriveKeyOptions = {}): Promise<DerivedKey> {
  const { passes = 3, memoryBytes = 256 * MIB, keyBytes = 32 } = options
  if (typeof password !== 'string' || password === '') throw new TypeError('A password is a string that is not empty.')
  checkRange('passes', passes, 2, 16)
  checkRange('memoryBytes', memoryBytes, 19 * MIB, 1024 * MIB)
  checkRange('keyBytes', keyBytes, 16, 64)
  const sodium = await loadSodium()
  const salt = options.salt ? copyBytes(options.salt) : sodium.randomBytes(SALT_BYTES)
  if (salt.length !== SALT_BYTES) throw new RangeError('`salt` has 16 bytes.')
  const key = sodium.argon2id(utf8(password.normalize('NFC')), salt, passes, memoryBytes, keyBytes)
  return { key, algorithm: 'argon2id13', salt, passes, memoryBytes }
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new RangeError(`\`${name}\` is a whole number from ${least} to ${most}.`)
}
