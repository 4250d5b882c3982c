import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CofferKeys, CofferStorage, Keyring, OpenOptions, VariantName } from '@coffer/core'
import type { App } from '../app.js'
import { gatherKeys, parseKeyPlace, type GatheredKeys, type KeyPlace } from '../auth/gather-keys.js'
import { parseSecretSource, readSecret } from '../auth/secret-source.js'
import { CommandError, usageError } from '../command-error.js'
import { readPrivateFile } from '../config/private-file.js'
import { defaultConfigPath, locationOf, readConfig, type Config } from '../config/config.js'
import { checkType, type CofferSection } from '../config/section.js'
import type { PluginSettings } from '../config/settings.js'
import type { CofferOptions } from './options.js'
import { addressName, isAddress, webStorage } from './web.js'

/** The coffer that a command works on. */
export interface Target {
  /** What the user calls it. */
  readonly label: string
  readonly path: string
  /** Where it is on a web server. */
  readonly storage: CofferStorage | undefined
  readonly type: VariantName | undefined
  readonly backup: string | undefined
  readonly legacy: OpenOptions['legacy']
  readonly keys: CofferKeys
  readonly keyring: Keyring | undefined
  /** What the coffer's section says to plugins; `undefined` where it has none. */
  readonly settings: PluginSettings | undefined
}

/** Where a coffer is, before anybody was asked for its keys. */
export interface Place {
  readonly label: string
  readonly path: string
  /** Where it is on a web server. */
  readonly storage?: CofferStorage
  readonly section: CofferSection | undefined
  readonly type: VariantName | undefined
}

export interface FindSettings {
  /** Whether a coffer on a web server will do, for commands that only read. */
  readonly mayBeAddress?: boolean
}

/** A keyring stands beside its coffer, under this name. */
export const KEYRING_SUFFIX = '.keyring'

/**
 * Which coffer is meant: the one that `--coffer` names; else the first argument, a path, an address or a name of the configuration; else, where there
 * is no argument, the default of the configuration. Resolves to it and to the arguments that are left.
 */
export async function findPlace(
  app: App,
  options: CofferOptions,
  args: readonly string[],
  { mayBeAddress = false }: FindSettings = {},
): Promise<{ readonly place: Place; readonly rest: string[] }> {
  const { place, rest } = await placeOf(app, options, args)
  const { path } = place
  if (!isAddress(path)) return { place, rest }
  const label = addressName(path)
  if (!mayBeAddress) throw usageError(`${label} is on a web server and can only be read there: download it, and name the file.`)
  return { place: { ...place, label, storage: await webStorage(app, options, path) }, rest }
}

async function placeOf(app: App, options: CofferOptions, args: readonly string[]): Promise<{ readonly place: Place; readonly rest: string[] }> {
  const named = options.coffer
  const address = named ?? args[0]
  if (address !== undefined && isAddress(address)) {
    const place = { label: address, path: address, section: undefined, type: typeFrom(options) }
    return { place, rest: args.slice(named === undefined ? 1 : 0) }
  }
  if (named !== undefined) return { place: await placeByName(await loadConfig(app, options), named, options), rest: [...args] }
  const [first, ...rest] = args
  if (first === undefined) {
    const config = await loadConfig(app, options)
    const { coffer } = config.defaults
    if (coffer === undefined) throw usageError('Which coffer? Give its path, or its name in the configuration: --coffer NAME.')
    return { place: await placeByName(config, coffer, options), rest }
  }
  const isThere = await access(first).then(() => true, () => false)
  const hasOwnKeys = options.keys !== undefined || options.auth !== undefined || options.type === 'null'
  if (!hasOwnKeys) {
    const config = await loadConfig(app, options)
    if (!isThere && config.names.includes(first)) return { place: await placeByName(config, first, options), rest }
    const section = await sectionAt(config, resolve(first))
    if (section) return { place: { label: first, path: resolve(first), section, type: typeFrom(options) ?? section.type }, rest }
  }
  return { place: { label: first, path: resolve(first), section: undefined, type: typeFrom(options) }, rest }
}

/** {@link findPlace}, and its keys. */
export async function findTarget(
  app: App,
  options: CofferOptions,
  args: readonly string[],
  settings?: FindSettings,
): Promise<{ readonly target: Target; readonly rest: string[] }> {
  const { place, rest } = await findPlace(app, options, args, settings)
  return { target: await targetAt(app, place, options), rest }
}

/** What is at a place, with its keys. */
export async function targetAt(app: App, place: Place, options: CofferOptions): Promise<Target> {
  const { keys, type, keyring } = await keysOf(app, place, options)
  const { label, path, storage, section } = place
  return { label, path, storage, type: place.type ?? type, backup: section?.backup, legacy: section?.legacy, keys, keyring, settings: section?.settings }
}

/** What is at a place, with the keys of a keyring that is open. */
export function targetWith({ label, path, section, type }: Place, keyring: Keyring): Target {
  return { label, path, storage: undefined, type, backup: section?.backup, legacy: section?.legacy, keys: keyring.keys, keyring, settings: section?.settings }
}

/** Reads the configuration that is meant. */
export async function loadConfig(app: App, { conf }: Pick<CofferOptions, 'conf'>, mayBeMissing = false): Promise<Config> {
  const config = await readConfig(conf ?? defaultConfigPath())
  if (conf !== undefined && config.form === 'none' && !mayBeMissing) throw new CommandError('configuration', `There is no configuration ${conf}.`)
  if (config.form === 'ini') {
    app.out.note(`note: ${config.path} is an INI file, PyCoffer's older form (up to 0.1.4). It is read as it is; "coffer config convert" makes it YAML.`)
  }
  return config
}

/** How a keyring's secret is got: asked for, or read from where `--password-from` says. */
export function secretPrompt(app: App, { passwordFrom }: Pick<CofferOptions, 'passwordFrom'>): { prompt?: (question: string) => Promise<string>; again: boolean } {
  const { prompt, signal } = app
  if (passwordFrom === undefined || passwordFrom === 'prompt') {
    return prompt.isPossible ? { prompt: (question) => prompt.secret(question), again: true } : { again: false }
  }
  const source = parseSecretSource(passwordFrom, '--password-from')
  let read: Promise<string> | undefined
  return {
    prompt: (question) => (read ??= readSecret(source, question, { prompt, signal })),
    again: false,
  }
}

async function placeByName(config: Config, name: string, options: CofferOptions): Promise<Place> {
  const section = config.section(name)
  return { label: name, path: await locationOf(section), section, type: typeFrom(options) ?? section.type }
}

/** The section whose coffer stands at a path. */
async function sectionAt(config: Config, path: string): Promise<CofferSection | undefined> {
  for (const name of config.names) {
    const section = config.section(name)
    if ((await locationOf(section)) === path) return section
  }
  return undefined
}

async function keysOf(app: App, place: Place, options: CofferOptions): Promise<GatheredKeys> {
  const { section, path, label, storage } = place
  const found = (keys: CofferKeys): GatheredKeys => ({ keys, type: undefined, keyring: undefined })
  const beside = path + KEYRING_SUFFIX
  const gather = async (keys: KeyPlace): Promise<GatheredKeys> => {
    const { prompt, again } = secretPrompt(app, options)
    const readKeyring = (): Promise<string | undefined> => readPrivateFile(beside)
    const request = { coffer: label, location: storage?.name ?? path, settings: section?.settings, readKeyring, signal: app.signal, again, ...(prompt ? { prompt } : {}) }
    return gatherKeys(keys, request, () => loadConfig(app, options))
  }
  if (options.keys !== undefined && options.auth !== undefined) throw usageError('Keys come from --keys or from --auth, not from both.')
  if (options.keys !== undefined) return gather(options.keys === '-' ? { name: 'stdin', source: '' } : { name: 'file', source: options.keys })
  const specification = options.auth ?? section?.auth
  if (specification !== undefined) {
    const keys = parseKeyPlace(specification)
    if (storage && keys.name === 'keyring' && keys.source === '') throw usageError('The keyring of a coffer on a web server is named: --auth keyring:PATH.')
    // "keyring" alone is the one beside the coffer.
    return gather(keys.name === 'keyring' && keys.source === '' ? { ...keys, source: beside } : keys)
  }
  if (section && (section.keys.cofferKey || section.keys.secureKey)) return found(section.keys)
  if (place.type === 'null') return found({})
  if (await access(beside).then(() => true, () => false)) return gather({ name: 'keyring', source: beside })
  throw new CommandError(
    'configuration',
    `There are no keys for ${label}: name them with --keys FILE or --auth KIND:SOURCE, or name the coffer in the configuration. A coffer without keys is opened with --type null.`,
  )
}

function typeFrom({ type }: CofferOptions): VariantName | undefined {
  return type === undefined ? undefined : checkType(type, '--type')
}
