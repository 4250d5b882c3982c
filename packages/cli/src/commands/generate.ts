import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { generateKeys } from '@coffer/core'
import type { App } from '../app.js'
import { usageError } from '../command-error.js'
import { addSection, formatSection, locationOf, type NewSection } from '../config/config.js'
import { createPrivateFile } from '../config/private-file.js'
import { checkBackup, checkType } from '../config/section.js'
import { loadConfig } from '../target/target.js'

interface GenerateOptions {
  readonly type?: string
  readonly location?: string
  readonly backup?: string
  readonly container?: 'aes-ocb' | 'fernet'
  readonly coffer?: string
  readonly conf?: string
  readonly keys?: string
  readonly ini?: boolean
  readonly print?: boolean
}

/** `coffer generate` */
export async function runGenerate(app: App, args: readonly string[], options: GenerateOptions): Promise<void> {
  const { out } = app
  // A configuration that is not written to does not stand in the way.
  const config = await loadConfig(app, options, true).catch((error: unknown) => {
    if (options.keys === undefined && !options.print) throw error
    return undefined
  })
  const path = args[0] ?? options.location
  const type = checkType(options.type ?? config?.defaults.type ?? 'bank', '--type')
  if (options.container !== undefined && type !== 'bank') throw usageError('--container is for a bank.')
  // PyCoffer's command opens a bank only with AES.
  const keys = await generateKeys(type, type === 'bank' ? { container: options.container ?? 'aes-ocb' } : {})
  const backup = options.backup === undefined ? config?.defaults.backup : checkBackup(options.backup, '--backup')

  if (options.keys !== undefined) {
    if (type === 'null') throw usageError('A null coffer has no keys.')
    const text = await formatSection({ name: 'keys', type, location: undefined, backup: undefined, auth: undefined, keys }, 'yaml')
    // The fields alone: a file of keys has no name for the coffer.
    const fields = text.split('\n').slice(1).filter((line) => !/^ {2}name: /.test(line)).map((line) => line.replace(/^ {2}/, ''))
    await createPrivateFile(options.keys, fields.join('\n'))
    out.note(`Wrote the keys to ${options.keys}. They are all that opens the coffer: keep a copy where the coffer is not.`)
    if (out.json) await out.value({ keys: resolve(options.keys), type })
    return
  }

  if (options.coffer === undefined) throw usageError('Give the coffer a name with --coffer NAME, or its keys a file with --keys FILE.')
  const location = path === undefined ? (config?.defaults.location ?? process.cwd()) : isOfHome(path) ? path : resolve(path)
  const section: NewSection = { name: options.coffer, type, location, backup, auth: undefined, keys }
  const form = options.ini ? 'ini' : 'yaml'
  if (options.print) {
    const isIni = options.ini === true || config?.form === 'ini'
    await out.bytes(Buffer.from(await formatSection(section, isIni ? 'ini' : 'yaml')))
    return
  }
  if (!config) return
  await addSection(config, section, form, app.signal)
  const file = await locationOf(section)
  const isThere = await access(file).then(() => true, () => false)
  if (isThere) out.warn(`there is a file ${file} already, which these keys do not open.`)
  if (out.json) await out.value({ coffer: options.coffer, type, location: file, configuration: config.path })
  else out.note(`Named ${options.coffer} in ${config.path}, with new keys. Its file will be ${file}, made when something is added.`)
}

/** Which a configuration may say too. */
function isOfHome(path: string): boolean {
  return /^~(?=$|\/)/.test(path)
}
