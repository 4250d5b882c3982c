import { pathToFileURL } from 'node:url'
import type { Plugin } from '@coffer/core'
import { checkPlugin } from '@coffer/core/internal'
import type { Config } from '../config/config.js'
import { findModule } from './find-module.js'
import { isTaken } from './own-names.js'
import { pluginError } from './plugin-error.js'

const NAME = /^[a-z][a-z0-9-]{0,63}$/

/** The plugin that a configuration names, loaded. @throws CofferError `ERR_COFFER_PLUGIN`, saying what to do. */
export async function loadPlugin(config: Config, name: string): Promise<Plugin> {
  const module = config.plugins.get(name)
  if (module === undefined) throw pluginError(name, `is not among those that ${config.path} names.`)
  if (!NAME.test(name)) throw pluginError(name, 'cannot be called so: letters, digits and dashes are for names, beginning with a letter.')
  // Also those of commands, which come first: nobody shall wonder which of the two runs.
  if (isTaken(name)) {
    throw pluginError(name, `has a name that is taken by this command. Ours is used; give the other one another name, in its module and in ${config.path}.`)
  }
  const path = await findModule(name, module, config.path)
  return checkPlugin(exportOf(name, path, await importModule(name, path)), name)
}

async function importModule(name: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    // It has seen no secret yet, so what it says may be shown.
    const says = error instanceof Error ? error.message.split('\n', 1)[0] : 'it threw no Error'
    throw pluginError(name, `cannot be loaded from ${path}: ${says}`, error)
  }
}

/** A module exports its plugins under whatever names; one in CommonJS as fields of its `default`. */
function exportOf(name: string, path: string, module: Readonly<Record<string, unknown>>): unknown {
  const all = [...Object.values(module), ...(isObject(module['default']) ? Object.values(module['default']) : [])].filter(isObject)
  const found = all.find((value) => value['name'] === name)
  if (found) return found
  const names = all.flatMap((value) => (typeof value['name'] === 'string' && 'kind' in value ? [value['name']] : []))
  throw pluginError(name, `is not what ${path} exports: ${names.length === 0 ? 'no plugin' : `it is called ${[...new Set(names)].join(', ')}`}.`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
