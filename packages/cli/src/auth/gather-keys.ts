import { authenticate, loadAuthPlugin, type AuthKeys, type CofferKeys, type Keyring, type VariantName } from '@coffer/core'
import { usageError } from '../command-error.js'
import type { Config } from '../config/config.js'
import { authPlugins } from './auth-plugins.js'
import type { KeyRequest } from './keys-of-text.js'

/** Keys, and the keyring they are from. */
export interface GatheredKeys {
  readonly keys: CofferKeys
  /** Where the file of keys says it. */
  readonly type: VariantName | undefined
  readonly keyring: Keyring | undefined
}

/** How keys are named on the command line and in a configuration, `NAME:SOURCE`: a plugin, and what is its own affair. */
export interface KeyPlace {
  readonly name: string
  readonly source: string
}

const NAME = /^[a-z][a-z0-9-]*$/
const NEED_SOURCE: readonly string[] = ['file', 'env', 'command']

/** Splits `NAME:SOURCE`. @throws CommandError for what cannot be one. */
export function parseKeyPlace(specification: string): KeyPlace {
  const colon = specification.indexOf(':')
  const name = colon < 0 ? specification : specification.slice(0, colon)
  const source = colon < 0 ? '' : specification.slice(colon + 1)
  if (!NAME.test(name)) throw noPlace()
  if (source === '' && NEED_SOURCE.includes(name)) throw usageError(`Keys from "${name}" need something behind its colon: ${name}:...`)
  return { name, source }
}

/**
 * The keys that a plugin gives: ours, or one that the configuration names, which is read for that only.
 * @throws CommandError, CofferError; never with anything of what was read.
 */
export async function gatherKeys({ name, source }: KeyPlace, request: KeyRequest, config: () => Promise<Config>): Promise<GatheredKeys> {
  const { keyring, variant, cofferKey, secureKey } = isOurPlace({ name })
    ? await authenticate(await loadAuthPlugin(name, authPlugins), { ...request, source })
    : await askOthers(name, { ...request, source }, await config())
  const keys = { ...(cofferKey ? { cofferKey } : {}), ...(secureKey ? { secureKey } : {}) }
  return { keys, type: variant, keyring }
}

/** Whether a plugin of ours gives them, not one of the configuration. */
export function isOurPlace({ name }: Pick<KeyPlace, 'name'>): boolean {
  return authPlugins.some((plugin) => plugin.name === name)
}

async function askOthers(name: string, request: KeyRequest, config: Config): Promise<AuthKeys> {
  if (!config.plugins.has(name)) throw noPlace()
  const { askAuthPlugin } = await import('../plugins/ask-auth.js')
  return askAuthPlugin(config, name, request)
}

/** What was given may be a key, so it is not repeated. */
function noPlace(): Error {
  return usageError('Keys come from file:PATH, keyring:PATH, env:NAME, command:LINE or stdin, or from a plugin of the configuration: NAME:SOURCE ("coffer plugins" lists them).')
}
