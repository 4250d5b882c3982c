const MOST_CHARS = 60
/** As a storage writes it, where letters beyond ASCII count threefold and more. */
const MOST_ENCODED_CHARS = 200

/** What is wrong with a name for a new vault, in words; `undefined` where nothing is. `taken` are the names that there are. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  const trimmed = name.trim()
  if (trimmed === '') return 'Give it a name.'
  if (trimmed.length > MOST_CHARS) return `At most ${MOST_CHARS} characters.`
  if (/[\p{Cc}\p{Cf}\u2028\u2029/\\]/u.test(trimmed) || !trimmed.isWellFormed() || /^\.+$/.test(trimmed)) return 'Letters, digits and blanks, but no slashes or control characters.'
  if (encodeURIComponent(trimmed).length > MOST_ENCODED_CHARS) return 'That is too long: take a shorter name.'
  const folded = trimmed.normalize('NFC').toLowerCase()
  return taken.some((other) => other.normalize('NFC').toLowerCase() === folded) ? 'There is a vault of that name already.' : undefined
}
