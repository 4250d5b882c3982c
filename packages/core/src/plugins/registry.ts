import { CofferError } from '../errors.js'
import type { Plugin, PluginContext } from './plugin.js'

/** The built-in plugins, each loaded when it is first asked for. */
const builtIn: Readonly<Record<string, () => Promise<Plugin>>> = {
  crypt: async () => (await import('./crypt.js')).cryptPlugin,
}

/** Makes the plugin of that name; the caller's own come first. @throws CofferError `ERR_COFFER_PLUGIN`. */
export async function loadPlugin(name: string, own: readonly Plugin[], context: PluginContext): Promise<unknown> {
  const plugin = own.find((candidate) => candidate.name === name) ?? (await (Object.hasOwn(builtIn, name) ? builtIn[name] : undefined)?.())
  if (!plugin) {
    const names = [...own.map((candidate) => candidate.name), ...Object.keys(builtIn)].join(', ')
    throw new CofferError('ERR_COFFER_PLUGIN', `There is no plugin ${JSON.stringify(name)}; there is: ${names}.`)
  }
  return plugin.create(context)
}
