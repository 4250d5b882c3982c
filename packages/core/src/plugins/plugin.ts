import type { Coffer } from '../coffer/coffer.js'
import type { ChunkCipher } from '../cipher/cipher.js'
import type { BlockCoder } from '../engine/engine.js'

/**
 * Something that works with a coffer beside its files. Of PyCoffer's kinds: `coffer` has the whole coffer, `file` keeps its
 * data in a member of its own, `other` has the coffer's ciphers only, `auth` gives keys.
 */
export interface Plugin<T = unknown> {
  /** What {@link Coffer.plugin} calls it. */
  readonly name: string
  readonly kind: 'coffer' | 'file' | 'other' | 'auth'
  readonly description: string
  /** Makes the plugin for one coffer, when it is first asked for. */
  create(context: PluginContext): T | Promise<T>
}

/** What a plugin works with. */
export interface PluginContext {
  readonly coffer: Coffer
  /** Codes loose data with the coffer's keys, as one member would be. */
  readonly loose: LooseCoding
}

/** How loose data is sealed: with the cipher that PyCoffer's `crypt_open` takes for the variant. */
export interface LooseCoding {
  /** A coder with compression and one member cipher; without a cipher for a coffer that has no keys. */
  createCoder(): Promise<BlockCoder>
  /** The cipher by itself; `undefined` for a coffer that has no keys. */
  createCipher(): Promise<ChunkCipher | undefined>
  readonly isSealed: boolean
}
