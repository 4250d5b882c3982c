import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importsOf, packageSources, readSource, repository, resolveImport } from './sources.js'

/** May be imported anywhere in core. */
const ground = ['errors', 'bytes', 'async']

/**
 * Which layer of packages/core/src may import which: the folders, and the files beside them. A layer may always import itself.
 * `types` are allowed as `import type` only.
 */
const coreLayers: Readonly<Record<string, { readonly imports: readonly string[]; readonly types?: readonly string[] }>> = {
  errors: { imports: [] },
  async: { imports: [] },
  bytes: { imports: ['errors'] },
  tar: { imports: ground },
  zstd: { imports: ground },
  cipher: { imports: ground },
  storage: { imports: ground },
  keyring: { imports: [...ground, 'cipher'], types: ['coffer'] },
  engine: { imports: [...ground, 'cipher', 'zstd', 'tar'] },
  log: { imports: [...ground, 'cipher', 'zstd', 'tar', 'storage', 'engine'] },
  plugins: { imports: [...ground, 'cipher', 'zstd', 'tar', 'storage', 'engine', 'log', 'keyring'], types: ['coffer'] },
  coffer: { imports: [...ground, 'cipher', 'zstd', 'tar', 'storage', 'engine', 'log', 'plugins'] },
  index: { imports: [...ground, 'cipher', 'zstd', 'tar', 'storage', 'engine', 'log', 'plugins', 'coffer', 'keyring'] },
  internal: { imports: [...ground, 'cipher', 'zstd', 'tar', 'storage', 'engine', 'log', 'plugins', 'coffer'] },
}

/** Single edges that the table above would refuse, each with the reason for it. */
const exceptions: Readonly<Record<string, string>> = Object.fromEntries(
  ['sources', 'file-handle', 'legacy'].map((name) => [
    `packages/core/src/plugins/crypt.ts -> packages/core/src/coffer/${name}.ts`,
    'a loose file is read and written with the streams of coffers; the registry loads crypt only when it is asked for',
  ]),
)

/** Which layer of core may import which package of others. */
const corePackages: Readonly<Record<string, readonly string[]>> = {
  cipher: ['libsodium-wrappers-sumo', 'fernet', '@noble/ciphers'],
  zstd: ['zstd-codec'],
  tar: ['tar-js'],
  plugins: ['otpauth'],
}

/** Which package may import which other one of ours, and whether it may import `node:` modules. */
const packages: Readonly<Record<string, { readonly imports: readonly string[]; readonly node: boolean }>> = {
  core: { imports: [], node: false },
  node: { imports: ['@coffer/core', '@coffer/worker'], node: true },
  browser: { imports: ['@coffer/core', '@coffer/worker'], node: false },
  worker: { imports: ['@coffer/core'], node: true },
  cli: { imports: ['@coffer/core', '@coffer/node', '@coffer/worker'], node: true },
}

/** No source has more lines. */
const MOST_LINES = 400

const sources = packageSources()

/** What is wrong with one import of one file; undefined where it is allowed. */
function violation(path: string, specifier: string, isType: boolean): string | undefined {
  const name = packageOf(path)
  const allowed = packages[name]
  if (allowed === undefined) return `packages/${name} is not in the table`
  if (specifier === '(computed)') return name === 'core' || name === 'browser' ? 'a computed import' : undefined
  if (specifier.startsWith('.')) return relativeViolation(path, specifier, isType)
  if (specifier.startsWith('node:')) return allowed.node ? undefined : `${name} may not import ${specifier}`
  const imported = packageName(specifier.replace(/^#/, ''))
  if (imported.startsWith('@coffer/') || imported === 'coffer') {
    if (!allowed.imports.includes(imported)) return `${name} may not import ${imported}`
    return /^@coffer\/[a-z]+(\/internal)?$/.test(specifier) ? undefined : `${specifier} is not a public entry`
  }
  if (!declaredDependencies(name).has(imported)) return `${imported} is not among the dependencies of ${name}`
  if (name === 'core' && !corePackages[layerOf(path)]?.includes(imported)) return `${layerOf(path)} may not import ${imported}`
  return undefined
}

function relativeViolation(path: string, specifier: string, isType: boolean): string | undefined {
  const target = resolveImport(path, specifier)
  if (!target.startsWith(`packages/${packageOf(path)}/src/`)) return `${specifier} leaves the sources of its package`
  if (packageOf(path) !== 'core') return undefined
  const [from, to] = [layerOf(path), layerOf(target)]
  const layer = coreLayers[from]
  if (layer === undefined) return `the layer ${from} is not in the table`
  if (from === to || layer.imports.includes(to)) return undefined
  if (Object.hasOwn(exceptions, `${path} -> ${target}`)) return undefined
  if (layer.types?.includes(to)) return isType ? undefined : `${from} may import ${to} as types only`
  return `${from} may not import ${to}`
}

function packageOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** `bytes` for packages/core/src/bytes/cursor.ts, `errors` for packages/core/src/errors.ts. */
function layerOf(path: string): string {
  return (path.split('/')[3] ?? '').replace(/\.ts$/, '')
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function declaredDependencies(name: string): Set<string> {
  const manifest = JSON.parse(readSource(`packages/${name}/package.json`)) as Record<string, Record<string, string> | undefined>
  return new Set([...Object.keys(manifest['dependencies'] ?? {}), ...Object.keys(manifest['peerDependencies'] ?? {})])
}

function violationsOf(path: string, text: string): string[] {
  return importsOf(text)
    .map(({ specifier, isType }) => violation(path, specifier, isType))
    .filter((found) => found !== undefined)
    .map((found) => `${path}: ${found}`)
}

/** The first cycle in a graph, as the files along it; empty where there is none. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    path.push(file)
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next)
      if (cycle.length > 0) return cycle
    }
    path.pop()
    done.add(file)
    return []
  }
  for (const file of graph.keys()) {
    const cycle = visit(file)
    if (cycle.length > 0) return cycle
  }
  return []
}

describe('imports', () => {
  test('there are sources to look at, and imports in them', () => {
    expect(sources).toContain('packages/core/src/errors.ts')
    expect(sources.flatMap((path) => importsOf(readSource(path))).length).toBeGreaterThan(50)
  })

  test('point only downwards, at declared packages, and at no platform from where there is none', () => {
    expect(sources.flatMap((path) => violationsOf(path, readSource(path)))).toEqual([])
  })

  test('the exceptions are all in use', () => {
    const edges = new Set(
      sources.flatMap((path) =>
        importsOf(readSource(path))
          .filter(({ isType }) => !isType)
          .map(({ specifier }) => `${path} -> ${resolveImport(path, specifier)}`),
      ),
    )
    expect(Object.keys(exceptions).filter((edge) => !edges.has(edge))).toEqual([])
  })

  test('lead to files that are there', () => {
    const missing = sources.flatMap((path) =>
      importsOf(readSource(path))
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolveImport(path, specifier))
        .filter((target) => !existsSync(join(repository, target)))
        .map((target) => `${path}: ${target}`),
    )
    expect(missing).toEqual([])
  })

  test('make no cycle at run time', () => {
    const graph = new Map(
      sources.map((path) => [
        path,
        importsOf(readSource(path))
          .filter(({ specifier, isType }) => specifier.startsWith('.') && !isType)
          .map(({ specifier }) => resolveImport(path, specifier)),
      ]),
    )
    expect(findCycle(graph)).toEqual([])
  })

  test('the table of layers has itself no cycle, so that "downwards" means something', () => {
    expect(findCycle(new Map(Object.entries(coreLayers).map(([name, { imports }]) => [name, imports])))).toEqual([])
  })

  test('core is compiled with the types of no platform', () => {
    const { compilerOptions } = JSON.parse(readSource('tsconfig.base.json')) as {
      compilerOptions: { readonly types: string[]; readonly lib: string[] }
    }
    const core = JSON.parse(readSource('packages/core/tsconfig.json')) as { compilerOptions: object }
    const options = { ...compilerOptions, ...core.compilerOptions }
    expect(options.types).toEqual([])
    expect(options.lib.filter((name) => /dom|worker|script/i.test(name))).toEqual([])
  })
})

describe('the check itself', () => {
  test.each([
    ['packages/core/src/bytes/x.ts', `import { a } from '../log/log.js'`, 'bytes may not import log'],
    ['packages/core/src/log/x.ts', `import {\n  a,\n  type B,\n} from '../coffer/coffer.js'`, 'log may not import coffer'],
    ['packages/core/src/log/x.ts', `export { a } from '../coffer/coffer.js'`, 'log may not import coffer'],
    ['packages/core/src/engine/x.ts', `export * as a from '../log/log.js'`, 'engine may not import log'],
    ['packages/core/src/plugins/x.ts', `import { a } from '../coffer/coffer.js'`, 'as types only'],
    ['packages/core/src/plugins/x.ts', `import { type A } from '../coffer/coffer.js'`, 'as types only'],
    ['packages/core/src/cipher/x.ts', `import { readFile } from 'node:fs/promises'`, 'may not import node:'],
    ['packages/core/src/cipher/x.ts', `const a = await import('../coffer/coffer.js')`, 'cipher may not import coffer'],
    ['packages/core/src/cipher/x.ts', `const a = await import(place)`, 'a computed import'],
    ['packages/core/src/cipher/x.ts', `import 'left-pad'`, 'not among the dependencies'],
    ['packages/core/src/bytes/x.ts', `import fernet from 'fernet'`, 'bytes may not import fernet'],
    ['packages/core/src/new-layer/x.ts', `import { a } from '../errors.js'`, 'not in the table'],
    ['packages/core/src/coffer/x.ts', `import { a } from '../../../node/src/index.js'`, 'leaves the sources'],
    ['packages/core/src/coffer/x.ts', `import { a } from '@coffer/node'`, 'core may not import @coffer/node'],
    ['packages/node/src/x.ts', `import { a } from '@coffer/core/src/log/log.js'`, 'not a public entry'],
    ['packages/unheard-of/src/x.ts', `import { a } from '@coffer/core'`, 'not in the table'],
    ['packages/browser/src/x.ts', `import { a } from 'node:fs'`, 'may not import node:'],
  ])('refuses in %s: %s', (path, text, message) => {
    expect(violationsOf(path, text)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    ['packages/core/src/plugins/x.ts', `import type { Coffer } from '../coffer/coffer.js'`],
    ['packages/core/src/coffer/x.ts', `import { a } from '../log/log.js'\nimport { b } from './b.js'`],
    ['packages/core/src/bytes/x.ts', `/**\n * @example\n * import { a } from '../log/log.js'\n * await import('node:fs')\n */`],
    ['packages/core/src/bytes/x.ts', `// import { a } from '../log/log.js'\nconst a = Array.from('../log/log.js')`],
    ['packages/node/src/x.ts', `import { a } from '@coffer/core/internal'\nimport { b } from 'node:fs'`],
  ])('accepts in %s: %s', (path, text) => {
    expect(violationsOf(path, text)).toEqual([])
  })

  test('sees a cycle', () => {
    const graph = new Map([['a', ['b']], ['b', ['c']], ['c', ['d', 'b']], ['d', []]])
    expect(findCycle(graph)).toEqual(['b', 'c', 'b'])
  })
})

test(`no source has more than ${MOST_LINES} lines`, () => {
  expect(sources.filter((path) => readSource(path).trimEnd().split('\n').length > MOST_LINES)).toEqual([])
})
