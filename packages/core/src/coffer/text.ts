import { utf8 } from '../bytes/bytes.js'

/** The bytes of a text that somebody gives. @throws TypeError where it would not be read as it is. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return utf8(text)
  throw new TypeError('The text is not well-formed Unicode, half of a surrogate pair stands alone in it: take it out, or write the text as bytes.')
}

/** Decodes pieces of bytes as text. @throws TypeError for bytes that are not in that encoding. */
export async function* decodeText(pieces: AsyncIterable<Uint8Array>, encoding = 'utf-8'): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true })
    if (text !== '') yield text
  }
  const rest = decoder.decode()
  if (rest !== '') yield rest
}

/** The lines of a text, without `\n` or `\r\n`; a last line needs no end. A `\r` anywhere else is part of its line. */
export async function* splitLines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = []
  for await (const text of texts) {
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      parts.push(text.slice(start, end))
      yield withoutReturn(parts.join(''))
      parts = []
      start = end + 1
    }
    if (start < text.length) parts.push(text.slice(start))
  }
  if (parts.length > 0) yield parts.join('')
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/** Lines as the bytes of a text file. @throws TypeError for a line that would not be read as it is. */
export async function* joinLines(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  if (typeof lines === 'string') throw new TypeError('Lines are a list of strings; a text is written by write().')
  for await (const line of lines) {
    if (typeof line !== 'string' || line.includes('\n')) throw new TypeError('A line is a string without a line end.')
    // Before the `\n` it is the first half of a line end, and no part of the line.
    if (line.endsWith('\r')) throw new TypeError('A line ends in "\\r", which is half of a line end: take it away, or write the text as it is with write().')
    yield textBytes(`${line}\n`)
  }
}

/** Turns text that comes in pieces into bytes of an encoding. */
export interface TextEncode {
  /** The bytes of `text`; half of a character at its end waits for the other half. @throws TypeError, RangeError for what has no bytes. */
  encode(text: string): Uint8Array
  /** The bytes of what still waits: where something else than text follows, or nothing. @throws TypeError for half of a character. */
  end(): Uint8Array
}

/** @throws RangeError for an encoding that cannot be written. */
export function textEncoder(encoding: string): TextEncode {
  switch (encoding.toLowerCase().replaceAll('_', '-')) {
    case 'utf-8':
    case 'utf8':
      return utf8Pieces()
    case 'utf-16le':
    case 'utf-16':
      return unitPieces(2, 0xffff, encoding)
    case 'latin1':
    case 'iso-8859-1':
      return unitPieces(1, 0xff, encoding)
    case 'ascii':
    case 'us-ascii':
      return unitPieces(1, 0x7f, encoding)
    default:
      throw new RangeError(`Text cannot be written as ${JSON.stringify(encoding)}: utf-8, utf-16le, latin1 and ascii can.`)
  }
}

function utf8Pieces(): TextEncode {
  let waiting = ''
  return {
    encode(text) {
      const all = waiting + text
      const half = /[\ud800-\udbff]$/.test(all) ? all.slice(-1) : ''
      const bytes = textBytes(half === '' ? all : all.slice(0, -1))
      waiting = half
      return bytes
    },
    end: () => textBytes(waiting),
  }
}

/** Each code unit is written by itself, so that nothing waits. */
function unitPieces(width: 1 | 2, most: number, encoding: string): TextEncode {
  return { encode: (text) => codeUnits(text, width, most, encoding), end: () => new Uint8Array(0) }
}

function codeUnits(text: string, width: 1 | 2, most: number, encoding: string): Uint8Array {
  const bytes = new Uint8Array(text.length * width)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // What TextDecoder calls latin1 is windows-1252, which has other characters from 0x80 to 0x9f.
    if (unit > most || (most === 0xff && unit >= 0x80 && unit < 0xa0)) throw new RangeError(`The text holds characters that ${encoding} has no bytes for.`)
    bytes[i * width] = unit & 0xff
    if (width === 2) bytes[i * 2 + 1] = unit >>> 8
  }
  return bytes
}
