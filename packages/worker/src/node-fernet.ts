import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { authError, beginToken, decodeBase64, encodeBase64, equalBytes, FernetCipher, randomBytes, readToken, tokenBytes } from '@coffer/core/internal'

const SIGNING_KEY_BYTES = 16
const CIPHER = 'aes-128-cbc'
/** What is shorter is not worth a native call. */
const SHORT_TEXT_BYTES = 256
/** Tokens of chunks are shorter; memory for a longer one is not kept. */
const KEPT_BYTES = 65_536
/** The letters of the other base64 alphabet, which Node takes for ours. */
const PLUS = 0x2b
const SLASH = 0x2f
const PAD = 0x3d

/**
 * Fernet by Node's own cryptography, which needs no thread of its own as WebCrypto does. It takes one long token and five short ones to
 * fill a page, so that what is done for each counts: nothing is waited for, and all are made in the same memory.
 */
export class NodeFernet extends FernetCipher {
  readonly #signingKey: KeyObject
  readonly #encryptionKey: KeyObject
  readonly #kept = Buffer.from(new ArrayBuffer(KEPT_BYTES))

  constructor(key: Uint8Array) {
    super()
    // From Node 24 on a key that comes as bytes takes 10 us with each call.
    this.#signingKey = createSecretKey(key.subarray(0, SIGNING_KEY_BYTES))
    this.#encryptionKey = createSecretKey(key.subarray(SIGNING_KEY_BYTES))
  }

  override seal(plain: Uint8Array, body: Uint8Array, iv: Uint8Array = randomBytes(this.nonceBytes)): void {
    const token = this.#memory(tokenBytes(plain.length))
    const { ciphertext, signed, signature, ...parts } = beginToken(token)
    parts.iv.set(iv)
    const cipher = createCipheriv(CIPHER, this.#encryptionKey, iv)
    const most = cipher.update(plain)
    ciphertext.set(most)
    ciphertext.set(cipher.final(), most.length)
    signature.set(this.#sign(signed))
    encode(token, body)
  }

  override open(body: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.max(0, this.plainCapacity(body.length)))
    return out.slice(0, this.openInto(body, out))
  }

  openInto(body: Uint8Array, out: Uint8Array): number {
    const { iv, ciphertext, signed, signature } = readToken(decode(body, this.#memory(Math.ceil(body.length / 4) * 3)))
    if (!equalBytes(this.#sign(signed), signature)) throw authError('A Fernet token')
    const decipher = createDecipheriv(CIPHER, this.#encryptionKey, iv)
    const most = decipher.update(ciphertext)
    const rest = finish(decipher)
    out.set(most)
    out.set(rest, most.length)
    return most.length + rest.length
  }

  /** For one call: there are no two at once. */
  #memory(length: number): Buffer {
    return length <= KEPT_BYTES ? this.#kept.subarray(0, length) : Buffer.from(new ArrayBuffer(length))
  }

  #sign(bytes: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#signingKey).update(bytes).digest()
  }
}

function finish(decipher: { final(): Uint8Array }): Uint8Array {
  try {
    return decipher.final()
  } catch {
    // Whoever made it had the key and padded it wrongly. It is not told apart: that would be an oracle.
    throw authError('A Fernet token')
  }
}

/** {@link encodeBase64}, by Node. */
export function encode(bytes: Uint8Array, out: Uint8Array): void {
  if (out.length < SHORT_TEXT_BYTES) {
    encodeBase64(bytes, out)
    return
  }
  const written = bufferOf(out).write(bufferOf(bytes).toString('base64url'), 'latin1')
  out.fill(PAD, written)
}

/**
 * {@link decodeBase64}, by Node where that is faster, then in `memory`. As strict as ours: Node skips what it does not know, which makes
 * the result shorter, and takes two letters too many.
 * @param memory three bytes for each four letters.
 */
export function decode(text: Uint8Array, memory: Uint8Array): Uint8Array | undefined {
  if (text.length < SHORT_TEXT_BYTES || text.length % 4 !== 0) return decodeBase64(text)
  const letters = bufferOf(text)
  if (letters.includes(PLUS) || letters.includes(SLASH)) return undefined
  const last = decodeBase64(text.subarray(-4))
  const length = bufferOf(memory).write(letters.toString('latin1'), 'base64url')
  return last && length === (text.length / 4 - 1) * 3 + last.length ? memory.subarray(0, length) : undefined
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
