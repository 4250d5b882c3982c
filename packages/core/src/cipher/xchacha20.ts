import { xchacha20 } from '@noble/ciphers/chacha.js'

/** The 32 bytes of the one-time key that XChaCha20-Poly1305 authenticates with under a key and a nonce of 24 bytes. */
export function oneTimeKeyOf(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  return xchacha20(key, nonce, new Uint8Array(32))
}
