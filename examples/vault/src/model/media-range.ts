/** The part of a body that a request asks for: all of it, a part from `start` up to `end`, or one that it does not have. */
export type MediaRange = 'all' | 'unsatisfiable' | { readonly start: number; readonly end: number }

/** Reads a `Range` header, of a body of `size` bytes. What is malformed, or asks for several parts, is answered with all (RFC 9110, 14.2). */
export function parseRange(header: string | null, size: number): MediaRange {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '')
  if (!match) return 'all'
  const [first, last] = [match[1] ?? '', match[2] ?? '']
  if (first === '') {
    if (last === '') return 'all'
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'all'
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) }
}
