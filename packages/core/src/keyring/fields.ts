import { base64Bytes, decodeBase64, encodeBase64 } from '../bytes/base64.js'
import { utf8, utf8ToText } from '../bytes/bytes.js'
import { CofferError } from '../errors.js'

/** Url-safe base64 without padding. */
export function bytesToText(bytes: Uint8Array): string {
  const out = new Uint8Array(base64Bytes(bytes.length))
  encodeBase64(bytes, out)
  return utf8ToText(out).replace(/=+$/, '')
}

/** Reads the fields of an object out of a file: each is there, is what it must be, and there are no others. */
export class Fields {
  readonly #what: string
  readonly #fields: ReadonlyMap<string, unknown>

  constructor(value: unknown, what: string, names: readonly string[]) {
    this.#what = what
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail('is no object')
    const fields = Object.entries(value)
    for (const [name] of fields) if (!names.includes(name)) this.fail('has a field that is unknown')
    for (const name of names) if (!Object.hasOwn(value, name)) this.fail(`has no \`${name}\``)
    this.#fields = new Map(fields)
  }

  text(name: string, mostChars: number): string {
    const value = this.#fields.get(name)
    if (typeof value !== 'string') return this.fail(`has a \`${name}\` that is no text`)
    if (value.length > mostChars) return this.fail(`has a \`${name}\` that is too long`, 'ERR_COFFER_LIMIT')
    const problem = labelProblem(value)
    return problem === undefined ? value : this.fail(`has a \`${name}\` ${problem}`)
  }

  whole(name: string, least: number, most: number): number {
    const value = this.#fields.get(name)
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return this.fail(`has a \`${name}\` that is no whole number`)
    if (value >= least && value <= most) return value
    return this.fail(`has a \`${name}\` of ${value}; accepted is ${least} to ${most}`, 'ERR_COFFER_LIMIT')
  }

  /** Bytes in canonical base64. */
  bytes(name: string, least: number, most: number = least): Uint8Array {
    const text = this.text(name, Math.ceil((most * 4) / 3))
    const bytes = decodeBase64(utf8(text + '='.repeat((4 - (text.length % 4)) % 4)))
    if (!bytes || bytes.length < least || bytes.length > most) {
      return this.fail(`has a \`${name}\` that is not ${least === most ? least : `${least} to ${most}`} bytes in base64`)
    }
    return bytes
  }

  date(name: string): Date {
    const text = this.text(name, 24)
    const date = new Date(text)
    if (Number.isFinite(date.getTime()) && date.toISOString() === text) return date
    return this.fail(`has a \`${name}\` that is no date`)
  }

  list(name: string, most: number): readonly unknown[] {
    const value = this.#fields.get(name)
    if (!Array.isArray(value)) return this.fail(`has a \`${name}\` that is no list`)
    if (value.length > most) return this.fail(`has a \`${name}\` with more than ${most} items`, 'ERR_COFFER_LIMIT')
    return value
  }

  is(name: string, expected: string | number): void {
    if (this.#fields.get(name) !== expected) this.fail(`has a \`${name}\` that is not ${JSON.stringify(expected)}`)
  }

  raw(name: string): unknown {
    return this.#fields.get(name)
  }

  fail(how: string, code: 'ERR_COFFER_DAMAGED' | 'ERR_COFFER_LIMIT' = 'ERR_COFFER_DAMAGED'): never {
    throw new CofferError(code, `${this.#what} ${how}.`)
  }
}

/** What is wrong with a text that is shown to people: it must not steer their terminal or turn their line around. */
export function labelProblem(text: string): string | undefined {
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text)) return 'with control characters in it'
  return text.isWellFormed() ? undefined : 'that is not well-formed Unicode'
}
