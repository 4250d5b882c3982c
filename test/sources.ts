import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'

/** The folder of the repository. */
export const repository: string = dirname(import.meta.dirname)

/** One import, export-from or dynamic import in a source file. */
export interface ImportSpecifier {
  readonly specifier: string
  /** The whole statement is `import type` or `export type`, so that nothing of it is left at run time. */
  readonly isType: boolean
}

/** The source files of every package, as paths from the repository with `/`, sorted. Declaration files are left out. */
export function packageSources(): string[] {
  const packages = readdirSync(join(repository, 'packages'))
  return packages.flatMap((name) => filesBelow(join(repository, 'packages', name, 'src'))).filter(isSource).toSorted()
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
      relative(repository, join(folder, name)).split(sep).join('/'),
    )
  } catch {
    return []
  }
}

function isSource(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path) && !/\.d\.[cm]?ts$/.test(path)
}

/** The text of a file of the repository. */
export function readSource(path: string): string {
  return readFileSync(join(repository, path), 'utf8')
}

// A statement stands at the start of a line, which the examples in comments do not, and has only names between its
// keyword and `from`, so that nothing else can be taken for one.
const statement = /^[ \t]*(?:import|export)\s+(type\s)?(?:[\w$*\s{},]+?\s+from\s+)?(['"])([^'"\n]+)\2/gm
const dynamicImport = /\bimport\(\s*(?:(['"`])([^'"`\n]*)\1\s*[,)])?/g

/** What a source imports. A dynamic import whose place is computed has the specifier `(computed)`. */
export function importsOf(text: string): ImportSpecifier[] {
  const found: ImportSpecifier[] = []
  for (const [, type, , specifier = ''] of text.matchAll(statement)) found.push({ specifier, isType: type !== undefined })
  for (const [, , specifier] of withoutComments(text).matchAll(dynamicImport)) {
    found.push({ specifier: specifier ?? '(computed)', isType: false })
  }
  return found
}

/** Takes out whole-line comments; enough to keep prose from being read as code. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\/.*$/gm, '').replace(/^\s*\/\*[\s\S]*?\*\//gm, '')
}

/** The source that a relative import leads to, as a path from the repository. */
export function resolveImport(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts').replace(/\.mjs$/, '.mts')
}
