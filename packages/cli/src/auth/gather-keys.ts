import type { AuthRequest, CofferKeys, Keyring, VariantName } from '@coffer/core'
import { CommandError, usageError } from '../command-error.js'
import { readPrivateFile } from '../config/private-file.js'
import { parseKeyText } from './key-text.js'
import { openKeyringText, type KeyringRequest } from './open-keyring.js'
import { commandOutput, readStdin } from './secret-source.js'

/** Keys, and the keyring they are from. */
export interface GatheredKeys {
  readonly keys: CofferKeys
  /** Where the file of keys says it. */
  readonly type: VariantName | undefined
  readonly keyring: Keyring | undefined
  /** The file of the keyring, where there is one that can be written. */
  readonly keyringPath: string | undefined
}

export type KeyRequest = Omit<AuthRequest, 'source'> & KeyringRequest

const MOST_BYTES = 1_048_576
const kinds = ['file', 'keyring', 'env', 'command', 'stdin'] as const
/** How keys are named on the command line and in a configuration: `KIND:SOURCE`. */
export type KeyPlace = (typeof kinds)[number]

/** Splits `KIND:SOURCE`. @throws CommandError for a kind that there is not. */
export function parseKeyPlace(specification: string): { readonly kind: KeyPlace; readonly source: string } {
  const colon = specification.indexOf(':')
  const kind = kinds.find((name) => name === (colon < 0 ? specification : specification.slice(0, colon)))
  const source = colon < 0 ? '' : specification.slice(colon + 1)
  // What was given may be a key, so it is not repeated.
  if (kind === undefined) throw usageError('Keys come from file:PATH, keyring:PATH, env:NAME, command:LINE or stdin.')
  if (source === '' && kind !== 'stdin') throw usageError(`Keys from "${kind}" need something behind its colon: ${kind}:...`)
  return { kind, source }
}

/** The keys at a place. @throws CommandError, CofferError; never with anything of what was read. */
export async function gatherKeys(kind: KeyPlace, source: string, request: KeyRequest): Promise<GatheredKeys> {
  const { text, where } = await readKeyText(kind, source, request)
  const found = await parseKeyText(text, where)
  if (found.kind === 'keys') {
    if (kind === 'keyring') throw new CommandError('configuration', `${where} is no keyring.`)
    return { keys: found.keys, type: found.type, keyring: undefined, keyringPath: undefined }
  }
  const keyring = await openKeyringText(found.document, where, request)
  const keyringPath = kind === 'file' || kind === 'keyring' ? source : undefined
  return { keys: keyring.keys, type: undefined, keyring, keyringPath }
}

async function readKeyText(kind: KeyPlace, source: string, { coffer, signal }: KeyRequest): Promise<{ text: string; where: string }> {
  switch (kind) {
    case 'env': {
      const text = process.env[source]
      if (text === undefined) throw new CommandError('configuration', `The environment has no variable ${source} with the keys of ${coffer}.`)
      return { text, where: `the variable ${source}` }
    }
    case 'command':
      return { text: await commandOutput(source, signal ?? new AbortController().signal), where: 'what the command wrote' }
    case 'stdin':
      return { text: await readStdin(MOST_BYTES), where: 'stdin' }
    default: {
      const text = await readPrivateFile(source)
      if (text === undefined) throw new CommandError('configuration', `There is no file ${source} with the keys of ${coffer}.`)
      return { text, where: source }
    }
  }
}
