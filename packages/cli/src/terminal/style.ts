import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Colours text for one stream, or leaves it alone. */
export type Style = (format: Format, text: string) => string

/** Colours where the stream is a terminal, unless NO_COLOR says no. */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const { NO_COLOR, TERM } = process.env
  const colours = stream.isTTY && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb'
  return (format, text) => (colours ? styleText(format, text) : text)
}

// Control characters, and the ones that turn the direction of what follows.
const unsafe = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu

/** The same for JSON, which means the same afterwards. */
export function printableJson(json: string): string {
  return json.replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Text out of a coffer, or of another file, as it may be shown: a name can hold what moves a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
}
