import { CofferError } from '../errors.js'

/**
 * The rows of a CSV text (RFC 4180): fields may stand in quotes, rows end in LF, CRLF or CR. Empty lines are left out.
 * @throws CofferError `ERR_COFFER_DAMAGED` for a quote that does not end, or that is followed by something else than a comma.
 */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  let fields: string[] = []
  let number = 0
  let at = 0
  while (at < text.length) {
    if (fields.length === 0) number += 1
    const { value, end } = text[at] === '"' ? quoted(text, at, number) : bare(text, at)
    fields.push(value)
    at = end
    if (text[at] === ',') {
      at += 1
      // A comma at the very end is followed by one more field, an empty one.
      if (at < text.length) continue
      fields.push('')
    }
    at += text.startsWith('\r\n', at) ? 2 : 1
    if (fields.length > 1 || fields[0] !== '') rows.push({ number, fields })
    fields = []
  }
  return rows
}

export interface CsvRow {
  /** Counted from 1, empty lines included, whatever the line breaks inside of quotes. */
  readonly number: number
  readonly fields: readonly string[]
}

interface Field {
  readonly value: string
  readonly end: number
}

function bare(text: string, start: number): Field {
  let end = start
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1
  return { value: text.slice(start, end), end }
}

function quoted(text: string, start: number, row: number): Field {
  let value = ''
  let from = start + 1
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote === -1) throw new CofferError('ERR_COFFER_DAMAGED', `Row ${row} of the CSV has a quote that does not end.`)
    value += text.slice(from, quote)
    const next = text[quote + 1]
    if (next === undefined || next === ',' || next === '\n' || next === '\r') return { value, end: quote + 1 }
    if (next !== '"') throw new CofferError('ERR_COFFER_DAMAGED', `Row ${row} of the CSV goes on behind a quote.`)
    value += '"'
    from = quote + 2
  }
}
