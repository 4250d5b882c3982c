/** What a keyring is made of: no fractions, nothing that is missing. */
export type Json = string | number | readonly Json[] | { readonly [name: string]: Json }

/** The one way to write a value (RFC 8785): what is authenticated does not hang on blanks or on the order of fields. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError('Only whole numbers have a canonical form here.')
    return String(value)
  }
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  // Sorted by UTF-16 units, as the RFC says and as comparing strings does.
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
