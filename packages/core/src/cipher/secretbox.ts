import { equalBytes } from '../bytes/bytes.js'
import { allocateFresh, type Allocate } from '../bytes/memory.js'
import type { ChunkCipher, CipherKind } from './cipher.js'
import { loadSalsa20, type Salsa20 } from './salsa20.js'
import { authError, loadSodium, randomBytes, type Sodium } from './sodium.js'

const NONCE_BYTES = 24
const TAG_BYTES = 16
const OVERHEAD_BYTES: number = NONCE_BYTES + TAG_BYTES
/** The first 16 bytes of the nonce go into the subkey, the rest into Salsa20. */
const SUBKEY_NONCE_BYTES = 16
/** The first bytes of the keystream are Poly1305's key. */
const POLY_KEY_BYTES = 32
/** Shorter messages are not worth the way around libsodium, longer ones not the memory. */
const SHORTEST_FAST_BYTES = 512
const LONGEST_FAST_BYTES = 1_048_576

/**
 * libsodium's secretbox (XSalsa20-Poly1305); body = nonce 24 | tag 16 | ciphertext (docs/FORMAT.md, Chunk stream). Where there is
 * WebAssembly SIMD, Salsa20 alone is done by it instead; HSalsa20 and Poly1305 are always libsodium's.
 */
export const secretboxKind: CipherKind = {
  name: 'secretbox',
  keyBytes: 32,
  create: (key) => createSecretbox(key),
}

/** With `fast: false`: all by libsodium. */
export async function createSecretbox(key: Uint8Array, { fast = true }: { readonly fast?: boolean } = {}): Promise<ChunkCipher> {
  return new Secretbox(await loadSodium(), fast ? await loadSalsa20() : undefined, key)
}

class Secretbox implements ChunkCipher {
  readonly name = 'secretbox'
  readonly nonceBytes = NONCE_BYTES
  readonly #sodium: Sodium
  readonly #salsa20: Salsa20 | undefined
  readonly #key: Uint8Array

  constructor(sodium: Sodium, salsa20: Salsa20 | undefined, key: Uint8Array) {
    this.#sodium = sodium
    this.#salsa20 = salsa20
    this.#key = key
  }

  bodyBytes(plainBytes: number): number {
    return plainBytes + OVERHEAD_BYTES
  }

  plainCapacity(bodyBytes: number): number {
    return Math.max(-1, bodyBytes - OVERHEAD_BYTES)
  }

  seal(plain: Uint8Array, body: Uint8Array, nonce: Uint8Array = randomBytes(NONCE_BYTES)): void {
    body.set(nonce)
    const salsa20 = this.#fastFor(plain.length)
    if (!salsa20) {
      body.set(this.#sodium.secretboxSeal(plain, nonce, this.#key), NONCE_BYTES)
      return
    }
    const stream = salsa20.xor(this.#subkey(nonce), nonce.subarray(SUBKEY_NONCE_BYTES), POLY_KEY_BYTES, plain)
    const ciphertext = stream.subarray(POLY_KEY_BYTES)
    body.set(this.#sodium.poly1305(ciphertext, stream.subarray(0, POLY_KEY_BYTES)), NONCE_BYTES)
    body.set(ciphertext, OVERHEAD_BYTES)
    salsa20.wipe()
  }

  open(body: Uint8Array): Uint8Array {
    return this.#open(body, allocateFresh)
  }

  openInto(body: Uint8Array, out: Uint8Array): number {
    return this.#open(body, (length) => out.subarray(0, length)).length
  }

  seals(body: Uint8Array): Uint8Array {
    if (body.length < OVERHEAD_BYTES) throw authError('A chunk')
    return body.subarray(0, OVERHEAD_BYTES)
  }

  /** Memory is asked for once it is known to be needed. */
  #open(body: Uint8Array, allocate: Allocate): Uint8Array {
    if (body.length < OVERHEAD_BYTES) throw authError('A chunk')
    const nonce = body.subarray(0, NONCE_BYTES)
    const salsa20 = this.#fastFor(body.length - OVERHEAD_BYTES)
    const plain = salsa20 ? this.#openFast(salsa20, body, nonce, allocate) : this.#openPlainly(body, nonce, allocate)
    if (!plain) throw authError('A chunk')
    return plain
  }

  #openFast(salsa20: Salsa20, body: Uint8Array, nonce: Uint8Array, allocate: Allocate): Uint8Array | undefined {
    const ciphertext = body.subarray(OVERHEAD_BYTES)
    const stream = salsa20.xor(this.#subkey(nonce), nonce.subarray(SUBKEY_NONCE_BYTES), POLY_KEY_BYTES, ciphertext)
    const tag = this.#sodium.poly1305(ciphertext, stream.subarray(0, POLY_KEY_BYTES))
    const isAuthentic = equalBytes(tag, body.subarray(NONCE_BYTES, OVERHEAD_BYTES))
    const plain = isAuthentic ? allocate(ciphertext.length) : undefined
    plain?.set(stream.subarray(POLY_KEY_BYTES))
    salsa20.wipe()
    return plain
  }

  #openPlainly(body: Uint8Array, nonce: Uint8Array, allocate: Allocate): Uint8Array | undefined {
    const opened = this.#sodium.secretboxOpen(body.subarray(NONCE_BYTES), nonce, this.#key)
    if (!opened || allocate === allocateFresh) return opened
    const plain = allocate(opened.length)
    plain.set(opened)
    return plain
  }

  #fastFor(plainBytes: number): Salsa20 | undefined {
    return plainBytes >= SHORTEST_FAST_BYTES && plainBytes <= LONGEST_FAST_BYTES ? this.#salsa20 : undefined
  }

  #subkey(nonce: Uint8Array): Uint8Array {
    return this.#sodium.hsalsa20(nonce.subarray(0, SUBKEY_NONCE_BYTES), this.#key)
  }
}
