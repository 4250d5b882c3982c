import { CommandError } from '../command-error.js'

/** Fields by section, as plain values and bytes. */
export type YamlSections = ReadonlyMap<string, Readonly<Record<string, unknown>>>

// PyYAML, which PyCoffer reads with, is of YAML 1.1: what it takes for a number or a "no" must be quoted for it.
const options = { schema: 'yaml-1.1', merge: false, resolveKnownTags: true } as const
const PARSE_LIMITS = { maxAliasCount: 0, mapAsMap: true }

/** Reads a mapping of mappings. @throws CommandError without the text of the line that is wrong: a key may stand in it. */
export async function parseYaml(text: string, where: string): Promise<YamlSections> {
  const value = await parseMapping(text, where)
  const sections = new Map<string, Readonly<Record<string, unknown>>>()
  for (const [name, fields] of value) {
    if (fields instanceof Map) sections.set(String(name), toRecord(fields as Map<unknown, unknown>))
    else if (fields !== null) throw new CommandError('configuration', `${where}: ${JSON.stringify(String(name))} is not a section with fields.`)
  }
  return sections
}

/** Reads one mapping. */
export async function parseFields(text: string, where: string): Promise<Readonly<Record<string, unknown>>> {
  return toRecord(await parseMapping(text, where))
}

async function parseMapping(text: string, where: string): Promise<Map<unknown, unknown>> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { ...options, prettyErrors: false, logLevel: 'silent' })
  const [error] = document.errors
  if (error) {
    const line = text.slice(0, error.pos[0]).split('\n').length
    throw new CommandError('configuration', `${where}, line ${line}: this is not YAML (${error.code}).`)
  }
  const value = readValue(() => document.toJS(PARSE_LIMITS) as unknown, where)
  if (value === null || value === undefined) return new Map()
  if (value instanceof Map) return value as Map<unknown, unknown>
  throw new CommandError('configuration', `${where} does not hold sections: names with indented fields below.`)
}

function readValue(read: () => unknown, where: string): unknown {
  try {
    return read()
  } catch {
    // The library's message may quote the file.
    throw new CommandError('configuration', `${where} uses anchors or tags that a configuration has no use for.`)
  }
}

/** The text with one more section, or one replaced; comments and all else stay as they are. */
export async function setYamlSection(text: string, name: string, fields: Readonly<Record<string, string | Uint8Array | Readonly<Record<string, string>>>>): Promise<string> {
  const { Document, parseDocument, isMap, isScalar } = await import('yaml')
  const parsed = parseDocument(text, options)
  const document = isMap(parsed.contents) ? parsed : new Document({}, options)
  const section = document.createNode(fields)
  // Else keys are broken into lines of 20 characters.
  for (const { value } of section.items as { value: unknown }[]) if (isScalar(value) && value.value instanceof Uint8Array) value.type = 'QUOTE_DOUBLE'
  document.set(name, section)
  return document.toString({ lineWidth: 0 })
}

function toRecord(map: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
  // Without a prototype: a file may name a field "constructor".
  const record = Object.create(null) as Record<string, unknown>
  for (const [field, value] of map) record[String(field)] = value
  return record
}
