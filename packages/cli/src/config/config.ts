import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CommandError } from '../command-error.js'
import { formatIniSection, looksLikeIni, parseIni } from './ini.js'
import { encodeKey } from './keys-text.js'
import { readPluginEntries, type PluginEntries } from './plugin-entries.js'
import { readPrivateFile, replacePrivateFile } from './private-file.js'
import { toDefaults, toSection, type CofferSection, type ConfigDefaults } from './section.js'
import { isAddress } from '../target/web.js'
import { parseYaml, setYamlSection } from './yaml.js'

/** A configuration that was read. One that is not there is an empty one. */
export interface Config {
  readonly path: string
  /** `ini`: PyCoffer's older form, which its releases up to 0.1.4 read. */
  readonly form: 'yaml' | 'ini' | 'none'
  readonly names: readonly string[]
  readonly defaults: ConfigDefaults
  /** The plugins of third parties that it names. @throws CommandError where it does so in another form, only when they are asked for. */
  readonly plugins: PluginEntries
  /** The section of that name. @throws CommandError for one that is not there, or has fields that cannot be. */
  section(name: string): CofferSection
  readonly text: string
}

const DEFAULT = 'DEFAULT'

/** Where the configuration of both programs is. */
export function defaultConfigPath(): string {
  return join(homedir(), '.pycofferrc')
}

/** Reads a configuration, whichever form it is of. @throws CommandError */
export async function readConfig(path: string): Promise<Config> {
  const text = await readPrivateFile(path)
  if (text === undefined) return toConfig(path, 'none', '', new Map())
  if (!looksLikeIni(text)) return toConfig(path, 'yaml', text, await parseYaml(text, path))
  const sections = new Map([...parseIni(text, path)].map(([name, fields]) => [name, Object.fromEntries(fields)]))
  // ConfigParser shows the fields of DEFAULT in every section.
  const inherited = sections.get(DEFAULT) ?? {}
  for (const [name, fields] of sections) sections.set(name, { ...inherited, ...fields })
  return toConfig(path, 'ini', text, sections)
}

function toConfig(path: string, form: Config['form'], text: string, sections: ReadonlyMap<string, Readonly<Record<string, unknown>>>): Config {
  const defaultFields = sections.get(DEFAULT) ?? {}
  const defaults = toDefaults(defaultFields, path)
  const names = [...sections.keys()].filter((name) => name !== DEFAULT)
  return {
    path,
    form,
    names,
    text,
    defaults,
    get plugins() {
      return readPluginEntries(defaultFields['plugins'], path)
    },
    section(name) {
      const fields = sections.get(name)
      if (fields && name !== DEFAULT) return toSection(name, { ...defaults.settings, ...fields }, path)
      const there = names.length === 0 ? 'it names none' : `it names ${names.join(', ')}`
      throw new CommandError('configuration', `${path} does not name a coffer ${JSON.stringify(name)}; ${there}. Make one with: coffer generate --coffer ${name}`)
    },
  }
}

/** The path that a section means: a directory stands for the file `.NAME` in it, as at PyCoffer. */
export async function locationOf({ name, location }: Pick<CofferSection, 'name' | 'location'>): Promise<string> {
  if (location === undefined) return resolve(`.${name}`)
  if (isAddress(location)) return location
  const path = resolve(location.replace(/^~(?=$|\/)/, () => homedir()))
  const isDirectory = await stat(path).then((stats) => stats.isDirectory(), () => false)
  return isDirectory ? join(path, `.${name}`) : path
}

/** What is written of a coffer into a configuration. */
export type NewSection = Pick<CofferSection, 'name' | 'type' | 'location' | 'backup' | 'auth' | 'keys'> & Partial<Pick<CofferSection, 'legacy' | 'settings'>>

/** A section as both programs read it: in YAML keys as `!!binary`, in INI in base64. */
export async function formatSection(section: NewSection, form: 'yaml' | 'ini', before = ''): Promise<string> {
  const { name, type, backup, location, auth, legacy, keys, settings } = section
  const { cofferKey, secureKey } = keys
  if (!/^[^\p{Cc}[\]#:\\/]{1,100}$/u.test(name) || name === DEFAULT) {
    throw new CommandError('usage', `${JSON.stringify(name)} cannot be the name of a coffer in a configuration: letters, digits, dashes, dots and blanks can.`)
  }
  const texts = { type: type ?? 'bank', ...optional({ backup }) }
  const rest = { ...optional({ location, auth, legacy }), ...settings }
  if (form === 'ini') {
    for (const value of Object.values({ ...texts, ...rest })) {
      if (/[\r\n]/.test(value)) throw new CommandError('usage', 'A value with a line break has no place in an INI file.')
    }
    const coded = optional({ coffer_key: cofferKey && encodeKey(cofferKey), secure_key: secureKey && encodeKey(secureKey) })
    const gap = before === '' ? '' : before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n'
    return `${before}${gap}${formatIniSection(name, { ...texts, ...coded, ...rest })}`
  }
  return setYamlSection(before, name, { name, ...texts, ...optional({ coffer_key: cofferKey, secure_key: secureKey }), ...rest })
}

/** Adds a section to the configuration, in the form that it has; a new one is of `form`. */
export async function addSection(config: Config, section: NewSection, form: 'yaml' | 'ini', signal: AbortSignal): Promise<void> {
  if (config.names.includes(section.name)) {
    throw new CommandError('declined', `${config.path} names a coffer ${JSON.stringify(section.name)} already, which is left as it is: its keys would be lost.`)
  }
  const text = await formatSection(section, config.form === 'none' ? form : config.form, config.text)
  await replaceConfig(config, text, signal)
}

/** Puts another text in the place of the one that was read. @throws CommandError where that is not there any more. */
export function replaceConfig({ path, form, text: before }: Config, text: string, signal: AbortSignal): Promise<void> {
  return replacePrivateFile(path, form === 'none' ? undefined : before, text, signal)
}

/** An INI configuration as YAML. Comments are lost. */
export async function toYaml(config: Config): Promise<string> {
  const { defaults } = config
  let text = ''
  const { coffer, type, location, backup, settings } = defaults
  const plugins = config.plugins.size > 0 ? Object.fromEntries(config.plugins) : undefined
  const named = { ...optional({ coffer, type, location, backup }), ...optional({ plugins }), ...settings }
  if (Object.keys(named).length > 0) text = await setYamlSection(text, DEFAULT, named)
  for (const name of config.names) {
    const section = config.section(name)
    // What stands in DEFAULT holds for it already.
    const own = Object.entries(section.settings).filter(([field, value]) => settings[field] !== value)
    text = await formatSection({ ...section, settings: Object.fromEntries(own) }, 'yaml', text)
  }
  return text
}

function optional<T>(fields: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, T] => field[1] !== undefined))
}
