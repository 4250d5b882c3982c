import type { PluginCommand } from '@coffer/core'
import type { Command } from 'commander'
import type { App } from '../app.js'
import type { Config } from '../config/config.js'
import { isCofferLike, pluginError } from '../plugins/plugin-error.js'
import { loadPlugin } from '../plugins/load-plugin.js'
import type { CofferOptions } from '../target/options.js'
import { option, toCommand, type Declaration, type Settings } from './build.js'

/** What a third party's plugin that has commands is. */
export type CommandPlugin = Exclude<Awaited<ReturnType<typeof loadPlugin>>, { readonly kind: 'auth' }>

/** The commands of a plugin that the configuration names, as one of ours. @throws CofferError `ERR_COFFER_PLUGIN`. */
export async function pluginCommand(config: Config, name: string, start: (settings: Settings) => App): Promise<Command> {
  const plugin = await loadPlugin(config, name)
  if (plugin.kind === 'auth') throw pluginError(name, `gives keys, and has no commands: it is used as --auth ${name}:SOURCE, or as "auth: ${name}:SOURCE" in ${config.path}.`)
  if (!plugin.commands?.length) throw pluginError(name, 'has no commands; it is for programs.')
  const children = plugin.commands.map((command) => declare(config, plugin, command))
  try {
    return toCommand({ name, summary: plugin.description, children }, start)
  } catch (error) {
    if (isCofferLike(error) || !(error instanceof Error)) throw error
    throw pluginError(name, `has commands that cannot be offered: ${error.message.split('\n', 1)[0]}`, error)
  }
}

function declare(config: Config, plugin: CommandPlugin, command: PluginCommand): Declaration {
  const { name, summary, args, options = [], examples = [] } = command
  return {
    name,
    summary,
    args: args === undefined ? '[coffer]' : `[coffer-and-${args}...]`,
    options: options.map(({ flags, description }) => option(flags, description)),
    examples,
    load: async () => {
      const { runPluginCommand } = await import('../commands/plugin-command.js')
      return (app: App, given: readonly string[], cofferOptions: CofferOptions) => runPluginCommand(app, given, cofferOptions, { config, plugin, command })
    },
  }
}
