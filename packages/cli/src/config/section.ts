import type { CofferKeys, OpenOptions, VariantName } from '@coffer/core'
import { CommandError } from '../command-error.js'
import { decodeKeys } from './keys-text.js'
import { readSettings, type PluginSettings } from './settings.js'

/** What a configuration says of one coffer. */
export interface CofferSection {
  readonly name: string
  readonly type: VariantName | undefined
  /** As it is written; {@link locationOf} makes a path of it. */
  readonly location: string | undefined
  readonly backup: string | undefined
  /** `NAME:SOURCE`, where the keys are not in the section: see src/auth. */
  readonly auth: string | undefined
  readonly legacy: OpenOptions['legacy']
  readonly keys: CofferKeys
  readonly settings: PluginSettings
}

/** What holds where neither the section nor the command line says anything. */
export interface ConfigDefaults {
  readonly coffer: string | undefined
  readonly type: VariantName | undefined
  readonly location: string | undefined
  readonly backup: string | undefined
  readonly settings: PluginSettings
}

const variants: readonly string[] = ['bank', 'store', 'market', 'null']
const legacies: readonly string[] = ['refuse', 'read', 'rewritten']

/** Checks the fields of a section. Those that we do not know are another program's, and left alone. */
export function toSection(name: string, fields: Readonly<Record<string, unknown>>, file: string): CofferSection {
  const where = `the section ${JSON.stringify(name)} of ${file}`
  const legacy = textOf(fields, 'legacy', where)
  if (legacy !== undefined && !legacies.includes(legacy)) throw bad(where, 'legacy', 'refuse, read or rewritten')
  return {
    name,
    type: typeOf(fields, 'type', where),
    location: textOf(fields, 'location', where),
    backup: backupOf(fields, 'backup', where),
    auth: textOf(fields, 'auth', where),
    legacy: legacy as OpenOptions['legacy'],
    keys: decodeKeys(fields, where),
    settings: readSettings(fields),
  }
}

/** The section `DEFAULT`, whose fields PyCoffer calls `default_coffer` and so on. */
export function toDefaults(fields: Readonly<Record<string, unknown>>, file: string): ConfigDefaults {
  const where = `the section "DEFAULT" of ${file}`
  const either = (name: string): string => (fields[`default_${name}`] === undefined ? name : `default_${name}`)
  return {
    coffer: textOf(fields, either('coffer'), where),
    type: typeOf(fields, either('type'), where),
    location: textOf(fields, either('location'), where),
    backup: backupOf(fields, either('backup'), where),
    settings: readSettings(fields),
  }
}

/** A variant's name as it stands in a configuration or on the command line. */
export function checkType(text: string, where: string): VariantName {
  if (variants.includes(text)) return text as VariantName
  throw bad(where, 'type', 'bank, store, market or null')
}

function typeOf(fields: Readonly<Record<string, unknown>>, field: string, where: string): VariantName | undefined {
  const text = textOf(fields, field, where)
  return text === undefined ? undefined : checkType(text, where)
}

/** An extension; PyCoffer's help says "None to disable". */
function backupOf(fields: Readonly<Record<string, unknown>>, field: string, where: string): string | undefined {
  const text = textOf(fields, field, where)
  return text === undefined ? undefined : checkBackup(text, where)
}

/** The extension that is meant, `undefined` for none. */
export function checkBackup(text: string, where: string): string | undefined {
  if (text === '' || /^none$/i.test(text)) return undefined
  if (/^[^/\\\0]{1,64}$/.test(text)) return text
  throw bad(where, 'backup', 'an extension, such as .bak')
}

function textOf(fields: Readonly<Record<string, unknown>>, field: string, where: string): string | undefined {
  const value = fields[field]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw bad(where, field, 'a text')
}

function bad(where: string, field: string, what: string): CommandError {
  return new CommandError('configuration', `${where}: ${field} is not ${what}.`)
}
