import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

interface Chunk {
  readonly type: 'chunk'
  readonly name: string
  readonly isEntry: boolean
  readonly code: string
  readonly imports: readonly string[]
  readonly dynamicImports: readonly string[]
  readonly modules: Readonly<Record<string, { readonly renderedLength: number }>>
}

/** Prints what one entry loads, gzipped, by package: at once, and what comes when it is needed. Needed for nothing but to know. */
export function printSizes(entry: string): Plugin {
  return {
    name: 'print-sizes',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const chunks = new Map(Object.entries(bundle).filter((one): one is [string, never] => one[1].type === 'chunk')) as ReadonlyMap<string, Chunk>
        const start = [...chunks].find(([, chunk]) => chunk.isEntry && chunk.name === entry)
        if (!start) return
        const first = closureOf([start[0]], chunks)
        const later = [...closureOf([...first].flatMap((name) => chunks.get(name)?.dynamicImports ?? []), chunks, true)].filter((name) => !first.has(name))
        print(`${entry}: at once`, [...first], chunks)
        for (const name of later) print(`${entry}: when needed, ${chunks.get(name)?.name ?? name}`, [name], chunks)
      },
    },
  }
}

function closureOf(names: readonly string[], chunks: ReadonlyMap<string, Chunk>, withDynamic = false): Set<string> {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const chunk = chunks.get(name)
    if (!chunk || found.has(name)) return
    found.add(name)
    for (const next of [...chunk.imports, ...(withDynamic ? chunk.dynamicImports : [])]) visit(next)
  }
  for (const name of names) visit(name)
  return found
}

function print(title: string, names: readonly string[], chunks: ReadonlyMap<string, Chunk>): void {
  const packages = new Map<string, number>()
  let total = 0
  for (const name of names) {
    const chunk = chunks.get(name) as Chunk
    const bytes = gzipSync(chunk.code).length
    total += bytes
    // A package's part of a chunk by its part of the text.
    const modules = Object.entries(chunk.modules)
    const text = modules.reduce((sum, [, { renderedLength }]) => sum + renderedLength, 0) || 1
    for (const [id, { renderedLength }] of modules) {
      packages.set(packageOf(id), (packages.get(packageOf(id)) ?? 0) + (bytes * renderedLength) / text)
    }
  }
  const parts = [...packages].toSorted((a, b) => b[1] - a[1]).map(([name, bytes]) => `${name} ${kib(bytes)}`)
  console.log(`${title}: ${kib(total)} gzipped (${parts.join(', ')})`)
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`
}

function packageOf(id: string): string {
  const path = id.replaceAll('\\', '/')
  // What core has made of packages that do not run in browsers as they are; what two of them share is zstd-codec's.
  const [, vendored] = /core\/dist\/vendor\/(fernet|libsodium|zstd-codec|shared)/.exec(path) ?? []
  if (vendored !== undefined) return vendored === 'shared' ? 'zstd-codec' : vendored
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
  if (installed !== undefined) return installed
  const [, ours] = /packages\/([^/]+)\//.exec(path) ?? []
  return ours === undefined ? 'the page' : `@coffer/${ours}`
}
