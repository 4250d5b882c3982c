import { cbc } from '@noble/ciphers/aes.js'
import type { WordArray } from '#fernet'
import { bytesToHex, copyBytes } from '../bytes/bytes.js'
import type { FernetPrimitives } from './fernet.js'

const SIGNING_KEY_BYTES = 16
const VERSION_TIME_IV_BYTES = 25

/**
 * Fernet's primitives by the npm package `fernet`, for pages without WebCrypto. Its tokens hold text only as far as its own
 * `Token` goes, so its functions below that are used; what it deciphers it can only give as text, so that part is another's.
 */
export async function packagePrimitives(key: Uint8Array): Promise<FernetPrimitives> {
  const { default: fernet } = await import('#fernet')
  const words = (bytes: Uint8Array): WordArray => fernet.Hex.parse(bytesToHex(bytes))
  // Its `Secret` would split the key too, but by Node's `Buffer`, which a page lacks.
  const signing = words(key.subarray(0, SIGNING_KEY_BYTES))
  const encryption = words(key.subarray(SIGNING_KEY_BYTES))
  const decryption = copyBytes(key.subarray(SIGNING_KEY_BYTES))
  return {
    encrypt: (plain, iv) => hexToBytes(fernet.encryptMessage(words(plain), encryption, words(iv)).toString(fernet.Hex)),
    decrypt: (ciphertext, iv) => cbc(decryption, iv).decrypt(ciphertext),
    sign(bytes) {
      const time = words(bytes.subarray(1, 9))
      const iv = words(bytes.subarray(9, VERSION_TIME_IV_BYTES))
      const ciphertext = words(bytes.subarray(VERSION_TIME_IV_BYTES))
      return hexToBytes(fernet.createHmac(signing, time, iv, ciphertext).toString(fernet.Hex))
    },
  }
}

function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16)
  return bytes
}
