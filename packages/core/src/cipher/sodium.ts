import libsodium from '#libsodium-wrappers-sumo'
import { concat } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'

/** What Coffer takes from libsodium, once its WebAssembly is there. All results are fresh memory. */
export interface Sodium {
  /** From the platform's generator of random bytes for cryptography. */
  randomBytes(length: number): Uint8Array
  /** BLAKE2b of `length` bytes, 16 to 64, keyed where a key of up to 64 bytes is given. */
  blake2b(bytes: Uint8Array, length?: number, key?: Uint8Array): Uint8Array
  /** tag 16 | ciphertext, under XSalsa20-Poly1305. */
  secretboxSeal(plain: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array
  /** The plaintext of tag 16 | ciphertext, or `undefined` where it is not authentic. */
  secretboxOpen(sealed: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined
  /** The 32 bytes that HSalsa20 makes of 16 bytes and a key. */
  hsalsa20(input: Uint8Array, key: Uint8Array): Uint8Array
  /** The 16 bytes of Poly1305 under a key of 32 bytes that is used once. */
  poly1305(bytes: Uint8Array, key: Uint8Array): Uint8Array
  /** The first `length` bytes of XChaCha20's keystream under a key of 32 bytes and a nonce of 24. */
  xchacha20(length: number, nonce: Uint8Array, key: Uint8Array): Uint8Array
  /** nonce 24 | ciphertext | tag 16, under XChaCha20-Poly1305 (IETF), with a fresh random nonce. */
  aeadSeal(key: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array
  aeadOpen(key: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
  /** HMAC-SHA256 under a key of 32 bytes (a shorter one with zeros behind it is the same key). */
  hmacSha256(bytes: Uint8Array, key: Uint8Array): Uint8Array
  argon2id(password: Uint8Array, salt: Uint8Array, passes: number, memoryBytes: number, length: number): Uint8Array
}

const AEAD_NONCE_BYTES = 24
/** `getRandomValues` takes no more. */
const RANDOM_BYTES_AT_ONCE = 65_536

let loaded: Promise<Sodium> | undefined

/** Loads libsodium, once. */
export function loadSodium(): Promise<Sodium> {
  loaded ??= libsodium.ready.then(wrap)
  return loaded
}

function wrap(): Sodium {
  const sodium = libsodium
  return {
    randomBytes,
    blake2b: (bytes, length = 32, key) => sodium.crypto_generichash(length, bytes, key ?? null),
    secretboxSeal: (plain, nonce, key) => sodium.crypto_secretbox_easy(plain, nonce, key),
    secretboxOpen: (sealed, nonce, key) => orUndefined(() => sodium.crypto_secretbox_open_easy(sealed, nonce, key)),
    hsalsa20: (input, key) => sodium.crypto_core_hsalsa20(input, key, null),
    poly1305: (bytes, key) => sodium.crypto_onetimeauth(bytes, key),
    xchacha20: (length, nonce, key) => sodium.crypto_stream_xchacha20_xor(new Uint8Array(length), nonce, key),
    aeadSeal(key, associated, plain) {
      const nonce = randomBytes(AEAD_NONCE_BYTES)
      return concat([nonce, sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, associated, null, nonce, key)])
    },
    aeadOpen(key, associated, sealed) {
      const nonce = sealed.subarray(0, AEAD_NONCE_BYTES)
      if (nonce.length < AEAD_NONCE_BYTES) return undefined
      const body = sealed.subarray(AEAD_NONCE_BYTES)
      return orUndefined(() => sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, body, associated, nonce, key))
    },
    hmacSha256: (bytes, key) => sodium.crypto_auth_hmacsha256(bytes, key),
    argon2id: (password, salt, passes, memoryBytes, length) =>
      sodium.crypto_pwhash(length, password, salt, passes, memoryBytes, sodium.crypto_pwhash_ALG_ARGON2ID13),
  }
}

/** libsodium's own asks the platform for four bytes at a time, from the same source: 90 us for a nonce instead of 4. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += RANDOM_BYTES_AT_ONCE) crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_AT_ONCE))
  return bytes
}

/** libsodium throws for what does not verify, and says no more than that. */
function orUndefined(open: () => Uint8Array): Uint8Array | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}

/** The one error for a wrong key and for changed bytes, which look the same. */
export function authError(what: string): CofferError {
  return new CofferError('ERR_COFFER_AUTH', `${what} does not verify: the key is wrong, or the coffer was changed.`)
}
