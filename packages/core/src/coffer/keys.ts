import { loadSodium } from '../cipher/sodium.js'
import { variantByName, type CofferKeys, type VariantName } from './variants.js'

export interface GenerateKeysOptions {
  /** The container cipher of a bank: Fernet, as PyCoffer documents it, or AES-128-OCB, which its own `CofferBank` class speaks. */
  readonly container?: 'fernet' | 'aes-ocb' | undefined
}

/**
 * Draws fresh random keys for a coffer. They are all that opens it: keep them where the coffer is not.
 *
 * @example
 * ```ts
 * const keys = await generateKeys('bank')
 * keys.cofferKey?.length // 32
 * keys.secureKey?.length // 32
 * ```
 */
export async function generateKeys(variant: VariantName, options: GenerateKeysOptions = {}): Promise<CofferKeys> {
  const isOcb = options.container === 'aes-ocb'
  if (options.container !== undefined && variant !== 'bank') throw new TypeError('Only a bank has a choice of `container`.')
  if (options.container !== undefined && !isOcb && options.container !== 'fernet') throw new TypeError('`container` is "fernet" or "aes-ocb".')
  const { member, container } = variantByName(variant, isOcb ? { cofferKey: new Uint8Array(16) } : {})
  const sodium = await loadSodium()
  return {
    ...(container ? { cofferKey: sodium.randomBytes(container.keyBytes) } : {}),
    ...(member ? { secureKey: sodium.randomBytes(member.keyBytes) } : {}),
  }
}
