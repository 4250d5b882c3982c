import type { AuthPlugin } from '@coffer/core'
import { gatherKeys, type KeyPlace } from './gather-keys.js'

const descriptions = {
  file: 'Keys from a file that only its owner may read, or a keyring',
  keyring: 'Keys from a keyring, for its password or recovery code',
  env: 'Keys from a variable of the environment',
  command: 'Keys from what a command writes, such as a password manager',
} as const satisfies Partial<Record<KeyPlace, string>>

/** The plugins of the kind `auth`: what `--auth KIND:SOURCE` and the field `auth` of a configuration name. */
export const authPlugins: readonly AuthPlugin[] = Object.entries(descriptions).map(([name, description]) => ({
  name,
  kind: 'auth',
  description,
  authenticate: async (request) => (await gatherKeys(name as KeyPlace, request.source ?? '', request)).keys,
}))
