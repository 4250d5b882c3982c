import type { CofferKeys } from '../coffer/variants.js'

/** What opens a slot: a password, taken in NFC; a recovery code, as people write it; a passkey's PRF output of 32 bytes. */
export type KeyringSecret = { readonly password: string } | { readonly recoveryCode: string } | { readonly prf: Uint8Array }

export type KeyringSlot = PasswordSlot | RecoverySlot | PasskeySlot

/** What a keyring tells of a slot without a secret: from a file that anybody may have changed, but without control characters. */
export interface SlotInfo {
  /** Names the slot, 22 characters of url-safe base64. */
  readonly id: string
  /** What its owner calls it; empty where he gave it no name. */
  readonly label: string
  readonly created: Date
}

export interface PasswordSlot extends SlotInfo {
  readonly type: 'password'
  readonly memoryBytes: number
  readonly passes: number
  /** Whether new slots take more memory or passes: {@link Keyring.upgradePassword}. */
  readonly outdated: boolean
}

export interface RecoverySlot extends SlotInfo {
  readonly type: 'recovery'
}

export interface PasskeySlot extends SlotInfo, PasskeyDetails {
  readonly type: 'passkey'
}

/** What a browser needs to ask a passkey for its PRF output again. */
export interface PasskeyDetails {
  /** 1 to 1023 bytes. */
  readonly credentialId: Uint8Array
  /** The 32 bytes that go into the PRF as `eval.first`: {@link createPrfSalt}. */
  readonly prfSalt: Uint8Array
  /** The domain that the passkey is for. */
  readonly rpId: string
  /** How the authenticator is reached, as WebAuthn names it (`internal`, `usb`, `hybrid`). */
  readonly transports: readonly string[]
}

/** How hard a password slot is made. */
export interface PasswordCost {
  /** 19 MiB to 1 GiB; 256 MiB where nothing is said. */
  readonly memoryBytes?: number | undefined
  /** 2 to 16; 3 where nothing is said. */
  readonly passes?: number | undefined
}

/** Derives bytes from a password by Argon2id. `deriveKey` is one; another may run in a worker, since that blocks its thread. */
export type PasswordHash = (
  password: string,
  options: { readonly salt: Uint8Array; readonly memoryBytes: number; readonly passes: number; readonly keyBytes: number },
) => Promise<{ readonly key: Uint8Array }>

export interface KeyringOptions {
  readonly passwordHash?: PasswordHash | undefined
  /** Looked at before each password slot is tried. */
  readonly signal?: AbortSignal | undefined
}

export interface CreateKeyringOptions extends KeyringOptions, PasswordCost {
  /** Makes a password slot. */
  readonly password?: string | undefined
  /** What the password slot is called: up to 200 characters without control characters. */
  readonly label?: string | undefined
  /** Makes a recovery slot; its code is in the result, and nowhere else. */
  readonly recoveryCode?: boolean | undefined
}

export interface OpenKeyringOptions extends KeyringOptions {
  /** The id of the only slot to try. Else all of the secret's type are tried in turn. */
  readonly slot?: string | undefined
  /** Refuses another keyring, or one of a lower revision. */
  readonly expect?: { readonly id?: string | undefined; readonly revision?: number | undefined } | undefined
}

export interface AddSlotOptions {
  /** Up to 200 characters without control characters. */
  readonly label?: string | undefined
}

export interface AddPasskeyOptions extends AddSlotOptions, PasskeyDetails {
  /** What the passkey gave for `prfSalt`, 32 bytes. */
  readonly prf: Uint8Array
}

/** A keyring that nobody opened: what is readable without a secret, and not yet known to be authentic. */
export interface ParsedKeyring {
  readonly id: string
  readonly revision: number
  readonly slots: readonly KeyringSlot[]
}

/**
 * An open keyring: the keys of a coffer, wrapped once per slot. It changes in memory; save {@link document} after each change, in
 * one atomic step, to a file beside the coffer that only its owner may read (mode 600). A program that goes on where that fails changes
 * a {@link clone}.
 *
 * Methods that change it reject with `ERR_COFFER_KEYRING` while it is {@link changed}.
 */
export interface Keyring {
  /** Names the keyring for life. */
  readonly id: string
  /** Counts the changes. Remember it to notice an older copy: the option `expect`. */
  readonly revision: number
  /** The keys of the coffer, copies. */
  readonly keys: CofferKeys
  /**
   * Whether a rekeying was begun and not finished: the coffer has {@link keys}, or {@link pendingKeys}.
   * See {@link openWithKeyring}.
   */
  readonly rekeying: boolean
  /** The keys that a rekeying is on its way to; `undefined` too where the opened slot has no part in it. */
  readonly pendingKeys: CofferKeys | undefined
  readonly slots: readonly KeyringSlot[]
  /** The slot that was opened, by its id. */
  readonly openedWith: string
  /** Whether the document was changed by somebody without the keys: a slot came in, was changed, or is missing. */
  readonly changed: boolean
  /** The ids of slots that do not belong to it: from an older copy, changed, or made by somebody without the keys. */
  readonly foreignSlots: readonly string[]
  /** The keyring as JSON, to be saved. It is not secret, but whoever has it can try passwords. */
  readonly document: string

  /**
   * Another handle of the same state, which changes apart from this one. Change it, save its {@link document}, and go on with it: where saving
   * fails, this one is still as it is stored.
   */
  clone(): Keyring

  addPassword(password: string, options?: AddSlotOptions & PasswordCost): Promise<PasswordSlot>
  /** Makes a code of 130 random bits. It is shown to its owner once; let him prove it with {@link slotOf}. */
  addRecoveryCode(options?: AddSlotOptions): Promise<{ readonly slot: RecoverySlot; readonly recoveryCode: string }>
  addPasskey(options: AddPasskeyOptions): Promise<PasskeySlot>
  /**
   * Takes a slot out. Whoever opened it once may have kept the keys, or an older document: {@link rekeyWithKeyring} shuts him
   * out.
   * @throws CofferError `ERR_COFFER_KEYRING` for the last slot, or the last that is no passkey; `ERR_COFFER_NOT_FOUND`.
   */
  removeSlot(id: string): Promise<void>
  /**
   * Calls a slot something else. Nothing needs to be derived for it.
   * @throws CofferError `ERR_COFFER_NOT_FOUND`; TypeError for more than 200 characters, or control characters.
   */
  renameSlot(id: string, label: string): Promise<KeyringSlot>
  /**
   * Puts another password in the place of the old one. `slot` is the password slot to change: the opened one, or the only one
   * there is, where nothing is said.
   * @throws CofferError `ERR_COFFER_KEYRING` while a rekeying is under way in which the slot has a part and the opened one has none.
   */
  changePassword(password: string, options?: PasswordCost & { readonly slot?: string | undefined }): Promise<PasswordSlot>
  /**
   * Derives the password's slot anew with today's cost, or a higher one. Resolves to whether it took that.
   * @throws CofferError `ERR_COFFER_AUTH` for a password that opens no slot; `ERR_COFFER_KEYRING` as {@link changePassword} does.
   */
  upgradePassword(password: string, options?: PasswordCost): Promise<boolean>
  /** The slot that a secret opens, and `undefined` where it opens none: to prove a recovery code that was just written down. */
  slotOf(secret: KeyringSecret): Promise<KeyringSlot | undefined>
  /** Takes {@link foreignSlots} out and makes the rest authentic again. Resolves to what was taken out. */
  repair(): Promise<readonly KeyringSlot[]>

  /**
   * Wraps new keys beside the old ones in every slot whose secret is known: that of {@link openedWith}, those that were added
   * since, and `secrets`. Save the document, rekey the coffer, then {@link finishRekey}. {@link rekeyWithKeyring} does all of it.
   * @throws CofferError `ERR_COFFER_AUTH` for a secret that opens no slot, `ERR_COFFER_KEYRING` where only passkeys would be
   * left.
   */
  beginRekey(keys: CofferKeys, secrets?: readonly KeyringSecret[]): Promise<void>
  /**
   * Leaves only the new keys, in the slots that have them (with `keep: 'old'`, only the old ones, in all slots). Resolves to the
   * slots that were dropped for want of their secret.
   * @throws CofferError `ERR_COFFER_KEYRING` where no rekeying was begun, or the opened slot has no part in it.
   */
  finishRekey(options?: { readonly keep?: 'new' | 'old' | undefined }): Promise<readonly KeyringSlot[]>
}
