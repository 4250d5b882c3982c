/** Logins kept in the coffer, as JSON in a member of their own: `await coffer.plugin<Passwords>('password')`. */
export interface Passwords {
  /** All of them without their secrets, in the order of their names; those that `query` fits, where one is given. */
  list(query?: PasswordQuery): Promise<PasswordInfo[]>
  /** The one that `query` fits. @throws CofferError `ERR_COFFER_NOT_FOUND`, or `ERR_COFFER_CONFLICT` where it fits several. */
  get(query: PasswordQuery): Promise<Password>
  /**
   * Keeps a login. One of the same owner, name and username is replaced; with `replace: false` that is `ERR_COFFER_EXISTS`.
   * @throws TypeError for a login without a name, or with a field of the wrong type.
   */
  add(login: PasswordInput, options?: { readonly replace?: boolean | undefined }): Promise<PasswordInfo>
  /** Changes fields of the one that `query` fits; `undefined` takes a field away. */
  update(query: PasswordQuery, changes: Partial<PasswordInput>): Promise<PasswordInfo>
  /** Deletes the one that `query` fits, and resolves to what it was, without its secrets. */
  delete(query: PasswordQuery): Promise<PasswordInfo>
  /**
   * Keeps a login again as {@link get} gave it, with its id and its times: what undoes a {@link delete}. Unlike {@link add} it replaces
   * nothing. @throws CofferError `ERR_COFFER_EXISTS` where there is one of that id.
   */
  restore(login: Password): Promise<PasswordInfo>
  /** The one-time code of the one that `query` fits. @throws CofferError `ERR_COFFER_NOT_FOUND` where it has none. */
  totp(query: PasswordQuery, options?: { readonly now?: Date | undefined }): Promise<OneTimeCode>
  /** A random password. */
  generate(options?: GeneratePasswordOptions): Promise<string>
  /**
   * Takes in what another program exported: CSV of Chrome (and Edge, Brave), CSV of Firefox, JSON or CSV of Bitwarden. Which it
   * is, is told by the content unless `format` says so. All of it, or nothing where it cannot be read. One of the same owner,
   * name, username and address is replaced; with `replace: false` it is skipped.
   * @throws CofferError `ERR_COFFER_UNSUPPORTED` for what is none of these, or is encrypted; `ERR_COFFER_DAMAGED` for what is
   * broken.
   */
  importFrom(data: string | Uint8Array, options?: ImportPasswordsOptions): Promise<ImportPasswordsReport>
  /**
   * Takes in again what PyCoffer's own plugin keeps in this coffer. It is shown by itself as long as this plugin wrote nothing.
   * @throws CofferError `ERR_COFFER_NOT_FOUND` where there is nothing of PyCoffer's; `ERR_COFFER_UNSUPPORTED` for a pickle of
   * anything else.
   */
  importPycoffer(options?: { readonly replace?: boolean | undefined }): Promise<ImportPasswordsReport>
}

/** Fits a login all of whose fields are as said here. */
export interface PasswordQuery {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly owner?: string | undefined
  readonly username?: string | undefined
}

/** What a list shows: nothing of `password`, `note`, `totp` and `fields` but that they are there. */
export interface PasswordInfo {
  /** Names the login for life. */
  readonly id: string
  readonly name: string
  readonly username?: string
  readonly urls: readonly string[]
  /** Whose it is, or the program it was imported from. */
  readonly owner?: string
  readonly created: Date
  readonly modified: Date
  readonly hasPassword: boolean
  readonly hasNote: boolean
  readonly hasTotp: boolean
}

export interface Password extends PasswordInfo {
  readonly password?: string
  readonly note?: string
  /** An `otpauth://totp/` address. */
  readonly totp?: string
  /** Further fields, as Bitwarden has them. */
  readonly fields: readonly { readonly name: string; readonly value: string }[]
}

export interface PasswordInput {
  readonly name: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly urls?: readonly string[] | undefined
  readonly note?: string | undefined
  readonly owner?: string | undefined
  /** An `otpauth://totp/` address, or its secret in base32. */
  readonly totp?: string | undefined
  readonly fields?: readonly { readonly name: string; readonly value: string }[] | undefined
  /** Now where nothing is said. */
  readonly created?: Date | undefined
  readonly modified?: Date | undefined
}

export interface OneTimeCode {
  /** Digits, mostly six. */
  readonly code: string
  /** Until when it is valid. */
  readonly validUntil: Date
}

export interface GeneratePasswordOptions {
  /** 4 to 1024; 20 where nothing is said. */
  readonly length?: number | undefined
  /** Kinds of characters; at least one of each is in the password. All where nothing is said. */
  readonly characters?: readonly CharacterKind[] | undefined
  /** Leaves out what is easily taken for something else: `I l 1 O 0 o |`. */
  readonly readable?: boolean | undefined
}

export type CharacterKind = 'lower' | 'upper' | 'digit' | 'symbol'

export type PasswordFormat = 'chrome-csv' | 'firefox-csv' | 'bitwarden-csv' | 'bitwarden-json'

export interface ImportPasswordsOptions {
  readonly format?: PasswordFormat | undefined
  /** Instead of the name of the program. */
  readonly owner?: string | undefined
  readonly replace?: boolean | undefined
}

/** Tells what came of an import, without any secret. */
export interface ImportPasswordsReport {
  readonly format: PasswordFormat | 'pycoffer'
  readonly added: number
  readonly replaced: number
  /** Of what was there as it is. */
  readonly unchanged: number
  /** What was left out, and why. `place` is the row (the header is 1) or the number of the item (the first is 1). */
  readonly skipped: readonly { readonly place: number; readonly reason: string }[]
}
