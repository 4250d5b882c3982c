import { aesOcbKind } from './aes-ocb.js'
import type { CipherKind } from './cipher.js'
import { fernetKind } from './fernet.js'
import { secretboxKind } from './secretbox.js'

/** The ciphers that Coffer brings. */
export type CipherName = 'secretbox' | 'fernet' | 'aes-ocb'

/** @throws TypeError for a name that is none of theirs. */
export function cipherKind(name: CipherName): CipherKind {
  switch (name) {
    case 'secretbox':
      return secretboxKind
    case 'fernet':
      return fernetKind
    case 'aes-ocb':
      return aesOcbKind
    default:
      throw new TypeError(`There is no cipher ${JSON.stringify(name)}: it is secretbox, fernet, aes-ocb or one of your own.`)
  }
}
