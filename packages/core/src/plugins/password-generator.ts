import type { CharacterKind, GeneratePasswordOptions } from './passwords.js'

const alphabets: Readonly<Record<CharacterKind, string>> = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digit: '0123456789',
  // No quotes, backslash, backtick or bar, which some forms and shells spoil.
  symbol: '!#$%&()*+,-./:;<=>?@[]^_{}~',
}
const ambiguous = new Set('Il1O0o|')
const allKinds: readonly CharacterKind[] = ['lower', 'upper', 'digit', 'symbol']

/**
 * A random password: each one that has all the kinds in it is as likely as any other.
 * @throws RangeError for a length or kinds that are not taken.
 */
export function generatePassword({ length = 20, characters = allKinds, readable = false }: GeneratePasswordOptions = {}): string {
  if (!Number.isInteger(length) || length < 4 || length > 1024) throw new RangeError('`length` is a whole number from 4 to 1024.')
  const kinds = [...new Set(characters)]
  if (kinds.length === 0 || kinds.some((kind) => !Object.hasOwn(alphabets, kind))) {
    throw new RangeError(`\`characters\` are some of: ${allKinds.join(', ')}.`)
  }
  const sets = kinds.map((kind) => Array.from(alphabets[kind]).filter((letter) => !readable || !ambiguous.has(letter)))
  const letters = sets.flat()
  for (;;) {
    const password = Array.from({ length }, () => letters[randomBelow(letters.length)] ?? '')
    // Drawn anew as a whole: to put in what is missing would make some passwords likelier than others.
    if (sets.every((set) => password.some((letter) => set.includes(letter)))) return password.join('')
  }
}

/** A random whole number from 0 to `count` - 1, for a `count` of up to 256, each as likely as any other. */
function randomBelow(count: number): number {
  const limit = 256 - (256 % count)
  for (;;) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1))
    if (byte < limit) return byte % count
  }
}
