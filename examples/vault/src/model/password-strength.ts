import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

/** How long a password would hold, as far as can be told. */
export interface Strength {
  /** 0 to 4. */
  readonly score: number
  readonly text: string
  /** What would make it better; empty where nothing would. */
  readonly advice: string
}

/** What a vault's password should have: some 10^10 guesses, each of which costs a second of Argon2id. */
export const ENOUGH = 3

const words = ['Very weak', 'Weak', 'So so', 'Good', 'Very good'] as const
/** zxcvbn's work grows with the length, and nothing so long is guessed. */
const MOST_CHARS = 100
let estimator: Promise<ZxcvbnFactory> | undefined

/** The estimate for a password; `known` are words that an attacker would try first, such as the vault's name. The word lists are loaded with the first. */
export async function estimateStrength(password: string, known: readonly string[] = []): Promise<Strength> {
  estimator ??= loadEstimator()
  const { score, feedback } = (await estimator).check(password.slice(0, MOST_CHARS), [...known])
  const advice = [feedback.warning, ...feedback.suggestions].find((line) => line !== undefined && line !== null && line !== '')
  return { score, text: words[score] ?? '', advice: score >= ENOUGH ? '' : (advice ?? 'Add another word or two.') }
}

async function loadEstimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: english.translations,
  })
}
