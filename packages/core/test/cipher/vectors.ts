import { readFileSync } from 'node:fs'

export function readText(name: string): string {
  return readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')
}

export function readJson(name: string): unknown {
  return JSON.parse(readText(name))
}

/** The cases of a file in NIST's form: lines `Name = value`, cases apart by empty lines. */
export function readCases(name: string): Map<string, string>[] {
  const cases: Map<string, string>[] = []
  for (const block of readText(name).split(/\n\s*\n/)) {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const field = /^(\w+) =\s*(.*)$/.exec(line)
      if (field?.[1] !== undefined) fields.set(field[1], field[2]?.trim() ?? '')
    }
    if (fields.size > 0) cases.push(fields)
  }
  return cases
}

/** One of {@link readCases}'s fields, which is hex. */
export function hexField(fields: Map<string, string>, name: string): Uint8Array {
  const hex = fields.get(name)
  if (hex === undefined) throw new Error(`the case has no ${name}`)
  return fromHex(hex)
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

type WycheproofCase<Test> = Test & { readonly tcId: number; readonly result: 'valid' | 'invalid' }

interface Wycheproof<Test> {
  readonly testGroups: readonly { readonly tests: readonly WycheproofCase<Test>[] }[]
}

/** All cases of a Wycheproof file. */
export function readWycheproof<Test>(name: string): readonly WycheproofCase<Test>[] {
  return (readJson(name) as Wycheproof<Test>).testGroups.flatMap((group) => group.tests)
}
