import { CofferError } from '../errors.js'
import { PYCOFFER_FILE } from './password-store.js'
import type { PasswordInput } from './passwords.js'
import { decodePickle, PickleDict, PickleObject, type PickleValue } from './pickle.js'

/** What PyCoffer's own plugin calls its logins. */
const INFO = 'pycoffer.plugins.password.PasswordInfo'
const PUBLIC_INFO = 'pycoffer.plugins.password.PasswordInfoPublic'
const DATETIME = 'datetime.datetime'
/** How pickles of protocol 2 write bytes. */
const ENCODE = '_codecs.encode'
/**
 * What a pickle says once it may recall any number of times: all logins together hold this many times its length, and this much more. Each
 * field counts for some characters, whatever is in it.
 */
const MOST_EXPANSION = 100
const FREE_CHARS = 1_048_576
const FIELD_CHARS = 16

/**
 * The logins in what PyCoffer's password plugin wrote, a pickle, without running it.
 * @throws CofferError `ERR_COFFER_UNSUPPORTED` for a pickle of anything else, `ERR_COFFER_DAMAGED` for a broken one.
 */
export function decodePycofferPasswords(bytes: Uint8Array): PasswordInput[] {
  const value = decodePickle(bytes, [INFO, PUBLIC_INFO, DATETIME, ENCODE])
  if (!(value instanceof PickleDict)) return unexpected()
  // A later entry of one key replaces an earlier one, as in Python; PyCoffer's keys are the owner and name that the entry has itself.
  const room = { left: bytes.length * MOST_EXPANSION + FREE_CHARS }
  return value.entries.map(([, info]) => toInput(info, room))
}

function toInput(info: PickleValue, room: { left: number }): PasswordInput {
  if (!(info instanceof PickleObject) || (info.of !== INFO && info.of !== PUBLIC_INFO)) return unexpected()
  if (!(info.state instanceof PickleDict)) return unexpected()
  const texts = new Map<string, string>()
  const times = new Map<string, Date>()
  room.left -= FIELD_CHARS
  for (const [name, value] of info.state.entries) {
    if (typeof name !== 'string') return unexpected()
    room.left -= FIELD_CHARS + name.length + (typeof value === 'string' ? value.length : 0)
    if (room.left < 0) return unexpected()
    if (name === 'ctime' || name === 'mtime') times.set(name, toDate(value))
    else if (typeof value === 'string' || typeof value === 'number') texts.set(name, String(value))
    else if (value !== undefined) return unexpected()
  }
  const { name, username, password, url, note, owner, ...others } = Object.fromEntries(texts) as Partial<Record<string, string>>
  const fields = Object.entries(others).map(([field, value]) => ({ name: field, value: value ?? '' }))
  return {
    // PyCoffer takes a login without a name.
    name: name || url || username || 'unnamed',
    username,
    password,
    urls: url ? [url] : [],
    note,
    owner,
    ...(fields.length > 0 ? { fields } : {}),
    created: times.get('ctime'),
    modified: times.get('mtime'),
  }
}

/** A `datetime` without a zone, which PyCoffer takes from the clock on the wall. */
function toDate(value: PickleValue): Date {
  if (!(value instanceof PickleObject) || value.of !== DATETIME || value.args.length !== 1) return unexpected()
  const packed = toBytes(value.args[0])
  if (packed.length !== 10) return unexpected()
  const [yearHigh = 0, yearLow = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, high = 0, middle = 0] = packed
  const milliseconds = Math.floor((high * 65_536 + middle * 256 + (packed[9] ?? 0)) / 1000)
  // The highest bit of the month tells the second of two same hours, when clocks are set back.
  const date = new Date(yearHigh * 256 + yearLow, (month & 0x7f) - 1, day, hour, minute, second, milliseconds)
  return Number.isFinite(date.getTime()) ? date : unexpected()
}

/** The ten bytes of a time. */
function toBytes(value: PickleValue): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (value instanceof PickleObject && value.of === ENCODE && value.args[1] === 'latin1' && typeof value.args[0] === 'string' && value.args[0].length === 10) {
    return Uint8Array.from(value.args[0], (letter) => letter.charCodeAt(0))
  }
  return unexpected()
}

function unexpected(): never {
  throw new CofferError(
    'ERR_COFFER_UNSUPPORTED',
    `${PYCOFFER_FILE} holds something else than the logins of PyCoffer's password plugin.`,
  )
}
