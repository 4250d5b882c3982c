import { CofferError } from '../errors.js'
import type { Plugin, PluginKind } from './plugin.js'

type Fields = Readonly<Record<string, unknown>>

const kinds: readonly unknown[] = ['coffer', 'file', 'other', 'auth'] satisfies PluginKind[]
const NAME = /^[a-z][a-z0-9-]*$/

/** The plugin that a value of somebody else's is. @throws CofferError `ERR_COFFER_PLUGIN`, saying what it lacks. */
export function checkPlugin(value: unknown, name: string): Plugin {
  const problem = problemOf(value)
  if (problem === undefined) return value as Plugin
  throw new CofferError('ERR_COFFER_PLUGIN', `What was loaded as plugin ${JSON.stringify(name)} is none: ${problem}.`)
}

function problemOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'it is no object'
  const { name, kind, description, commands, file, reads } = value
  if (typeof name !== 'string' || name === '') return 'it has no `name`'
  if (!kinds.includes(kind)) return 'its `kind` is not coffer, file, other or auth'
  if (typeof description !== 'string') return 'it has no `description`'
  const method = kind === 'auth' ? 'authenticate' : 'create'
  if (typeof value[method] !== 'function') return `it has no function \`${method}\``
  if (kind === 'file' && typeof file !== 'string') return 'it does not say in which `file` it keeps its data'
  if (reads !== undefined && !isList(reads, (one) => typeof one === 'string')) return 'its `reads` is no list of names'
  if (commands === undefined) return undefined
  if (kind === 'auth') return 'one of the kind auth has no `commands`'
  if (!isList(commands, isCommand)) return 'its `commands` are not all commands, with `name`, `summary` and `run`'
  const names = commands.map((command) => (command as Fields)['name'])
  return new Set(names).size === names.length ? undefined : 'two of its `commands` have the same name'
}

function isCommand(value: unknown): boolean {
  if (!isObject(value)) return false
  const { name, summary, run, args, options, examples } = value
  if (typeof name !== 'string' || !NAME.test(name) || typeof summary !== 'string' || typeof run !== 'function') return false
  if (args !== undefined && !(typeof args === 'string' && NAME.test(args))) return false
  if (options !== undefined && !isList(options, (one) => isObject(one) && typeof one['flags'] === 'string' && typeof one['description'] === 'string')) return false
  return examples === undefined || isList(examples, (one) => isList(one, (text) => typeof text === 'string'))
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isList(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isItem)
}
