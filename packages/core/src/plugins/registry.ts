import type { Coffer } from '../coffer/coffer.js'
import { CofferError } from '../errors.js'
import { checkPlugin } from './check-plugin.js'
import { createPluginFile } from './plugin-file.js'
import type { AuthPlugin, LazyPlugin, LooseCoding, Plugin, PluginInfo, PluginSource } from './plugin.js'

/** All that a plugin may get; of what kind it is decides what it does get. */
export interface PluginContext {
  readonly coffer: Coffer
  readonly loose: LooseCoding
}

/** The built-in plugins, each loaded when it is first asked for. */
const builtIn: readonly LazyPlugin[] = [
  {
    name: 'crypt',
    kind: 'other',
    description: 'Encrypt and decrypt loose files with the keys of the coffer',
    load: async () => (await import('./crypt.js')).cryptPlugin,
  },
  {
    name: 'password',
    kind: 'file',
    description: 'Keep logins in the coffer, with one-time codes; import those of browsers and Bitwarden',
    load: async () => (await import('./password.js')).passwordPlugin,
  },
]

/**
 * The plugins that there are, the caller's own first; one of his takes the place of a built-in one of the same name. None is
 * loaded.
 */
export function listPlugins(own: readonly PluginSource[] = []): PluginInfo[] {
  return sources(own).map(({ name, kind, description }) => ({ name, kind, description }))
}

/** The plugin of kind `auth` of that name, loaded. @throws CofferError `ERR_COFFER_PLUGIN`. */
export async function loadAuthPlugin(name: string, own: readonly PluginSource[] = []): Promise<AuthPlugin> {
  const plugin = await load(name, own)
  if (plugin.kind === 'auth') return plugin
  throw new CofferError(
    'ERR_COFFER_PLUGIN',
    `The plugin ${JSON.stringify(name)} gives no keys: it is of the kind ${plugin.kind}, not auth.`,
  )
}

/** Makes the plugin of that name for a coffer, with what its kind gets. @throws CofferError `ERR_COFFER_PLUGIN`. */
export async function createPlugin(name: string, own: readonly PluginSource[], context: PluginContext): Promise<unknown> {
  const plugin = await load(name, own)
  switch (plugin.kind) {
    case 'coffer':
      return plugin.create({ coffer: context.coffer })
    case 'file':
      return plugin.create({ file: createPluginFile(context.coffer, plugin) })
    case 'other':
      return plugin.create({ loose: context.loose })
    default:
      throw new CofferError(
        'ERR_COFFER_PLUGIN',
        `The plugin ${JSON.stringify(name)} gives keys, before a coffer is open: loadAuthPlugin() loads it.`,
      )
  }
}

function sources(own: readonly PluginSource[]): PluginSource[] {
  return [...own, ...builtIn.filter(({ name }) => !own.some((plugin) => plugin.name === name))]
}

async function load(name: string, own: readonly PluginSource[]): Promise<Plugin> {
  const all = sources(own)
  const source = all.find((candidate) => candidate.name === name)
  if (!source) {
    throw new CofferError(
      'ERR_COFFER_PLUGIN',
      `There is no plugin ${JSON.stringify(name)}; there is: ${all.map((plugin) => plugin.name).join(', ')}.`,
    )
  }
  if (!('load' in source)) return source
  const plugin = checkPlugin(await source.load(), name)
  if (plugin.name === source.name && plugin.kind === source.kind) return plugin
  throw new CofferError(
    'ERR_COFFER_PLUGIN',
    `What was loaded as ${source.kind} plugin ${JSON.stringify(name)} says that it is another one.`,
  )
}
