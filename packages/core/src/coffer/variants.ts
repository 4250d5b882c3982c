import { copyBytes } from '../bytes/bytes.js'
import type { CipherKind } from '../cipher/cipher.js'
import { cipherKind, type CipherName } from '../cipher/kinds.js'
import { DEFAULT_CHUNK_BYTES } from '../cipher/chunk-stream.js'
import type { Compression, KeyedCipher, Recipe } from '../engine/engine.js'
import { CofferError } from '../errors.js'

/** The four variants that Coffer shares with PyCoffer. */
export type VariantName = 'bank' | 'store' | 'market' | 'null'

/** The keys of a coffer, raw bytes. Which ones a variant takes is in {@link Variant}. They are copied when a coffer is opened. */
export interface CofferKeys {
  readonly cofferKey?: Uint8Array | undefined
  readonly secureKey?: Uint8Array | undefined
}

/** What a coffer is made of: which cipher and codec at which layer, with its defaults. Plain data. */
export interface Variant {
  readonly name: string
  /** Seals each member's blocks, with `secureKey`. */
  readonly member: CipherKind | undefined
  /** Seals the whole, with `cofferKey`. */
  readonly container: CipherKind | undefined
  readonly compression: Compression
  readonly autoFlush: boolean
  /** Default zstd level. */
  readonly level: number
  /** The byte that names the variant in each record. */
  readonly code: number
}

export interface VariantOptions {
  readonly name: string
  readonly member?: CipherName | CipherKind | undefined
  readonly container?: CipherName | CipherKind | undefined
  /** `'member'` where nothing is said; `'container'` only without a member cipher. */
  readonly compression?: Compression | undefined
  readonly autoFlush?: boolean | undefined
  readonly level?: number | undefined
}

const CUSTOM_CODE = 255
const DEFAULT_LEVEL = 3

/**
 * Defines a coffer of one's own: other ciphers at other layers, other defaults. PyCoffer reads it where both its ciphers
 * and its codec stand at the same layers.
 *
 * @throws TypeError for a name that is empty or one of Coffer's own, and for what is no cipher or compression; RangeError for a combination
 * that makes no sense.
 */
export function defineVariant(options: VariantOptions): Variant {
  const { name, compression = 'member', autoFlush = false } = options
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,31}$/.test(name) || name in codes) {
    throw new TypeError('A variant needs a name of its own: 1 to 32 of a-z, 0-9 and "-", none of bank, store, market, null.')
  }
  if (!['member', 'container', 'none'].includes(compression)) throw new TypeError('`compression` is "member", "container" or "none".')
  return makeVariant({ ...options, compression, autoFlush }, CUSTOM_CODE)
}

function makeVariant(options: VariantOptions & { compression: Compression; autoFlush: boolean }, code: number): Variant {
  const { name, compression, autoFlush, level = DEFAULT_LEVEL } = options
  const member = resolveKind(options.member)
  const container = resolveKind(options.container)
  if (compression === 'container' && member) {
    throw new RangeError('What a member cipher sealed cannot be compressed: with `member`, `compression` is "member" or "none".')
  }
  checkLevel(level)
  return { name, member, container, compression, autoFlush, level, code }
}

function resolveKind(cipher: CipherName | CipherKind | undefined): CipherKind | undefined {
  return typeof cipher === 'string' ? cipherKind(cipher) : cipher
}

const codes = { bank: 1, 'bank-aes-ocb': 2, store: 3, market: 4, null: 5 } as const

/** The variant of that name. A bank's container cipher follows from the length of its `cofferKey`. */
export function variantByName(name: VariantName, keys: CofferKeys = {}): Variant {
  switch (name) {
    case 'bank': {
      const isOcb = keys.cofferKey?.length === 16
      const container = isOcb ? 'aes-ocb' : 'fernet'
      return makeVariant({ name, member: 'secretbox', container, compression: 'member', autoFlush: true }, codes[isOcb ? 'bank-aes-ocb' : 'bank'])
    }
    case 'store':
      return makeVariant({ name, container: 'secretbox', compression: 'member', autoFlush: false }, codes.store)
    case 'market':
      return makeVariant({ name, member: 'secretbox', compression: 'member', autoFlush: false }, codes.market)
    case 'null':
      return makeVariant({ name, compression: 'container', autoFlush: false }, codes.null)
    default:
      throw new TypeError(`There is no variant ${JSON.stringify(name)}: it is bank, store, market or null, or one made with defineVariant().`)
  }
}

/** The variant that is meant: the one that is named, or the one that the keys say. */
export function resolveVariant(variant: VariantName | Variant | undefined, keys: CofferKeys): Variant {
  if (typeof variant === 'object') return variant
  if (variant !== undefined) return variantByName(variant, keys)
  if (keys.cofferKey) return variantByName(keys.secureKey ? 'bank' : 'store', keys)
  return variantByName(keys.secureKey ? 'market' : 'null', keys)
}

/** Names the variant and its ciphers; goes into the head and the log key (docs/FORMAT.md, Log key). */
export function describeVariant(variant: Variant): string {
  return `${variant.name}/member=${variant.member?.name ?? 'none'}/container=${variant.container?.name ?? 'none'}/zstd=${variant.compression}`
}

export interface RecipeOptions {
  readonly level?: number | undefined
  readonly chunkBytes?: number | undefined
  readonly dictionary?: Uint8Array | undefined
}

/**
 * What coding with these keys takes. The keys are copied.
 * @throws CofferError `ERR_COFFER_KEY` for a key that is missing or of the wrong length; RangeError for the options.
 */
export function makeRecipe(variant: Variant, keys: CofferKeys, options: RecipeOptions = {}): Recipe {
  if (typeof keys !== 'object' || keys === null) throw new TypeError('`keys` is { cofferKey, secureKey }, as generateKeys gives them.')
  const { level = variant.level, chunkBytes = DEFAULT_CHUNK_BYTES, dictionary } = options
  checkLevel(level)
  // Tokens of Fernet take letters by the four: they could not fill any other page, which takes minutes to find out.
  if (!Number.isInteger(chunkBytes) || chunkBytes % 4 !== 0 || chunkBytes < 4096 || chunkBytes > 1_048_576) {
    throw new RangeError('`chunkBytes` is a multiple of 4 from 4096 to 1048576.')
  }
  if (dictionary !== undefined && !(dictionary instanceof Uint8Array)) throw new TypeError('`dictionary` is a Uint8Array: a zstd dictionary.')
  return {
    compression: variant.compression,
    member: keyed(variant, variant.member, 'secureKey', keys.secureKey),
    container: keyed(variant, variant.container, 'cofferKey', keys.cofferKey),
    level,
    chunkBytes,
    dictionary: dictionary && copyBytes(dictionary),
  }
}

function keyed(variant: Variant, kind: CipherKind | undefined, name: keyof CofferKeys, key: Uint8Array | undefined): KeyedCipher | undefined {
  // A key that the variant has no use for is no harm: programs keep both keys of a bank in one place.
  if (!kind) return undefined
  if (!(key instanceof Uint8Array)) {
    throw new CofferError('ERR_COFFER_KEY', `A ${variant.name} coffer needs a \`${name}\` of ${kind.keyBytes} bytes, a Uint8Array.`)
  }
  if (key.length !== kind.keyBytes) {
    throw new CofferError('ERR_COFFER_KEY', `The \`${name}\` of a ${variant.name} coffer has ${kind.keyBytes} bytes; this one has ${key.length}.`)
  }
  return { kind, key: copyBytes(key) }
}

function checkLevel(level: number): void {
  if (!Number.isInteger(level) || level < 1 || level > 19) throw new RangeError('`level` is a whole number from 1 to 19.')
}
