import { createCipheriv, createDecipheriv, createSecretKey, getCiphers } from 'node:crypto'
import type { OcbPrimitives } from '@coffer/core/internal'

const CIPHER = 'aes-128-ocb'
const OPTIONS = { authTagLength: 16 } as const

/** AES-128-OCB by Node's own cryptography, which uses the processor's AES; `undefined` where it was built without. */
export function nodeAesOcb(key: Uint8Array): OcbPrimitives | undefined {
  if (!getCiphers().includes(CIPHER)) return undefined
  const own = createSecretKey(key)
  return {
    seal(nonce, plain) {
      const cipher = createCipheriv(CIPHER, own, nonce, OPTIONS)
      const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
      return { ciphertext, tag: cipher.getAuthTag() }
    },
    open(nonce, ciphertext, tag) {
      const decipher = createDecipheriv(CIPHER, own, nonce, OPTIONS)
      decipher.setAuthTag(tag)
      try {
        return new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()]))
      } catch {
        // It says no more than that it is not authentic.
        return undefined
      }
    },
  }
}
