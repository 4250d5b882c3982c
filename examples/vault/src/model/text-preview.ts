/** How much of a text is shown at first, and with each "more". */
export const TEXT_BYTES = 1 << 20

/** What the bytes of a text mean. */
export interface TextEncoding {
  /** For `TextDecoder`. */
  readonly label: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
  /** For a person. */
  readonly name: string
}

const UTF_8: TextEncoding = { label: 'utf-8', name: 'UTF-8' }
const UTF_16_LE: TextEncoding = { label: 'utf-16le', name: 'UTF-16' }
const UTF_16_BE: TextEncoding = { label: 'utf-16be', name: 'UTF-16, big endian' }
const LATIN_1: TextEncoding = { label: 'windows-1252', name: 'Latin-1' }

/** Guesses from a text's first bytes: by its mark, by the zeros of UTF-16, by whether it is UTF-8 at all. */
export function guessEncoding(head: Uint8Array): TextEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return UTF_16_LE
  if (head[0] === 0xfe && head[1] === 0xff) return UTF_16_BE
  const sample = head.subarray(0, 4096)
  const zeros = [0, 0]
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const many = sample.length / 8
  if (odd > many && even * 8 < odd) return UTF_16_LE
  if (even > many && odd * 8 < even) return UTF_16_BE
  try {
    // The last character may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return UTF_8
  } catch {
    return LATIN_1
  }
}

/** Makes text of bytes that come piece by piece, in one encoding, guessed from the first. */
export class TextPieces {
  #decoder: TextDecoder | undefined
  #encoding: TextEncoding = UTF_8

  get encoding(): TextEncoding {
    return this.#encoding
  }

  /** `isLast`: no bytes follow. */
  next(bytes: Uint8Array, isLast: boolean): string {
    if (!this.#decoder) {
      this.#encoding = guessEncoding(bytes)
      this.#decoder = new TextDecoder(this.#encoding.label)
    }
    return this.#decoder.decode(bytes, { stream: !isLast })
  }
}

/** Blocks of whole lines, of about so many characters, so that the browser lays out those only that are seen. */
export function splitForLayout(text: string, characters = 16_384): string[] {
  const blocks: string[] = []
  for (let at = 0; at < text.length; ) {
    const line = text.indexOf('\n', at + characters)
    // A line without an end is cut, but never within a character of two units.
    const far = at + 4 * characters
    let end = line < 0 ? text.length : line + 1
    if (end > far) end = isLowSurrogate(text.charCodeAt(far)) ? far + 1 : far
    blocks.push(text.slice(at, end))
    at = end
  }
  return blocks
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
