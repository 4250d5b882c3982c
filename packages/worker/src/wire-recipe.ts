import { cipherKind, type CipherName, type Compression, type KeyedCipher, type Recipe } from '@coffer/core/internal'

/** How blocks are coded, as it crosses to a worker: a cipher goes by its name. */
export interface WireRecipe {
  readonly compression: Compression
  readonly member: WireCipher | undefined
  readonly container: WireCipher | undefined
  readonly level: number
  readonly chunkBytes: number
  readonly dictionary: Uint8Array | undefined
}

export interface WireCipher {
  readonly name: CipherName
  readonly key: Uint8Array
}

/** With copies of all bytes; `undefined` for what cannot be sent. */
export function toWireRecipe({ compression, member, container, level, chunkBytes, dictionary }: Recipe): WireRecipe | undefined {
  const ciphers = [member, container].map((cipher) => cipher && toWireCipher(cipher))
  if (ciphers.includes(null)) return undefined
  const [wireMember, wireContainer] = ciphers as (WireCipher | undefined)[]
  return { compression, member: wireMember, container: wireContainer, level, chunkBytes, dictionary: dictionary && new Uint8Array(dictionary) }
}

/** `null` for a cipher that is none of Coffer's own. */
function toWireCipher({ kind, key }: KeyedCipher): WireCipher | null {
  const name = (['secretbox', 'fernet', 'aes-ocb'] as const).find((known) => cipherKind(known) === kind)
  return name ? { name, key: new Uint8Array(key) } : null
}

export function fromWireRecipe({ member, container, ...recipe }: WireRecipe): Recipe {
  const keyed = (cipher: WireCipher | undefined): Recipe['member'] => cipher && { kind: cipherKind(cipher.name), key: cipher.key }
  return { ...recipe, member: keyed(member), container: keyed(container) }
}
