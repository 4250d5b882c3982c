import { CommandError } from '../command-error.js'

/** Modules of third parties by the names of their plugins, as a configuration has them. None is loaded. */
export type PluginEntries = ReadonlyMap<string, string>

/**
 * Reads the field `plugins` of the section `DEFAULT`: in YAML a mapping of names to modules, in INI lines of `NAME: MODULE`. That they
 * stand there by name lets a command load the one that it needs, and no other.
 * @throws CommandError
 */
export function readPluginEntries(value: unknown, file: string): PluginEntries {
  if (value === undefined || value === null || value === '') return new Map()
  const pairs = value instanceof Map ? [...(value as Map<unknown, unknown>)] : typeof value === 'string' ? linesOf(value) : undefined
  const entries = new Map<string, string>()
  for (const [name, module] of pairs ?? [[]]) {
    if (typeof name !== 'string' || typeof module !== 'string' || module === '' || entries.has(name)) {
      throw new CommandError('configuration', `the section "DEFAULT" of ${file}: plugins is not a list of NAME: MODULE, each with another name.`)
    }
    entries.set(name, module)
  }
  return entries
}

function linesOf(text: string): (string | undefined)[][] {
  const lines = text.split(/[\n,]/).map((line) => line.trim())
  return lines.filter((line) => line !== '').map((line) => /^([^\s:=]+)\s*[:=]\s*(.+)$/.exec(line)?.slice(1) ?? [])
}
