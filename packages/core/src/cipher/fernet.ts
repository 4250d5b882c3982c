import { base64Bytes, decodeBase64, encodeBase64 } from '../bytes/base64.js'
import { equalBytes } from '../bytes/bytes.js'
import type { ChunkCipher, CipherKind } from './cipher.js'
import { authError, loadSodium, type Sodium } from './sodium.js'

// The Fernet specification: 0x80 | timestamp u64be | iv 16 | AES-128-CBC ciphertext, PKCS7 | HMAC-SHA256 32, in url-safe base64.
const VERSION = 0x80
const IV_AT = 9
const IV_BYTES = 16
const CIPHERTEXT_AT: number = IV_AT + IV_BYTES
const HMAC_BYTES = 32
const BLOCK_BYTES = 16
const FIXED_BYTES: number = CIPHERTEXT_AT + HMAC_BYTES
/** Letters that hold all before the ciphertext, and all behind it, whatever the padding; in whole groups of four. */
const HEAD_TEXT_BYTES = 36
const TAIL_TEXT_BYTES = 48
const LEAST_TEXT_BYTES: number = base64Bytes(FIXED_BYTES + BLOCK_BYTES)

/** The two primitives of Fernet, for one key. */
export interface FernetPrimitives {
  /** AES-128-CBC with PKCS7 padding. */
  encrypt(plain: Uint8Array, iv: Uint8Array): Promise<Uint8Array> | Uint8Array
  /** The inverse; throws for padding that is wrong. */
  decrypt(ciphertext: Uint8Array, iv: Uint8Array): Promise<Uint8Array> | Uint8Array
  /** HMAC-SHA256. */
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array
  /** Url-safe base64, where the platform has a faster one than ours; as strict, and to be called in the same way. */
  readonly base64?: Base64 | undefined
}

interface Base64 {
  encode(bytes: Uint8Array, out: Uint8Array): void
  decode(text: Uint8Array): Uint8Array | undefined
}

const ownBase64: Base64 = { encode: encodeBase64, decode: decodeBase64 }

/**
 * Fernet tokens; body = one token in ASCII, canonical url-safe base64 with padding (docs/FORMAT.md, Chunk stream). The key is
 * signing 16 | encryption 16. The timestamp is 0: it would tell when, and nobody looks.
 *
 * WebCrypto makes the tokens where it exists, which is in secure contexts; elsewhere the npm package `fernet` does.
 */
export const fernetKind: CipherKind = {
  name: 'fernet',
  keyBytes: 32,
  create: (key) => (crypto.subtle ? createFernetWebCrypto(key) : createFernetPackage(key)),
}

/** Over primitives of somebody's own. */
export async function createFernet(primitives: FernetPrimitives): Promise<ChunkCipher> {
  return new Fernet(await loadSodium(), primitives)
}

/** With `shortBytes`: WebCrypto does what is at least that long, instead of what it is faster at. */
export async function createFernetWebCrypto(key: Uint8Array, shortBytes?: number): Promise<ChunkCipher> {
  const { webCryptoPrimitives } = await import('./fernet-webcrypto.js')
  return createFernet(await webCryptoPrimitives(key, shortBytes))
}

export async function createFernetPackage(key: Uint8Array): Promise<ChunkCipher> {
  const { packagePrimitives } = await import('./fernet-package.js')
  return createFernet(await packagePrimitives(key))
}

class Fernet implements ChunkCipher {
  readonly name = 'fernet'
  readonly #sodium: Sodium
  readonly #primitives: FernetPrimitives
  readonly #base64: Base64

  constructor(sodium: Sodium, primitives: FernetPrimitives) {
    this.#sodium = sodium
    this.#primitives = primitives
    this.#base64 = primitives.base64 ?? ownBase64
  }

  bodyBytes(plainBytes: number): number {
    return base64Bytes(FIXED_BYTES + BLOCK_BYTES * (Math.floor(plainBytes / BLOCK_BYTES) + 1))
  }

  plainCapacity(bodyBytes: number): number {
    const tokenBytes = Math.floor(bodyBytes / 4) * 3
    const blocks = Math.floor((tokenBytes - FIXED_BYTES) / BLOCK_BYTES)
    return blocks < 1 ? -1 : blocks * BLOCK_BYTES - 1
  }

  async seal(plain: Uint8Array, body: Uint8Array): Promise<void> {
    const iv = this.#sodium.randomBytes(IV_BYTES)
    const ciphertext = await this.#primitives.encrypt(plain, iv)
    const token = new Uint8Array(FIXED_BYTES + ciphertext.length)
    token[0] = VERSION
    token.set(iv, IV_AT)
    token.set(ciphertext, CIPHERTEXT_AT)
    const signed = token.subarray(0, token.length - HMAC_BYTES)
    token.set(await this.#primitives.sign(signed), signed.length)
    this.#base64.encode(token, body)
  }

  async open(body: Uint8Array): Promise<Uint8Array> {
    const token = checkToken(this.#base64.decode(body))
    const signed = token.subarray(0, token.length - HMAC_BYTES)
    if (!equalBytes(await this.#primitives.sign(signed), token.subarray(signed.length))) throw authError('A Fernet token')
    try {
      return await this.#primitives.decrypt(token.subarray(CIPHERTEXT_AT, signed.length), token.subarray(IV_AT, CIPHERTEXT_AT))
    } catch {
      // Whoever made it had the key and padded it wrongly. It is not told apart: that would be an oracle.
      throw authError('A Fernet token')
    }
  }

  seals(body: Uint8Array): Uint8Array {
    const head = decodeBase64(body.subarray(0, HEAD_TEXT_BYTES))
    const tail = decodeBase64(body.subarray(-TAIL_TEXT_BYTES))
    if (body.length < LEAST_TEXT_BYTES || body.length % 4 !== 0 || !tail) throw authError('A Fernet token')
    checkHead(head, ((body.length - TAIL_TEXT_BYTES) / 4) * 3 + tail.length)
    const seals = new Uint8Array(IV_BYTES + HMAC_BYTES)
    seals.set(head.subarray(IV_AT, CIPHERTEXT_AT))
    seals.set(tail.subarray(tail.length - HMAC_BYTES), IV_BYTES)
    return seals
  }
}

function checkToken(token: Uint8Array | undefined): Uint8Array {
  checkHead(token, token?.length ?? 0)
  return token
}

/** @throws CofferError `ERR_COFFER_AUTH` unless `token` begins as a token of `tokenBytes` bytes does. */
function checkHead(token: Uint8Array | undefined, tokenBytes: number): asserts token is Uint8Array {
  const ciphertextBytes = tokenBytes - FIXED_BYTES
  const isWhole = token?.[0] === VERSION && ciphertextBytes >= BLOCK_BYTES && ciphertextBytes % BLOCK_BYTES === 0
  if (!isWhole) throw authError('A Fernet token')
}
