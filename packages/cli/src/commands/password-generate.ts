import { memoryStorage, openCoffer, type CharacterKind } from '@coffer/core'
import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import { passwordsOf } from '../target/logins.js'

interface GenerateOptions {
  readonly length?: string
  readonly characters?: string
  readonly readable?: boolean
}

const kinds: readonly string[] = ['lower', 'upper', 'digit', 'symbol'] satisfies CharacterKind[]

/** `coffer password generate` */
export async function runPasswordGenerate({ out }: App, _: readonly string[], options: GenerateOptions): Promise<void> {
  const characters = options.characters?.split(',')
  if (characters?.some((kind) => !kinds.includes(kind))) throw usageError('--characters is a list of lower, upper, digit, symbol.')
  // The generator is a plugin's, and a plugin has a coffer: this one is never written.
  await using coffer = await openCoffer(memoryStorage(), { mode: 'x', variant: 'null' })
  const password = await (await passwordsOf(coffer)).generate({
    length: options.length === undefined ? undefined : Number(options.length),
    characters: characters as CharacterKind[] | undefined,
    readable: options.readable,
  })
  if (out.json) await out.value({ password })
  else await out.line(password)
}
