import type { VariantName } from '../coffer/variants.js'
import { CofferError } from '../errors.js'
import { openKeyring } from '../keyring/open-keyring.js'
import type { AuthKeys, AuthPlugin, AuthRequest } from './plugin.js'

const PRF_BYTES = 32
const variants: readonly unknown[] = ['bank', 'store', 'market', 'null'] satisfies VariantName[]

/**
 * The keys that a plugin of the kind `auth` gives, or those of the keyring that its secret opens.
 *
 * @throws CofferError `ERR_COFFER_PLUGIN` for an answer that is none, `ERR_COFFER_AUTH` for a secret that does not open the keyring;
 * what the plugin throws.
 */
export async function authenticate(plugin: AuthPlugin, request: AuthRequest): Promise<AuthKeys> {
  const answer: unknown = await plugin.authenticate(request)
  if (typeof answer !== 'object' || answer === null) throw badAnswer(plugin, 'neither keys nor a secret')
  if ('secret' in answer) {
    const document = await request.readKeyring?.()
    if (document === undefined) throw badAnswer(plugin, `the secret of a keyring, and ${request.coffer} has none`)
    const keyring = await openKeyring(document, checkSecret(plugin, answer.secret), { signal: request.signal })
    return { ...keyring.keys, keyring }
  }
  return checkKeys(plugin, answer as Readonly<Record<keyof AuthKeys, unknown>>, answer)
}

function checkKeys(plugin: AuthPlugin, fields: Readonly<Record<keyof AuthKeys, unknown>>, answer: AuthKeys): AuthKeys {
  const { cofferKey, secureKey, variant } = fields
  for (const key of [cofferKey, secureKey]) if (key !== undefined && !(key instanceof Uint8Array)) throw badAnswer(plugin, 'a key that is no Uint8Array')
  if (variant !== undefined && !variants.includes(variant)) throw badAnswer(plugin, 'keys of a variant that there is not')
  if (cofferKey === undefined && secureKey === undefined && variant !== 'null') throw badAnswer(plugin, 'neither keys nor a secret')
  return answer
}

function checkSecret(plugin: AuthPlugin, secret: unknown): Parameters<typeof openKeyring>[1] {
  const { password, recoveryCode, prf } = (secret ?? {}) as Readonly<Record<string, unknown>>
  if (typeof password === 'string' && password !== '') return { password }
  if (typeof recoveryCode === 'string') return { recoveryCode }
  if (prf instanceof Uint8Array && prf.length === PRF_BYTES) return { prf }
  throw badAnswer(plugin, 'a secret that is neither a password nor a recovery code nor the output of a passkey')
}

/** Says what is wrong, and nothing of what was given. */
function badAnswer({ name }: AuthPlugin, what: string): CofferError {
  return new CofferError('ERR_COFFER_PLUGIN', `The plugin ${JSON.stringify(name)} gave ${what}.`)
}
