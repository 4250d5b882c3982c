import { utf8, utf8ToText } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import type { Password, PasswordInfo, PasswordInput, PasswordQuery } from './passwords.js'

export const PASSWORDS_FILE = '.plugins/password.json'
/** Where PyCoffer's own plugin keeps its logins. */
export const PYCOFFER_FILE = '.plugins/passwd'
const FORMAT = 'coffer-passwords'

/** A login as it is kept. */
export interface StoredPassword {
  readonly id: string
  readonly name: string
  readonly username?: string
  readonly password?: string
  readonly urls: readonly string[]
  readonly note?: string
  readonly owner?: string
  readonly totp?: string
  readonly fields: readonly { readonly name: string; readonly value: string }[]
  readonly created: Date
  readonly modified: Date
}

const textFields = ['username', 'password', 'note', 'owner', 'totp'] as const
const knownFields: readonly string[] = ['id', 'name', ...textFields, 'urls', 'fields', 'created', 'modified']

/** The member's bytes (docs/FORMAT.md, Passwords). */
export function encodePasswords(passwords: readonly StoredPassword[]): Uint8Array {
  return utf8(`${JSON.stringify({ format: FORMAT, version: 1, passwords }, undefined, 1)}\n`)
}

/** @throws CofferError `ERR_COFFER_DAMAGED` for what this plugin did not write, `ERR_COFFER_UNSUPPORTED` for a newer version. */
export function decodePasswords(bytes: Uint8Array): StoredPassword[] {
  const file = parseJson(bytes)
  if (!isObject(file) || file['format'] !== FORMAT) return damaged()
  if (file['version'] !== 1) {
    throw new CofferError('ERR_COFFER_UNSUPPORTED', `${PASSWORDS_FILE} is of a newer version: take a newer Coffer to change it.`)
  }
  const { passwords } = file
  if (!Array.isArray(passwords)) return damaged()
  const read = passwords.map(toStored)
  return new Set(read.map(({ id }) => id)).size === read.length ? read : damaged()
}

function toStored(value: unknown): StoredPassword {
  if (!isObject(value) || Object.keys(value).some((name) => !knownFields.includes(name))) return damaged()
  const { id, name, created, modified } = value
  if (typeof id !== 'string' || id === '' || typeof created !== 'string' || typeof modified !== 'string') return damaged()
  try {
    return storedFrom({ ...value, name, created: new Date(created), modified: new Date(modified) } as PasswordInput, id)
  } catch {
    return damaged()
  }
}

/** A login out of what a caller gave, with nothing of it kept. @throws TypeError for a field of the wrong type, or no name. */
export function storedFrom(input: PasswordInput, id: string): StoredPassword {
  const { name, urls = [], fields = [], created = new Date(), modified = created } = input
  if (typeof name !== 'string' || name === '') throw new TypeError('A login has a `name` that is not empty.')
  if (!Array.isArray(urls) || urls.some((url) => typeof url !== 'string')) throw new TypeError('`urls` are strings.')
  const isField = (field: unknown): boolean => isObject(field) && typeof field['name'] === 'string' && typeof field['value'] === 'string'
  if (!Array.isArray(fields) || !fields.every(isField)) {
    throw new TypeError('`fields` are objects of a `name` and a `value`.')
  }
  for (const date of [created, modified]) if (!(date instanceof Date) || Number.isNaN(date.getTime())) throw new TypeError('`created` and `modified` are dates.')
  const texts = textFields.flatMap((field) => {
    const text: unknown = input[field]
    if (text !== undefined && typeof text !== 'string') throw new TypeError(`\`${field}\` is a string.`)
    // Imports have empty fields where there is nothing.
    return text === undefined || text === '' ? [] : [[field, text] as const]
  })
  return {
    id,
    name,
    ...Object.fromEntries(texts),
    urls: urls.filter((url) => url !== ''),
    fields: fields.map((field) => ({ name: field.name, value: field.value })),
    created: new Date(created),
    modified: new Date(modified),
  }
}

export function toInfo({ id, name, username, urls, owner, created, modified, ...secret }: StoredPassword): PasswordInfo {
  return {
    id,
    name,
    ...(username === undefined ? {} : { username }),
    ...(owner === undefined ? {} : { owner }),
    urls,
    created,
    modified,
    hasPassword: secret.password !== undefined,
    hasNote: secret.note !== undefined,
    hasTotp: secret.totp !== undefined,
  }
}

export function toPassword(stored: StoredPassword): Password {
  return { ...stored, ...toInfo(stored) }
}

export function fits(stored: StoredPassword, { id, name, owner, username }: PasswordQuery): boolean {
  const same = (asked: string | undefined, is: string | undefined): boolean => asked === undefined || asked === is
  return same(id, stored.id) && same(name, stored.name) && same(owner, stored.owner) && same(username, stored.username)
}

/** Whether two logins say the same, whenever they were made. */
export function sameContent(a: StoredPassword, b: StoredPassword): boolean {
  const contentOf = ({ name, urls, fields, ...rest }: StoredPassword): string => {
    return JSON.stringify([name, urls, fields, textFields.map((field) => rest[field])])
  }
  return contentOf(a) === contentOf(b)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8ToText(bytes)) as unknown
  } catch {
    // What the parser says would repeat a part of the file.
    return damaged()
  }
}

function damaged(): never {
  throw new CofferError('ERR_COFFER_DAMAGED', `${PASSWORDS_FILE} was not written by the password plugin, or was changed since.`)
}
