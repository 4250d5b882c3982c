import { utf8ToText } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import { parseBitwardenCsv, parseBitwardenJson } from './password-bitwarden.js'
import { parseCsv, type CsvRow } from './csv.js'
import type { PasswordFormat, PasswordInput } from './passwords.js'

/** What is in an export. */
export interface ImportedPasswords {
  readonly format: PasswordFormat
  readonly passwords: readonly { readonly place: number; readonly input: PasswordInput }[]
  readonly skipped: readonly { readonly place: number; readonly reason: string }[]
}

/** What one row or item comes to: a login, with what of it had to be left out; or why it is none. */
export type ImportedItem = { readonly input: PasswordInput; readonly lost?: string | undefined } | { readonly reason: string }

/** A row of a table with a header, by the names of its columns in lower case. */
export type NamedRow = (column: string) => string

/**
 * Reads an export of Chrome, Firefox or Bitwarden.
 * @throws CofferError `ERR_COFFER_UNSUPPORTED` for another file, `ERR_COFFER_DAMAGED` for a broken one.
 */
export function parseExport(data: string | Uint8Array, format?: PasswordFormat): ImportedPasswords {
  const text = toText(data)
  const isJson = format ? format === 'bitwarden-json' : /^\s*[{[]/.test(text)
  if (!isJson) return parseTable(text, format)
  return collect(
    'bitwarden-json',
    parseBitwardenJson(text).map((item, i) => ({ place: i + 1, item })),
  )
}

interface Table {
  readonly format: PasswordFormat
  /** Columns that tell this table from another one. */
  readonly needs: readonly string[]
  readonly parse: (row: NamedRow) => ImportedItem
}

const tables: readonly Table[] = [
  { format: 'firefox-csv', needs: ['url', 'username', 'password', 'guid', 'timecreated'], parse: parseFirefoxRow },
  { format: 'bitwarden-csv', needs: ['type', 'name', 'login_uri', 'login_username', 'login_password'], parse: parseBitwardenCsv },
  { format: 'chrome-csv', needs: ['name', 'url', 'username', 'password'], parse: parseChromeRow },
]

function parseTable(text: string, format: PasswordFormat | undefined): ImportedPasswords {
  const [header, ...rows] = parseCsv(text)
  const columns = (header?.fields ?? []).map((column) => column.trim().toLowerCase())
  const table = tables
    .filter((candidate) => (format ?? candidate.format) === candidate.format)
    .find(({ needs }) => needs.every((column) => columns.includes(column)))
  if (!table) {
    const known = format ?? 'an export of Chrome, Firefox or Bitwarden'
    throw new CofferError(
      'ERR_COFFER_UNSUPPORTED',
      `This is not ${known}: the first row has not its columns. Export the passwords again as CSV or JSON.`,
    )
  }
  const parseRow = (row: CsvRow): ImportedItem => {
    if (row.fields.length !== columns.length) return { reason: `it has ${row.fields.length} fields, not ${columns.length}` }
    return table.parse(namedRow(columns, row))
  }
  return collect(
    table.format,
    rows.map((row) => ({ place: row.number, item: parseRow(row) })),
  )
}

interface PlacedItem {
  readonly place: number
  readonly item: ImportedItem
}

function collect(format: PasswordFormat, items: readonly PlacedItem[]): ImportedPasswords {
  return {
    format,
    passwords: items.flatMap(({ place, item }) => ('input' in item ? [{ place, input: item.input }] : [])),
    skipped: items.flatMap(({ place, item }) => {
      const reason = 'input' in item ? item.lost : item.reason
      return reason === undefined ? [] : [{ place, reason }]
    }),
  }
}

function namedRow(columns: readonly string[], { fields }: CsvRow): NamedRow {
  return (column) => fields[columns.indexOf(column)] ?? ''
}

function parseChromeRow(row: NamedRow): ImportedItem {
  const [url, username, password] = [row('url'), row('username'), row('password')]
  const name = row('name') || hostOf(url)
  if (name === '') return { reason: 'it has neither a name nor an address' }
  return { input: { name, username, password, urls: [url], note: row('note') || row('notes'), owner: 'chrome' } }
}

function parseFirefoxRow(row: NamedRow): ImportedItem {
  const url = row('url')
  if (url.startsWith('chrome://')) return { reason: "it is one of Firefox's own" }
  const name = hostOf(url)
  if (name === '') return { reason: 'it has no address' }
  const realm = row('httprealm')
  return {
    input: {
      name,
      username: row('username'),
      password: row('password'),
      urls: [url],
      owner: 'firefox',
      ...(realm === '' ? {} : { fields: [{ name: 'httpRealm', value: realm }] }),
      created: dateOf(row('timecreated')),
      modified: dateOf(row('timepasswordchanged')),
    },
  }
}

/** Milliseconds since 1970, as Firefox writes them. */
function dateOf(text: string): Date | undefined {
  const date = new Date(/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** `example.org` of `https://user@example.org:8080/path`; the whole where it is no such address. */
function hostOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]+)/i.exec(url)?.[1] ?? url
}

function toText(data: string | Uint8Array): string {
  try {
    return (typeof data === 'string' ? data : utf8ToText(data)).replace(/^\uFEFF/, '')
  } catch {
    throw new CofferError('ERR_COFFER_DAMAGED', 'The export is no text in UTF-8.')
  }
}
