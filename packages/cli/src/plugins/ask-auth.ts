import { authenticate, type AuthKeys, type AuthPlugin } from '@coffer/core'
import type { KeyRequest } from '../auth/keys-of-text.js'
import { CommandError } from '../command-error.js'
import type { Config } from '../config/config.js'
import { settingsFor } from '../config/settings.js'
import { printable } from '../terminal/style.js'
import { loadPlugin } from './load-plugin.js'
import { isCofferLike, isSystemError, kindOfError, pluginError } from './plugin-error.js'

/** The keys that a third party's plugin gives. Of its errors, only what is meant for the user is shown: others may quote what it read. */
export async function askAuthPlugin(config: Config, name: string, request: KeyRequest): Promise<AuthKeys> {
  const plugin = await loadPlugin(config, name)
  if (plugin.kind !== 'auth') throw pluginError(name, `gives no keys: it is of the kind ${plugin.kind}, not auth.`)
  const { coffer, location, source, settings = config.defaults.settings, readKeyring, prompt, signal } = request
  return authenticate(guarded(plugin, signal), {
    coffer,
    location,
    source,
    settings: settingsFor(name, settings),
    readKeyring,
    prompt: prompt && ((question) => prompt(printable(question))),
    signal,
  })
}

function guarded(plugin: AuthPlugin, signal: AbortSignal | undefined): AuthPlugin {
  const { name, kind, description } = plugin
  return {
    name,
    kind,
    description,
    async authenticate(request) {
      try {
        return await plugin.authenticate(request)
      } catch (error) {
        // Ours are the prompt's.
        if (isCofferLike(error) || error instanceof CommandError || signal?.aborted) throw error
        if (isSystemError(error)) throw pluginError(name, `failed: ${error.code ?? error.syscall ?? ''}${error.path === undefined ? '' : ` at ${error.path}`}.`)
        throw pluginError(name, `failed (${kindOfError(error)}). What it says is not shown, since it may hold a secret; an error named CofferError would be.`)
      }
    },
  }
}
