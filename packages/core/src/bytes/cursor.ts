import { CofferError } from '../errors.js'
import { utf8, utf8ToText } from './bytes.js'

const TWO_32 = 0x1_0000_0000

/** Appends numbers and byte strings to a growing buffer. Numbers are little-endian. */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#length++] = (value >>> shift) & 0xff
    return this
  }

  u64(value: number): this {
    return this.u32(value % TWO_32).u32(Math.floor(value / TWO_32))
  }

  /** Unsigned LEB128: seven bits a byte, the lowest first. */
  varint(value: number): this {
    this.#reserve(8)
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    this.#bytes[this.#length++] = value
    return this
  }

  f64(value: number): this {
    this.#reserve(8)
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true)
    this.#length += 8
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** Length as a varint, then the bytes. */
  blob(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes)
  }

  text(text: string): this {
    return this.blob(utf8(text))
  }

  /** What was written, a view that stays valid until the next call. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/** Reads what {@link ByteWriter} wrote; anything that does not fit is `ERR_COFFER_DAMAGED`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  u64(): number {
    const value = this.u32() + this.u32() * TWO_32
    return Number.isSafeInteger(value) ? value : this.#fail('a number beyond 2^53')
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return Number.isSafeInteger(value) ? value : this.#fail('a number beyond 2^53')
      scale *= 0x80
    }
    return this.#fail('a number of too many bytes')
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true)
  }

  /** A view into the bytes read from. */
  raw(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  blob(): Uint8Array {
    return this.raw(this.varint())
  }

  text(): string {
    const bytes = this.blob()
    try {
      return asciiText(bytes) ?? utf8ToText(bytes)
    } catch (error) {
      if (error instanceof CofferError) throw error
      return this.#fail('text that is not UTF-8')
    }
  }

  end(): void {
    if (this.remaining > 0) this.#fail('bytes after its end')
  }

  #advance(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) this.#fail('an end before its time')
    this.#at = start + length
    return start
  }

  #fail(what: string): never {
    throw new CofferError('ERR_COFFER_DAMAGED', `A record of the coffer has ${what}.`)
  }
}

/** Short ASCII, which is what most names are, without the cost of a decoder; `undefined` for anything else. */
function asciiText(bytes: Uint8Array): string | undefined {
  if (bytes.length > 64) return undefined
  let text = ''
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}
