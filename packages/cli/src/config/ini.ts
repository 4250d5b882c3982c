import { CommandError } from '../command-error.js'

/** Sections of an INI file as Python's ConfigParser reads it: name to fields, those of `DEFAULT` apart. */
export type IniSections = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Reads what PyCoffer's ConfigParser reads: `[section]`, `key = value` or `key: value`, comments by `#` or `;`, values that go on in
 * indented lines, `%%` for a percent sign. Our own since packages for INI read other dialects: they nest sections at dots and unquote.
 */
export function parseIni(text: string, where: string): IniSections {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  let field: string | undefined
  for (const [index, line] of text.replace(/^\ufeff/, '').split(/\r?\n/).entries()) {
    const content = line.trim()
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue
    const header = /^\[([^\]]+)\]$/.exec(content)
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(content)
    if (/^\s/.test(line) && section && field !== undefined) section.set(field, `${section.get(field) ?? ''}\n${content}`)
    else if (header?.[1] !== undefined) {
      section = sections.get(header[1]) ?? new Map<string, string>()
      sections.set(header[1], section)
      field = undefined
    } else if (pair?.[1] !== undefined && section) {
      field = pair[1].toLowerCase()
      section.set(field, (pair[2] ?? '').replaceAll('%%', '%'))
    } else throw new CommandError('configuration', `${where}, line ${index + 1}: neither a [section] nor a "name = value".`)
  }
  return sections
}

/** Whether a text is INI rather than YAML: the first line that says something is a `[section]`. */
export function looksLikeIni(text: string): boolean {
  const first = text.split('\n').map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#') && !line.startsWith(';'))
  return first !== undefined && /^\[[^\],]+\]$/.test(first)
}

/** One section as lines. */
export function formatIniSection(name: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([field, value]) => `${field} = ${value.replaceAll('%', '%%')}`)
  return `[${name}]\n${lines.join('\n')}\n`
}
