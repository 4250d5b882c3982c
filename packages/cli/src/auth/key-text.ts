import type { CofferKeys, VariantName } from '@coffer/core'
import { CommandError } from '../command-error.js'
import { looksLikeIni, parseIni } from '../config/ini.js'
import { decodeKeys } from '../config/keys-text.js'
import { checkType } from '../config/section.js'
import { parseFields } from '../config/yaml.js'

/** What a file, variable or command gives: keys, or the keyring that holds them. */
export type KeyText =
  | { readonly kind: 'keys'; readonly keys: CofferKeys; readonly type: VariantName | undefined }
  | { readonly kind: 'keyring'; readonly document: string }

/**
 * Reads keys as they stand in a configuration, in YAML, JSON or INI, with or without the name of a section above; or a keyring.
 * @throws CommandError without anything of the text in it.
 */
export async function parseKeyText(text: string, where: string): Promise<KeyText> {
  if (isKeyring(text)) return { kind: 'keyring', document: text }
  const fields = await readFields(text, where)
  if (fields['coffer_key'] === undefined && fields['secure_key'] === undefined && fields['type'] !== 'null') {
    throw new CommandError('configuration', `${where} holds no keys: "coffer_key" and "secure_key" as in a configuration, or a keyring.`)
  }
  const type = typeof fields['type'] === 'string' ? checkType(fields['type'], where) : undefined
  return { kind: 'keys', keys: decodeKeys(fields, where), type }
}

function isKeyring(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false
  try {
    const value = JSON.parse(text) as { readonly format?: unknown }
    return value.format === 'coffer-keyring'
  } catch {
    return false
  }
}

async function readFields(text: string, where: string): Promise<Readonly<Record<string, unknown>>> {
  if (looksLikeIni(text)) return only([...parseIni(text, where)].map(([name, fields]) => [name, Object.fromEntries(fields)]), where)
  // Lines of "name = value" without a section, as people cut them out of an INI file.
  if (/^\s*(coffer_key|secure_key|type)\s*=/m.test(text)) return Object.fromEntries(parseIni(`[keys]\n${text}`, where).get('keys') ?? [])
  const fields = await parseFields(text, where)
  if ('coffer_key' in fields || 'secure_key' in fields || 'type' in fields) return fields
  return only(Object.entries(fields).map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : {}]), where)
}

function only(sections: readonly (readonly [string, Readonly<Record<string, unknown>>])[], where: string): Readonly<Record<string, unknown>> {
  const named = sections.filter(([name]) => name !== 'DEFAULT')
  if (named.length > 1) throw new CommandError('configuration', `${where} holds the keys of several coffers: use --conf FILE --coffer NAME.`)
  return named[0]?.[1] ?? {}
}
