import { listPlugins, type PluginInfo } from '@coffer/core'
import { authPlugins } from '../auth/auth-plugins.js'

// What `syncPlugin` of @coffer/node says of itself. Imported here, it makes six files more of those that every command loads.
const sync: PluginInfo = { name: 'sync', kind: 'coffer', description: 'Bring a directory in a coffer up to date, or the reverse' }

/** What is listed of our own plugins. */
export const ownPlugins: readonly PluginInfo[] = [...listPlugins(authPlugins), sync]

/** Our commands, which come before those of plugins. Listed, since a command line that has them all cannot be asked by what it loads. */
const commands = (
  'add cat check compact completion config convert crypt decrypt delete extract generate help info keys ls mv password plugins salvage sync'
).split(' ')

/** Whether a plugin of somebody else's cannot be called so. */
export function isTaken(name: string): boolean {
  return commands.includes(name) || ownPlugins.some((plugin) => plugin.name === name)
}
