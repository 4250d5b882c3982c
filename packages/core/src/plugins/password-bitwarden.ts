import { CofferError } from '../errors.js'
import type { ImportedItem, NamedRow } from './password-import.js'
import { isObject } from './password-store.js'

const OWNER = 'bitwarden'
interface ExtraField {
  readonly name: string
  readonly value: string
}

/** A row of Bitwarden's CSV, which has logins and notes only. */
export function parseBitwardenCsv(row: NamedRow): ImportedItem {
  const name = row('name')
  if (name === '') return { reason: 'it has no name' }
  const fields = row('fields')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(': ')
      return colon === -1 ? { name: '', value: line } : { name: line.slice(0, colon), value: line.slice(colon + 2) }
    })
  const place = row('folder') || row('collections')
  return {
    input: {
      name,
      username: row('login_username'),
      password: row('login_password'),
      // Several stand with commas between them, which addresses may have themselves: one begins with its scheme.
      urls: row('login_uri').split(/,(?=[a-z][a-z0-9+.-]*:\/\/)/i),
      note: row('notes'),
      totp: row('login_totp'),
      owner: OWNER,
      fields: place === '' ? fields : [...fields, { name: 'folder', value: place }],
    },
  }
}

/** The items of Bitwarden's JSON. What is more than a login has (cards, identities, SSH keys) becomes fields. */
export function parseBitwardenJson(text: string): ImportedItem[] {
  const file = parse(text)
  if (!isObject(file) || !('encrypted' in file)) {
    throw new CofferError(
      'ERR_COFFER_UNSUPPORTED',
      'This JSON is no export of Bitwarden. Export the passwords again as CSV or JSON.',
    )
  }
  if (file['encrypted'] !== false) {
    throw new CofferError(
      'ERR_COFFER_UNSUPPORTED',
      'This export of Bitwarden is encrypted: export again with the format "json", and delete that file afterwards.',
    )
  }
  const { items } = file
  if (!Array.isArray(items)) throw damaged()
  const folders = new Map(listOf(file['folders']).flatMap((folder) => (isObject(folder) ? [[folder['id'], textOf(folder['name'])]] : [])))
  return items.map((item: unknown) => {
    if (!isObject(item)) throw damaged()
    return parseItem(item, folders.get(item['folderId']))
  })
}

function parseItem(item: Readonly<Record<string, unknown>>, folder: string | undefined): ImportedItem {
  if (item['deletedDate']) return { reason: 'it is in the trash' }
  const name = textOf(item['name'])
  if (name === '') return { reason: 'it has no name' }
  const login = isObject(item['login']) ? item['login'] : {}
  const fields = [...listOf(item['fields']).flatMap(toField), ...['card', 'identity', 'sshKey'].flatMap((part) => fieldsOf(item[part]))]
  return {
    input: {
      name,
      username: textOf(login['username']),
      password: textOf(login['password']),
      urls: listOf(login['uris']).flatMap((uri) => (isObject(uri) ? [textOf(uri['uri'])] : [])),
      note: textOf(item['notes']),
      totp: textOf(login['totp']),
      owner: OWNER,
      fields: folder ? [...fields, { name: 'folder', value: folder }] : fields,
      created: dateOf(item['creationDate']),
      modified: dateOf(item['revisionDate']),
    },
    lost: lostOf(item, login),
  }
}

function lostOf(item: Readonly<Record<string, unknown>>, login: Readonly<Record<string, unknown>>): string | undefined {
  const lost = [
    ...(listOf(login['fido2Credentials']).length > 0 ? ['its passkeys'] : []),
    ...(listOf(item['passwordHistory']).length > 0 ? ['its earlier passwords'] : []),
    ...(listOf(item['attachments']).length > 0 ? ['its attachments'] : []),
  ]
  return lost.length === 0 ? undefined : `without ${lost.join(', ')}`
}

/** A field of the user's own; one that links to another holds nothing itself. */
function toField(field: unknown): ExtraField[] {
  if (!isObject(field) || field['value'] === null || field['value'] === undefined) return []
  return [{ name: textOf(field['name']), value: textOf(field['value']) }]
}

function fieldsOf(part: unknown): ExtraField[] {
  if (!isObject(part)) return []
  return Object.entries(part).flatMap(([name, value]) => (textOf(value) === '' ? [] : [{ name, value: textOf(value) }]))
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function dateOf(value: unknown): Date | undefined {
  const date = new Date(textOf(value) || Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // What the parser says would repeat a part of the export.
    throw damaged()
  }
}

function damaged(): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', 'The JSON of the export is cut or was changed: export the passwords again.')
}
