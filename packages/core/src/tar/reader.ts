import { concat, isZero, utf8ToText } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'
import { paddingBytes, TAR_BLOCK_BYTES } from './header.js'

/** One entry of an archive that another program wrote. */
export interface TarEntry {
  /** Without leading `./` and `/` and without a trailing slash; empty for the root. */
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink'
  readonly size: number
  readonly mode: number
  /** Seconds since 1970, with fractions where the archive has them. */
  readonly mtime: number
  readonly link: string | undefined
  /** To be read before the next entry is asked for; what is left is skipped. */
  readonly content: AsyncIterable<Uint8Array>
}

/** No extended header is longer. */
const EXTENDED_LIMIT = 1_048_576
/** No name or link is longer, whatever an extended header may hold. */
const NAME_LIMIT = 65_536
/** What is kept of pax headers; the rest may be anything, not even text. */
const PAX_KEYS: readonly string[] = ['path', 'linkpath', 'size', 'mtime']
/** No archive has more entries. */
const ENTRY_LIMIT = 10_000_000

/**
 * Reads a tar stream: ustar, pax and GNU headers. It may end with zero blocks or without.
 * @throws CofferError `ERR_COFFER_DAMAGED` for a malformed or cut one, `ERR_COFFER_LIMIT` for one beyond all measure,
 * `ERR_COFFER_UNSUPPORTED` for entries that no coffer holds.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const input = new TarInput(source)
  const globals = new Map<string, string>()
  let extended = new Map<string, string>()
  let count = 0
  try {
    for (;;) {
      const block = await input.block()
      if (!block || isZero(block)) {
        if (extended.size > 0) throw damaged('an extended header without an entry')
        return
      }
      const fields = decodeUstar(block)
      if (++count > ENTRY_LIMIT) throw new CofferError('ERR_COFFER_LIMIT', 'The archive has more entries than are accepted.')
      switch (fields.typeFlag) {
        case 'x':
        case 'g':
          decodePax(await input.body(fields.size), fields.typeFlag === 'g' ? globals : extended)
          continue
        case 'L':
          extended.set('path', cString(await input.body(fields.size)))
          continue
        case 'K':
          extended.set('linkpath', cString(await input.body(fields.size)))
          continue
        default:
      }
      const entry = toEntry(fields, new Map([...globals, ...extended]), input)
      extended = new Map()
      yield entry
      await input.skip()
    }
  } finally {
    await input.close()
  }
}

interface UstarFields {
  readonly name: string
  readonly typeFlag: string
  readonly size: number
  readonly mode: number
  readonly mtime: number
  readonly link: string
}

function toEntry(fields: UstarFields, pax: ReadonlyMap<string, string>, input: TarInput): TarEntry {
  // An empty value is as good as none.
  const said = (key: string): string | undefined => pax.get(key) || undefined
  const size = decimal(said('size'), 'size') ?? fields.size
  const mtime = decimal(said('mtime'), 'mtime') ?? fields.mtime
  const link = said('linkpath') ?? fields.link
  const type = typeOf(fields)
  const hasContent = type === 'file'
  if (!Number.isSafeInteger(size) || size < 0) throw damaged('a size that is none')
  input.expect(hasContent ? size : 0)
  return {
    name: cleanName(said('path') ?? fields.name),
    type,
    size: hasContent ? size : 0,
    mode: fields.mode & 0o7777,
    mtime,
    link: type === 'hardlink' ? cleanName(link) : type === 'symlink' ? link : undefined,
    content: input.content(),
  }
}

function typeOf({ typeFlag, name }: UstarFields): TarEntry['type'] {
  switch (typeFlag) {
    case '0':
    case '7':
      return 'file'
    // Before ustar, a directory was a file whose name ends in a slash.
    case '\0':
      return name.endsWith('/') ? 'directory' : 'file'
    case '1':
      return 'hardlink'
    case '2':
      return 'symlink'
    case '5':
      return 'directory'
    default:
      throw new CofferError('ERR_COFFER_UNSUPPORTED', `The archive holds an entry of type ${JSON.stringify(typeFlag)}, which no coffer holds.`)
  }
}

function decodeUstar(block: Uint8Array): UstarFields {
  let sum = 0
  let signedSum = 0
  for (let i = 0; i < block.length; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (block[i] as number)
    sum += byte
    signedSum += byte < 0x80 ? byte : byte - 0x100
  }
  // Some old programs add up signed characters.
  const stated = number(block, 148, 8)
  if (stated !== sum && stated !== signedSum) throw damaged('a header whose checksum is wrong')
  // As all programs of this century write it; without it, too much that is no header would pass for one where a file is damaged.
  if (cString(block.subarray(257, 262)) !== 'ustar') throw damaged('a header that is not one of ustar')
  const prefix = block[263] === 0x30 ? cString(block.subarray(345, 500)) : ''
  const name = cString(block.subarray(0, 100))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    typeFlag: String.fromCharCode(block[156] as number),
    size: number(block, 124, 12),
    mode: number(block, 100, 8),
    mtime: number(block, 136, 12),
    link: cString(block.subarray(157, 257)),
  }
}

/** A number in octal digits, or in GNU's base 256. */
function number(block: Uint8Array, at: number, length: number): number {
  const first = block[at] as number
  if (first & 0x80) {
    let value = first === 0xff ? -1 : first & 0x7f
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] as number)
    if (!Number.isSafeInteger(value)) throw damaged('a number that is too large')
    return value
  }
  // Up to the first NUL, with spaces around it.
  const digits = /^ *([0-7]*) *(?:\0|$)/.exec(String.fromCharCode(...block.subarray(at, at + length)))?.[1]
  if (digits === undefined) throw damaged('a number that is none')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}

function decimal(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined
  if (!/^-?\d{1,20}(\.\d{0,20})?$/.test(text)) throw damaged(`a ${what} that is none`)
  return Number(text)
}

function decodePax(body: Uint8Array, into: Map<string, string>): void {
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const space = body.indexOf(0x20, at)
    const digits = space < 0 || space - at > 7 ? '' : String.fromCharCode(...body.subarray(at, space))
    const length = /^\d{1,7}$/.test(digits) ? Number(digits) : 0
    const record = body.subarray(space + 1, at + length)
    const equals = record.indexOf(0x3d)
    if (length === 0 || at + length > body.length || equals < 1 || record.at(-1) !== 0x0a) throw damaged('a malformed pax header')
    const key = equals > 16 ? '' : String.fromCharCode(...record.subarray(0, equals))
    if (key.startsWith('GNU.sparse.')) throw new CofferError('ERR_COFFER_UNSUPPORTED', 'The archive holds a sparse file, which no coffer holds.')
    // An empty value stays: it takes back what a global header says.
    if (PAX_KEYS.includes(key)) into.set(key, text(record.subarray(equals + 1, -1)))
    at += length
  }
}

/** Names as Python's `data` filter leaves them, without a leading or trailing slash and `.` components. */
function cleanName(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return text(end < 0 ? bytes : bytes.subarray(0, end))
}

function text(bytes: Uint8Array): string {
  if (bytes.length > NAME_LIMIT) throw new CofferError('ERR_COFFER_NAME', 'The archive holds a name of more than 64 KiB.')
  try {
    return utf8ToText(bytes)
  } catch (error) {
    throw new CofferError('ERR_COFFER_NAME', 'The archive holds a name that is not UTF-8.', error)
  }
}

/** A tar stream, taken in blocks. */
class TarInput {
  readonly #iterator: AsyncIterator<Uint8Array>
  #buffer: Uint8Array = new Uint8Array(0)
  /** Bytes of the current entry, and of its padding, that were not read yet. */
  #content = 0
  #padding = 0
  #entry = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** The next header block; `undefined` at the end of the stream. */
  async block(): Promise<Uint8Array | undefined> {
    const bytes = await this.#take(TAR_BLOCK_BYTES)
    if (bytes.length === 0) return undefined
    if (bytes.length < TAR_BLOCK_BYTES) throw damaged('an end inside a header')
    return bytes
  }

  /** The whole content of an extended header. */
  async body(size: number): Promise<Uint8Array> {
    if (size > EXTENDED_LIMIT || size < 0) throw new CofferError('ERR_COFFER_LIMIT', 'The archive has a header longer than 1 MiB.')
    const bytes = await this.#take(size + paddingBytes(size))
    if (bytes.length < size) throw damaged('an end inside a header')
    return bytes.subarray(0, size)
  }

  expect(size: number): void {
    this.#entry += 1
    this.#content = size
    this.#padding = paddingBytes(size)
  }

  /** The content of the entry that is the current one now. */
  content(): AsyncGenerator<Uint8Array> {
    return this.#contentOf(this.#entry)
  }

  async *#contentOf(entry: number): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (entry !== this.#entry) throw new TypeError('The content of an entry is read before the next entry is asked for.')
      if (this.#content === 0) return
      if (this.#buffer.length === 0 && !(await this.#fill())) throw damaged('an end inside a member')
      const piece = this.#buffer.subarray(0, this.#content)
      this.#buffer = this.#buffer.subarray(piece.length)
      this.#content -= piece.length
      yield piece
    }
  }

  async skip(): Promise<void> {
    const rest = this.content()
    while (!(await rest.next()).done);
    const padding = await this.#take(this.#padding)
    if (padding.length < this.#padding) throw damaged('an end inside a member')
    this.#padding = 0
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }

  /** `length` bytes; fewer only at the end of the stream. */
  async #take(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let have = 0; have < length; ) {
      if (this.#buffer.length === 0 && !(await this.#fill())) break
      const piece = this.#buffer.subarray(0, length - have)
      parts.push(piece)
      have += piece.length
      this.#buffer = this.#buffer.subarray(piece.length)
    }
    return concat(parts)
  }

  async #fill(): Promise<boolean> {
    const next = await this.#iterator.next()
    if (next.done) return false
    this.#buffer = next.value
    return true
  }
}

function damaged(what: string): CofferError {
  return new CofferError('ERR_COFFER_DAMAGED', `The archive in the coffer has ${what}.`)
}
