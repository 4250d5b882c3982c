import header from 'tar-js/lib/header.js'
import { concat, utf8 } from '../bytes/bytes.js'

/** What a tar entry says of a member. */
export interface TarMeta {
  /** Without a trailing slash; `.` is the root. */
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink'
  /** Bytes that follow the header. */
  readonly size: number
  readonly mode: number
  /** Whole seconds since 1970. */
  readonly mtime: number
  /** Where a symlink points. */
  readonly link?: string
}

/** Headers, contents and padding come in multiples of this. */
export const TAR_BLOCK_BYTES = 512

const typeFlags = { file: '0', directory: '5', symlink: '2' } as const
const NAME_FIELD = 100
const PREFIX_FIELD = 155
/** From here on, 11 octal digits do not hold a size or a time. */
const OCTAL_LIMIT: number = 8 ** 11
/** The year 9999 ends with it, and so does what Python takes. */
const MOST_SECONDS = 253_402_300_799

/**
 * The header blocks of an entry: ustar, after a pax header where ustar cannot hold a name or link. Their length depends on the name
 * and link alone, so that room can be kept for them before the size is known.
 */
export function encodeHeader(meta: TarMeta): Uint8Array {
  const name = meta.type === 'directory' ? `${meta.name}/` : meta.name
  const link = meta.link ?? ''
  const place = splitName(name)
  const records: Record<string, string> = {}
  if (!place) records['path'] = name
  if (link !== '' && !fitsField(link, NAME_FIELD)) records['linkpath'] = link
  const blocks: Uint8Array[] = []
  if (Object.keys(records).length > 0) {
    const body = encodePax(records)
    const pax = { name: 'PaxHeaders/entry', prefix: '', typeFlag: 'x', size: body.length, mode: 0o600, mtime: 0, link: '' }
    blocks.push(encodeUstar(pax), body, new Uint8Array(paddingBytes(body.length)))
  }
  const shortName = place ?? { name: asciiStart(name), prefix: '' }
  const shortLink = fitsField(link, NAME_FIELD) ? link : asciiStart(link)
  blocks.push(encodeUstar({ ...shortName, typeFlag: typeFlags[meta.type], size: meta.size, mode: meta.mode, mtime: meta.mtime, link: shortLink }))
  return concat(blocks)
}

/** Zeros that follow `size` bytes of content. */
export function paddingBytes(size: number): number {
  return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES
}

interface UstarFields {
  readonly name: string
  readonly prefix: string
  readonly typeFlag: string
  readonly size: number
  readonly mode: number
  readonly mtime: number
  readonly link: string
}

function encodeUstar(fields: UstarFields): Uint8Array {
  const mtime = Math.min(MOST_SECONDS, Math.max(0, Math.floor(fields.mtime)))
  const block = header.format({
    fileName: fields.name,
    fileMode: octal(fields.mode & 0o7777, 7),
    uid: octal(0, 7),
    gid: octal(0, 7),
    fileSize: fields.size < OCTAL_LIMIT ? octal(fields.size, 11) : '',
    mtime: mtime < OCTAL_LIMIT ? octal(mtime, 11) : '',
    checksum: '        ',
    type: fields.typeFlag,
    linkName: fields.link,
    ustar: 'ustar\u000000',
    filenamePrefix: fields.prefix,
  })
  if (fields.size >= OCTAL_LIMIT) putBase256(block, 124, 12, fields.size)
  if (mtime >= OCTAL_LIMIT) putBase256(block, 136, 12, mtime)
  let sum = 0
  for (const byte of block) sum += byte
  block.set(utf8(`${octal(sum, 6)}\0 `), 148)
  return block
}

/** GNU's way to write a number that has too many digits: big-endian, the first bit set. */
function putBase256(block: Uint8Array, at: number, length: number, value: number): void {
  let rest = value
  for (let i = at + length - 1; i > at; i--) {
    block[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  block[at] = 0x80
}

/** Name and prefix of ustar, or `undefined` where the name does not fit there. */
function splitName(name: string): { name: string; prefix: string } | undefined {
  if (fitsField(name, NAME_FIELD)) return { name, prefix: '' }
  if (!isAscii(name) || name.length > NAME_FIELD + PREFIX_FIELD + 1) return undefined
  // The slash between the two is not written; the name must not begin or end up empty.
  const at = name.indexOf('/', name.length - NAME_FIELD - 1)
  if (at < 1 || at > PREFIX_FIELD || at === name.length - 1) return undefined
  return { prefix: name.slice(0, at), name: name.slice(at + 1) }
}

function fitsField(text: string, bytes: number): boolean {
  return text.length <= bytes && isAscii(text)
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return false
  return true
}

/** What a reader without pax shows: as much of the name as fits, what is not ASCII as `_`. */
function asciiStart(text: string): string {
  return text.slice(0, NAME_FIELD).replaceAll(/[^\u0020-\u007e]/g, '_')
}

/** POSIX pax records: "length key=value\n", the length in decimal and including itself. */
function encodePax(records: Record<string, string>): Uint8Array {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = utf8(` ${key}=${value}\n`)
    let length = rest.length + 1
    while (length !== rest.length + String(length).length) length = rest.length + String(length).length
    return concat([utf8(String(length)), rest])
  })
  return concat(lines)
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
