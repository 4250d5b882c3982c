import type { PluginInfo } from '@coffer/core'
import type { App } from '../app.js'
import { exitCodes } from '../exit-codes.js'
import { loadPlugin } from '../plugins/load-plugin.js'
import { ownPlugins } from '../plugins/own-names.js'
import { isCofferLike } from '../plugins/plugin-error.js'
import { loadConfig } from '../target/target.js'
import { printable } from '../terminal/style.js'

type Row = PluginInfo & { readonly from: string; readonly commands: readonly string[] }

/** `coffer plugins` */
export async function runPlugins(app: App, _: readonly string[], options: { readonly conf?: string }): Promise<void> {
  const { out } = app
  const config = await loadConfig(app, options)
  const plugins: Row[] = ownPlugins.map(({ name, kind, description }) => ({ name, kind, description, from: 'built in', commands: [] }))
  const problems: { readonly name: string; readonly from: string; readonly message: string }[] = []
  for (const [name, from] of config.plugins) {
    try {
      const plugin = await loadPlugin(config, name)
      const commands = plugin.kind === 'auth' ? [] : (plugin.commands ?? []).map((command) => command.name)
      plugins.push({ name, kind: plugin.kind, description: plugin.description, from, commands })
    } catch (error) {
      if (!isCofferLike(error)) throw error
      problems.push({ name, from, message: error.message })
    }
  }
  if (problems.length > 0) app.failWith(exitCodes.problems)
  if (out.json) {
    await out.value({ plugins, problems })
    return
  }
  const rows = plugins.map(({ name, kind, from, description, commands }) => [name, kind, from, commands.length === 0 ? description : `${description} (${commands.join(', ')})`].map(printable))
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows) await out.line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  for (const { message } of problems) out.warn(printable(message))
}
