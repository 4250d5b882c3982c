import { base64Bytes, decodeBase64, encodeBase64 } from '../bytes/base64.js'
import { equalBytes } from '../bytes/bytes.js'
import type { ChunkCipher, CipherKind } from './cipher.js'
import { authError, randomBytes } from './sodium.js'

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
}

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

/** With `shortBytes`: WebCrypto does what is at least that long, instead of what it is faster at. */
export async function createFernetWebCrypto(key: Uint8Array, shortBytes?: number): Promise<ChunkCipher> {
  const { webCryptoPrimitives } = await import('./fernet-webcrypto.js')
  return new Fernet(await webCryptoPrimitives(key, shortBytes))
}

export async function createFernetPackage(key: Uint8Array): Promise<ChunkCipher> {
  const { packagePrimitives } = await import('./fernet-package.js')
  return new Fernet(await packagePrimitives(key))
}

/** What tokens are, whoever makes them. */
export abstract class FernetCipher implements ChunkCipher {
  readonly name = 'fernet'
  readonly nonceBytes: number = IV_BYTES

  abstract seal(plain: Uint8Array, body: Uint8Array, iv?: Uint8Array): void | Promise<void>

  abstract open(body: Uint8Array): Uint8Array | Promise<Uint8Array>

  bodyBytes(plainBytes: number): number {
    return base64Bytes(tokenBytes(plainBytes))
  }

  plainCapacity(bodyBytes: number): number {
    const blocks = Math.floor((Math.floor(bodyBytes / 4) * 3 - FIXED_BYTES) / BLOCK_BYTES)
    return blocks < 1 ? -1 : blocks * BLOCK_BYTES - 1
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

/** The parts of a token, as views. */
export interface FernetToken {
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  /** All that is signed. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/** Bytes of the token that seals `plainBytes` bytes. */
export function tokenBytes(plainBytes: number): number {
  return FIXED_BYTES + BLOCK_BYTES * (Math.floor(plainBytes / BLOCK_BYTES) + 1)
}

/** What `token` holds, which begins as one does. @throws CofferError `ERR_COFFER_AUTH` where it does not. */
export function readToken(token: Uint8Array | undefined): FernetToken {
  checkHead(token, token?.length ?? 0)
  return partsOf(token)
}

/** The parts of a token that is to be made in `bytes`, with all but them in it. */
export function beginToken(bytes: Uint8Array): FernetToken {
  bytes.fill(0, 0, IV_AT)
  bytes[0] = VERSION
  return partsOf(bytes)
}

function partsOf(token: Uint8Array): FernetToken {
  const signed = token.subarray(0, token.length - HMAC_BYTES)
  return {
    iv: token.subarray(IV_AT, CIPHERTEXT_AT),
    ciphertext: signed.subarray(CIPHERTEXT_AT),
    signed,
    signature: token.subarray(signed.length),
  }
}

class Fernet extends FernetCipher {
  readonly #primitives: FernetPrimitives

  constructor(primitives: FernetPrimitives) {
    super()
    this.#primitives = primitives
  }

  async seal(plain: Uint8Array, body: Uint8Array, iv: Uint8Array = randomBytes(IV_BYTES)): Promise<void> {
    const token = new Uint8Array(tokenBytes(plain.length))
    const parts = beginToken(token)
    parts.iv.set(iv)
    parts.ciphertext.set(await this.#primitives.encrypt(plain, iv))
    parts.signature.set(await this.#primitives.sign(parts.signed))
    encodeBase64(token, body)
  }

  async open(body: Uint8Array): Promise<Uint8Array> {
    const { iv, ciphertext, signed, signature } = readToken(decodeBase64(body))
    if (!equalBytes(await this.#primitives.sign(signed), signature)) throw authError('A Fernet token')
    try {
      return await this.#primitives.decrypt(ciphertext, iv)
    } catch {
      // Whoever made it had the key and padded it wrongly. It is not told apart: that would be an oracle.
      throw authError('A Fernet token')
    }
  }
}

/** @throws CofferError `ERR_COFFER_AUTH` unless `token` begins as a token of `tokenBytes` bytes does. */
function checkHead(token: Uint8Array | undefined, length: number): asserts token is Uint8Array {
  const ciphertextBytes = length - FIXED_BYTES
  const isWhole = token?.[0] === VERSION && ciphertextBytes >= BLOCK_BYTES && ciphertextBytes % BLOCK_BYTES === 0
  if (!isWhole) throw authError('A Fernet token')
}
