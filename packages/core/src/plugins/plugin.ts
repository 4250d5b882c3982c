import type { ChunkCipher } from '../cipher/cipher.js'
import type { Coffer } from '../coffer/coffer.js'
import type { CofferKeys, VariantName } from '../coffer/variants.js'
import type { BlockCoder } from '../engine/engine.js'
import type { Keyring, KeyringSecret } from '../keyring/keyring.js'
import type { PluginCommand } from './plugin-command.js'

/**
 * PyCoffer's kinds, by what a plugin gets: `coffer` the whole coffer, `file` a member of its own to keep its data in, `other` the
 * coffer's ciphers for loose data. `auth` gives keys, before there is a coffer.
 */
export type PluginKind = 'coffer' | 'file' | 'other' | 'auth'

/** What is listed of a plugin before it is loaded. */
export interface PluginInfo {
  /** What {@link Coffer.plugin} calls it. */
  readonly name: string
  readonly kind: PluginKind
  /** One line for a list. */
  readonly description: string
}

/** Something that works with a coffer beside its files. Each kind gets what it needs, and no more. */
export type Plugin<T = unknown> = CofferPlugin<T> | FilePlugin<T> | OtherPlugin<T> | AuthPlugin

/** A plugin that is there, or one that says what it is and is loaded when it is first asked for. */
export type PluginSource = Plugin | LazyPlugin

export interface LazyPlugin extends PluginInfo {
  /** @example `() => import('./my-plugin.js').then(({ myPlugin }) => myPlugin)` */
  readonly load: () => Promise<Plugin>
}

export interface CofferPlugin<T = unknown> extends PluginInfo {
  readonly kind: 'coffer'
  /** Makes the plugin for one coffer, when it is first asked for. */
  create(context: { readonly coffer: Coffer }): T | Promise<T>
  /** What the command `coffer` offers of it. */
  readonly commands?: readonly PluginCommand<T>[] | undefined
}

export interface FilePlugin<T = unknown> extends PluginInfo {
  readonly kind: 'file'
  /** The member that holds its data, below `.plugins/`. */
  readonly file: string
  /** Other members that it may read, such as what PyCoffer's plugin of that name keeps. */
  readonly reads?: readonly string[]
  create(context: { readonly file: PluginFile }): T | Promise<T>
  /** What the command `coffer` offers of it. */
  readonly commands?: readonly PluginCommand<T>[] | undefined
}

export interface OtherPlugin<T = unknown> extends PluginInfo {
  readonly kind: 'other'
  create(context: { readonly loose: LooseCoding }): T | Promise<T>
  /** What the command `coffer` offers of it. */
  readonly commands?: readonly PluginCommand<T>[] | undefined
}

/**
 * Gives what opens a coffer: from a file, a keyring, the environment, a command's output, a device. `authenticate()` of this package
 * asks it, and checks what it gives.
 */
export interface AuthPlugin extends PluginInfo {
  readonly kind: 'auth'
  /** @throws CofferError where there are no keys, saying where they were looked for, and never what was found. */
  authenticate(request: AuthRequest): Promise<AuthAnswer>
}

/** For what coffer keys are asked, and how to ask further. */
export interface AuthRequest {
  /** What the user calls the coffer: its name or path. */
  readonly coffer: string
  /** Where the coffer is, such as the path of its file. */
  readonly location?: string | undefined
  /** Where the plugin shall look, in its own terms: a path, the name of a variable, a command. */
  readonly source?: string | undefined
  /** What a configuration says to the plugin. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** The document of the coffer's keyring, for a plugin that gives a secret of it; `undefined` where it has none. */
  readonly readKeyring?: (() => Promise<string | undefined>) | undefined
  /** Asks the user for a secret, and does not show it; missing where there is nobody to ask. */
  readonly prompt?: ((question: string) => Promise<string>) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Keys, or a secret that opens the coffer's keyring. */
export type AuthAnswer = AuthKeys | { readonly secret: KeyringSecret }

export interface AuthKeys extends CofferKeys {
  /** For which variant they are, where that is known. */
  readonly variant?: VariantName | undefined
  /** What they are from, for `openWithKeyring`: where a rekeying was cut off, it tells which keys the coffer has. */
  readonly keyring?: Keyring | undefined
}

/** The member that a plugin of kind `file` keeps its data in. */
export interface PluginFile {
  readonly name: string
  readonly writable: boolean
  /** What the plugin wrote last; `undefined` before it wrote anything. */
  read(): Promise<Uint8Array | undefined>
  /** One of the other members that the plugin says it reads; `undefined` where it is not there. */
  readOther(name: string): Promise<Uint8Array | undefined>
  /**
   * Reads, changes and writes, one change after the other. `change` gives what to write, or `undefined` to leave all as it is. An
   * error of its is the call's.
   */
  update(change: (bytes: Uint8Array | undefined) => Uint8Array | undefined | Promise<Uint8Array | undefined>): Promise<void>
}

/**
 * How loose data is sealed: with the cipher that PyCoffer's `crypt_open` takes for the variant, and the keys that the coffer has when it is
 * asked for. Each is `ERR_COFFER_CLOSED` once the coffer is closed.
 */
export interface LooseCoding {
  /** A coder with compression and one member cipher; without a cipher for a coffer that has no keys. */
  createCoder(): Promise<BlockCoder>
  /** The cipher by itself; `undefined` for a coffer that has no keys. */
  createCipher(): Promise<ChunkCipher | undefined>
  readonly isSealed: boolean
}
