import { equalBytes } from '../bytes/bytes.js'
import type { ChunkCipher, CipherKind } from './cipher.js'
import { authError, randomBytes } from './sodium.js'

const TAG_BYTES = 16
const NONCE_BYTES = 15
const OVERHEAD_BYTES: number = TAG_BYTES + NONCE_BYTES

/** AES-128-OCB (RFC 7253) for one key, with tags of 16 bytes and nothing associated. */
export interface OcbPrimitives {
  seal(nonce: Uint8Array, plain: Uint8Array): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array }
  /** `undefined` where it is not authentic. */
  open(nonce: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): Uint8Array | undefined
}

/** AES-128-OCB; body = tag 16 | nonce 15 | ciphertext (docs/FORMAT.md, Chunk stream). */
export const aesOcbKind: CipherKind = {
  name: 'aes-ocb',
  keyBytes: 16,
  async create(key) {
    const { Ocb } = await import('./ocb.js')
    const mode = new Ocb(key)
    return createAesOcb({
      seal: (nonce, plain) => mode.seal(nonce, plain),
      open(nonce, ciphertext, expected) {
        const { plain, tag } = mode.open(nonce, ciphertext)
        return equalBytes(tag, expected) ? plain : undefined
      },
    })
  },
}

/** Over primitives of somebody's own. */
export function createAesOcb(primitives: OcbPrimitives): ChunkCipher {
  return new AesOcb(primitives)
}

class AesOcb implements ChunkCipher {
  readonly name = 'aes-ocb'
  readonly nonceBytes = NONCE_BYTES
  readonly #primitives: OcbPrimitives

  constructor(primitives: OcbPrimitives) {
    this.#primitives = primitives
  }

  bodyBytes(plainBytes: number): number {
    return plainBytes + OVERHEAD_BYTES
  }

  plainCapacity(bodyBytes: number): number {
    return Math.max(-1, bodyBytes - OVERHEAD_BYTES)
  }

  seal(plain: Uint8Array, body: Uint8Array, nonce: Uint8Array = randomBytes(NONCE_BYTES)): void {
    const { ciphertext, tag } = this.#primitives.seal(nonce, plain)
    body.set(tag)
    body.set(nonce, TAG_BYTES)
    body.set(ciphertext, OVERHEAD_BYTES)
  }

  open(body: Uint8Array): Uint8Array {
    if (body.length < OVERHEAD_BYTES) throw authError('A chunk')
    const [tag, nonce] = [body.subarray(0, TAG_BYTES), body.subarray(TAG_BYTES, OVERHEAD_BYTES)]
    const plain = this.#primitives.open(nonce, body.subarray(OVERHEAD_BYTES), tag)
    if (!plain) throw authError('A chunk')
    return plain
  }

  seals(body: Uint8Array): Uint8Array {
    if (body.length < OVERHEAD_BYTES) throw authError('A chunk')
    return body.subarray(0, OVERHEAD_BYTES)
  }
}
