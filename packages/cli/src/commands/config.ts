import type { App } from '../app.js'
import { CommandError } from '../command-error.js'
import { defaultConfigPath, locationOf, readConfig, replaceConfig, toYaml } from '../config/config.js'
import { createPrivateFile } from '../config/private-file.js'
import type { CofferSection } from '../config/section.js'
import { loadConfig } from '../target/target.js'
import { addressName, isAddress } from '../target/web.js'

interface ConfigOptions {
  readonly conf?: string
  readonly output?: string
  readonly force?: boolean
}

/** `coffer config ls` */
export async function runConfigLs(app: App, _: readonly string[], options: ConfigOptions): Promise<void> {
  const { out } = app
  const config = await loadConfig(app, options)
  const coffers = []
  for (const name of config.names) {
    const section = config.section(name)
    const { type = 'bank', auth, keys } = section
    const from = auth ?? (keys.cofferKey || keys.secureKey ? 'configuration' : 'none')
    coffers.push({ name, type, location: await shownLocation(section), backup: section.backup, keys: from, isDefault: config.defaults.coffer === name })
  }
  if (out.json) await out.value({ path: config.path, form: config.form, coffers })
  else for (const { name, type, location } of coffers) await out.line(`${out.name(name)}\t${type}\t${out.name(location)}`)
}

/** Without what may be a token in an address. */
async function shownLocation(section: CofferSection): Promise<string> {
  const location = await locationOf(section)
  return isAddress(location) ? addressName(location) : location
}

/** `coffer config convert` */
export async function runConfigConvert(app: App, _: readonly string[], options: ConfigOptions): Promise<void> {
  const { out, prompt } = app
  const config = await readConfig(options.conf ?? defaultConfigPath())
  if (config.form === 'none') throw new CommandError('configuration', `There is no configuration ${config.path}.`)
  if (config.form === 'yaml') {
    out.note(`${config.path} is YAML already; nothing was changed.`)
    return
  }
  const text = await toYaml(config)
  if (options.output !== undefined) {
    await createPrivateFile(options.output, text)
    out.note(`Wrote ${options.output}.`)
    return
  }
  const what = `${config.path} would become YAML, which PyCoffer reads only after 0.1.4; comments in it are lost.`
  if (!options.force) {
    if (!prompt.isPossible) throw new CommandError('declined', `${what} Say --force, or --output FILE to keep both.`)
    if (!(await prompt.confirm(`${what} Go on?`))) throw new CommandError('declined', 'Nothing was changed.')
  }
  await replaceConfig(config, text, app.signal)
  out.note(`${config.path} is YAML now.`)
}
