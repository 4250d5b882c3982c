import type { CharacterKind } from '@coffer/core'

/** How many characters the plugin's generator draws from: all, and those that are not easily taken for another. */
const counts: Readonly<Record<CharacterKind, readonly [all: number, readable: number]>> = { lower: [26, 24], upper: [26, 24], digit: [10, 8], symbol: [27, 27] }

export interface GeneratedStrength {
  /** Bits of chance in it. */
  readonly bits: number
  /** 1 to 4. */
  readonly level: 1 | 2 | 3 | 4
  readonly words: string
}

/**
 * How hard a random password is to find. It is counted, not estimated: whoever knows how it was made still has to try about half
 * of
 * 2 to the power of these bits.
 */
export function generatedStrength(length: number, kinds: readonly CharacterKind[], readable: boolean): GeneratedStrength {
  const letters = kinds.reduce((sum, kind) => sum + counts[kind][readable ? 1 : 0], 0)
  const bits = Math.floor(length * Math.log2(Math.max(letters, 1)))
  if (bits < 45) return { bits, level: 1, words: 'Weak: whoever steals the list of a site finds it in days.' }
  if (bits < 65) return { bits, level: 2, words: 'Fair: enough where a site slows down guessing.' }
  if (bits < 100) return { bits, level: 3, words: 'Strong: beyond the reach of anybody who tries them all.' }
  return { bits, level: 4, words: 'Very strong: more would change nothing.' }
}
