import { listPlugins } from '@coffer/core'
import { syncPlugin } from '@coffer/node'
import { authPlugins } from '../auth/auth-plugins.js'

/** What is listed of our own plugins. */
export const ownPlugins: ReturnType<typeof listPlugins> = listPlugins([...authPlugins, syncPlugin])

/** Our commands, which come before those of plugins. Listed, since a command line that has them all cannot be asked by what it loads. */
const commands = (
  'add cat check compact completion config convert crypt decrypt delete extract generate help info keys ls mv password plugins salvage sync'
).split(' ')

/** Whether a plugin of somebody else's cannot be called so. */
export function isTaken(name: string): boolean {
  return commands.includes(name) || ownPlugins.some((plugin) => plugin.name === name)
}
