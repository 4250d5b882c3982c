import type { ChunkCipher, CipherKind } from './cipher.js'
import { authError, loadSodium, type Sodium } from './sodium.js'

const NONCE_BYTES = 24
const TAG_BYTES = 16
const OVERHEAD_BYTES: number = NONCE_BYTES + TAG_BYTES

/** libsodium's secretbox (XSalsa20-Poly1305); body = nonce 24 | tag 16 | ciphertext (docs/FORMAT.md, Chunk stream). */
export const secretboxKind: CipherKind = {
  name: 'secretbox',
  keyBytes: 32,
  create: async (key) => new Secretbox(await loadSodium(), key),
}

class Secretbox implements ChunkCipher {
  readonly name = 'secretbox'
  readonly #sodium: Sodium
  readonly #key: Uint8Array

  constructor(sodium: Sodium, key: Uint8Array) {
    this.#sodium = sodium
    this.#key = key
  }

  bodyBytes(plainBytes: number): number {
    return plainBytes + OVERHEAD_BYTES
  }

  plainCapacity(bodyBytes: number): number {
    return Math.max(-1, bodyBytes - OVERHEAD_BYTES)
  }

  seal(plain: Uint8Array, body: Uint8Array): void {
    const nonce = this.#sodium.randomBytes(NONCE_BYTES)
    body.set(nonce)
    body.set(this.#sodium.secretboxSeal(plain, nonce, this.#key), NONCE_BYTES)
  }

  open(body: Uint8Array): Uint8Array {
    if (body.length < OVERHEAD_BYTES) throw authError('A chunk')
    const plain = this.#sodium.secretboxOpen(body.subarray(NONCE_BYTES), body.subarray(0, NONCE_BYTES), this.#key)
    if (!plain) throw authError('A chunk')
    return plain
  }

  seals(body: Uint8Array): Uint8Array {
    if (body.length < OVERHEAD_BYTES) throw authError('A chunk')
    return body.subarray(0, OVERHEAD_BYTES)
  }
}
