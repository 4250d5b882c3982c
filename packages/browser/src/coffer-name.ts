const MOST_LETTERS = 240

/**
 * The name of a coffer as every storage can hold it: letters, digits, `-` and `_` as they are, all else as `%XX`.
 * @throws TypeError, RangeError for what is no name.
 */
export function encodeCofferName(name: string): string {
  if (typeof name !== 'string' || name === '') throw new TypeError('The name of a coffer is a string that is not empty.')
  if (!name.isWellFormed()) throw new TypeError('The name of a coffer is well-formed text.')
  const encoded = encodeURIComponent(name).replaceAll(/[.!~*'()]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  if (encoded.length > MOST_LETTERS) throw new RangeError(`The name of a coffer has up to ${MOST_LETTERS} letters (some count threefold).`)
  return encoded
}

/** The inverse; `undefined` for what was not encoded so. */
export function decodeCofferName(encoded: string): string | undefined {
  try {
    const name = decodeURIComponent(encoded)
    return encodeCofferName(name) === encoded ? name : undefined
  } catch {
    return undefined
  }
}
