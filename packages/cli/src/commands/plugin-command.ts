import type { PluginCommand } from '@coffer/core'
import { Option } from 'commander'
import type { App } from '../app.js'
import { CommandError, usageError } from '../command-error.js'
import type { Config } from '../config/config.js'
import { settingsFor } from '../config/settings.js'
import type { CommandPlugin } from '../declare/plugin.js'
import { isCofferLike, isSystemError, kindOfError, pluginError } from '../plugins/plugin-error.js'
import { withCoffer } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { secretPrompt } from '../target/target.js'
import { printable } from '../terminal/style.js'

interface PluginRun {
  readonly config: Config
  readonly plugin: CommandPlugin
  readonly command: PluginCommand
}

/** `coffer PLUGIN COMMAND`, of a third party's plugin */
export async function runPluginCommand(app: App, args: readonly string[], options: CofferOptions, { config, plugin, command }: PluginRun): Promise<void> {
  const { out, signal } = app
  const { writes = false } = command
  await withCoffer(app, options, args, { mode: writes ? 'a' : 'r', create: writes, plugins: [plugin] }, async (coffer, rest, { settings }) => {
    if (command.args === undefined && rest.length > 0) throw usageError(`coffer ${plugin.name} ${command.name} takes no arguments but the coffer.`)
    const { prompt } = secretPrompt(app, options)
    try {
      await command.run({
        plugin: await coffer.plugin(plugin.name),
        args: rest,
        options: ownOptions(command, options),
        settings: settingsFor(plugin.name, settings ?? config.defaults.settings),
        json: out.json,
        print: (line) => out.line(out.name(line)),
        printJson: (value) => out.value(value),
        note: (text) => out.note(printable(text)),
        prompt: prompt && ((question) => prompt(printable(question))),
        signal,
      })
      // One that took no notice of Ctrl-C has not done what was wanted.
      signal.throwIfAborted()
    } catch (error) {
      throw ofPlugin(plugin.name, error, signal)
    }
  })
}

function ownOptions({ options = [] }: PluginCommand, given: object): Readonly<Record<string, unknown>> {
  const names = new Set(options.map(({ flags, description }) => new Option(flags, description).attributeName()))
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.has(name)))
}

/** An error as it is told: with what a parser says left out, since that quotes what it read. */
function ofPlugin(name: string, error: unknown, signal: AbortSignal): unknown {
  if (isCofferLike(error) || error instanceof CommandError || isSystemError(error) || signal.aborted) return error
  const says = error instanceof Error && !(error instanceof SyntaxError) ? `: ${error.message}` : ` (${kindOfError(error)}).`
  return pluginError(name, `failed${says}`)
}
