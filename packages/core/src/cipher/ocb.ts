import { ecb } from '@noble/ciphers/aes.js'

const BLOCK_BYTES = 16
const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * The OCB mode of RFC 7253 with 128-bit tags over a library's AES. Offsets are worked into the whole text beforehand, so that the
 * block cipher runs once over all of it. What is done to each byte is done to four at a time.
 */
export class Ocb {
  readonly #key: Uint8Array
  /** L_*, L_$, then L_0, L_1, ... as far as they were needed. */
  readonly #star: Uint8Array
  readonly #dollar: Uint8Array
  readonly #doubles: Uint32Array[]

  constructor(key: Uint8Array) {
    this.#key = key
    this.#star = this.#encipher(new Uint8Array(BLOCK_BYTES))
    this.#dollar = double(this.#star)
    this.#doubles = [wordsOf(double(this.#dollar))]
  }

  seal(nonce: Uint8Array, plain: Uint8Array, associated: Uint8Array = NOTHING): { ciphertext: Uint8Array; tag: Uint8Array } {
    const blocks = wholeBlocks(plain)
    const { offsets, last } = this.#offsets(nonce, blocks.length)
    const sum = sumOf(blocks)
    xorInto(blocks, offsets)
    const sealed = this.#encipher(blocks)
    xorInto(sealed, offsets)
    const ciphertext = new Uint8Array(plain.length)
    ciphertext.set(sealed)
    const rest = plain.subarray(blocks.length)
    const { pad, offset } = this.#rest(last, rest.length)
    ciphertext.set(xor(rest, pad), blocks.length)
    return { ciphertext, tag: this.#tag(sum, rest, offset, associated) }
  }

  /** The plaintext and the tag that it should have had; not authentic until that was compared. */
  open(nonce: Uint8Array, ciphertext: Uint8Array, associated: Uint8Array = NOTHING): { plain: Uint8Array; tag: Uint8Array } {
    const blocks = wholeBlocks(ciphertext)
    const { offsets, last } = this.#offsets(nonce, blocks.length)
    xorInto(blocks, offsets)
    const opened = this.#decipher(blocks)
    xorInto(opened, offsets)
    const plain = new Uint8Array(ciphertext.length)
    plain.set(opened)
    const { pad, offset } = this.#rest(last, ciphertext.length - blocks.length)
    const rest = xor(ciphertext.subarray(blocks.length), pad)
    plain.set(rest, blocks.length)
    return { plain, tag: this.#tag(sumOf(opened), rest, offset, associated) }
  }

  /** The offsets of all whole blocks, one after the other, and the last of them. */
  #offsets(nonce: Uint8Array, length: number): { offsets: Uint8Array; last: Uint8Array } {
    const offsets = new Uint8Array(length)
    const words = wordsOf(offsets)
    const last = this.#firstOffset(nonce)
    const offset = wordsOf(last)
    let [a, b, c, d] = offset as unknown as [number, number, number, number]
    for (let at = 0, i = 1; at < words.length; at += 4, i++) {
      const mask = this.#double(31 - Math.clz32(i & -i))
      words[at] = a ^= mask[0] as number
      words[at + 1] = b ^= mask[1] as number
      words[at + 2] = c ^= mask[2] as number
      words[at + 3] = d ^= mask[3] as number
    }
    offset.set([a, b, c, d])
    return { offsets, last }
  }

  #firstOffset(nonce: Uint8Array): Uint8Array {
    const block = new Uint8Array(BLOCK_BYTES)
    block.set(nonce, BLOCK_BYTES - nonce.length)
    // The first seven bits hold the length of the tag modulo 128, which is 0; a 1 stands before the nonce.
    block[BLOCK_BYTES - nonce.length - 1] = (block[BLOCK_BYTES - nonce.length - 1] as number) | 1
    const bottom = (block[BLOCK_BYTES - 1] as number) & 0x3f
    block[BLOCK_BYTES - 1] = (block[BLOCK_BYTES - 1] as number) & 0xc0
    const top = this.#encipher(block)
    const stretch = new Uint8Array(24)
    stretch.set(top)
    for (let i = 0; i < 8; i++) stretch[16 + i] = (top[i] as number) ^ (top[i + 1] as number)
    const offset = new Uint8Array(BLOCK_BYTES)
    const bytes = bottom >> 3
    const bits = bottom & 7
    for (let i = 0; i < BLOCK_BYTES; i++) {
      offset[i] = ((stretch[i + bytes] as number) << bits) | ((stretch[i + bytes + 1] ?? 0) >> (8 - bits))
    }
    return offset
  }

  #rest(last: Uint8Array, length: number): { pad: Uint8Array; offset: Uint8Array } {
    if (length === 0) return { pad: new Uint8Array(0), offset: last }
    const offset = xor(last, this.#star)
    return { pad: this.#encipher(offset).subarray(0, length), offset }
  }

  /** `sum`: of the whole blocks of plaintext; `rest`: what follows them. */
  #tag(sum: Uint8Array, rest: Uint8Array, offset: Uint8Array, associated: Uint8Array): Uint8Array {
    if (rest.length > 0) {
      const padded = new Uint8Array(BLOCK_BYTES)
      padded.set(rest)
      padded[rest.length] = 0x80
      xorInto(sum, padded)
    }
    return xor(this.#encipher(xor(xor(sum, offset), this.#dollar)), this.#hash(associated))
  }

  #hash(associated: Uint8Array): Uint8Array {
    let sum: Uint8Array = new Uint8Array(BLOCK_BYTES)
    let offset: Uint8Array = new Uint8Array(BLOCK_BYTES)
    for (let at = 0, i = 1; at < associated.length; at += BLOCK_BYTES, i++) {
      const block = new Uint8Array(BLOCK_BYTES)
      const piece = associated.subarray(at, at + BLOCK_BYTES)
      block.set(piece)
      if (piece.length < BLOCK_BYTES) block[piece.length] = 0x80
      offset = xor(offset, piece.length < BLOCK_BYTES ? this.#star : bytesOf(this.#double(31 - Math.clz32(i & -i))))
      sum = xor(sum, this.#encipher(xor(block, offset)))
    }
    return sum
  }

  #double(index: number): Uint32Array {
    while (this.#doubles.length <= index) this.#doubles.push(wordsOf(double(bytesOf(this.#doubles.at(-1) as Uint32Array))))
    return this.#doubles[index] as Uint32Array
  }

  #encipher(blocks: Uint8Array): Uint8Array {
    return blocks.length === 0 ? blocks : ecb(this.#key, { disablePadding: true }).encrypt(blocks)
  }

  #decipher(blocks: Uint8Array): Uint8Array {
    return blocks.length === 0 ? blocks : ecb(this.#key, { disablePadding: true }).decrypt(blocks)
  }
}

/** Multiplication by x in GF(2^128). */
function double(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK_BYTES)
  for (let i = 0; i < BLOCK_BYTES; i++) out[i] = ((block[i] as number) << 1) | ((block[i + 1] ?? 0) >> 7)
  if ((block[0] as number) & 0x80) out[15] = (out[15] as number) ^ 0x87
  return out
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) ^ (b[i] as number)
  return out
}

/** A copy of the whole blocks of `bytes`, which need not be aligned. (`slice` of a Node Buffer would be a view.) */
function wholeBlocks(bytes: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(bytes.length - (bytes.length % BLOCK_BYTES))
  blocks.set(bytes.subarray(0, blocks.length))
  return blocks
}

/** Of whole words in fresh memory, which is aligned. The order of bytes within a word does not matter to an exclusive or. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

function xorInto(target: Uint8Array, mask: Uint8Array): void {
  const to = wordsOf(target)
  const by = wordsOf(mask)
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) ^ (by[i] as number)
}

/** The exclusive or of all blocks. */
function sumOf(blocks: Uint8Array): Uint8Array {
  const words = wordsOf(blocks)
  let [a, b, c, d] = [0, 0, 0, 0]
  for (let i = 0; i < words.length; i += 4) {
    a ^= words[i] as number
    b ^= words[i + 1] as number
    c ^= words[i + 2] as number
    d ^= words[i + 3] as number
  }
  return bytesOf(Uint32Array.of(a, b, c, d))
}
