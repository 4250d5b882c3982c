// Packs every public package as it would be published and looks at the tarball: publint, the types as every resolver sees
// them (attw), and whether plain Node can import each of its entries. Needs the node modules.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cacheFolder, root, run, runPnpm } from './setup.mjs'

const folder = join(cacheFolder, 'packages')
const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)

/** Scripts for a browser's worker, to be named by their address: nobody imports them, and they have no types. */
const workerScripts = new Set(['@coffer/worker/worker', '@coffer/browser/opfs-worker'])

const problems = []

/** Runs a check quietly; what it says is shown only when it fails. */
async function check(what, command, args, options = {}) {
  const result = await run(command, args, { inherit: false, ...options })
  report(what, result)
  return result.code === 0
}

function report(what, { code, output }) {
  if (code === 0) return
  problems.push(what)
  console.error(`${what}: failed\n${output.trimEnd()}\n`)
}

function publicPackages() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((path) => existsSync(join(path, 'package.json')))
    .map((path) => ({ path, manifest: readManifest(path) }))
    .filter(({ manifest }) => manifest.private !== true)
}

function readManifest(path) {
  return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
}

/** Packs one package; undefined where that fails. */
async function pack({ path, manifest }) {
  const target = join(folder, 'tarballs', manifest.name.replace('@', '').replace('/', '-'))
  mkdirSync(target, { recursive: true })
  const result = await runPnpm(['pack', '--pack-destination', target], { cwd: path, inherit: false })
  report(`${manifest.name}: pnpm pack`, result)
  const file = readdirSync(target).find((name) => name.endsWith('.tgz'))
  return result.code === 0 && file !== undefined ? join(target, file) : undefined
}

/** Unpacks a tarball into a node_modules of its own, with the dependencies that the workspace has installed beside it. */
async function install({ path, manifest }, tarball) {
  const place = join(folder, 'node_modules', manifest.name)
  mkdirSync(place, { recursive: true })
  if (!(await check(`${manifest.name}: unpack`, 'tar', ['-xzf', tarball, '-C', place, '--strip-components=1']))) return
  for (const dependency of Object.keys(readManifest(place).dependencies ?? {})) {
    // Ours are unpacked side by side.
    if (isOurs(dependency)) continue
    const link = join(place, 'node_modules', dependency)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(path, 'node_modules', dependency), link, 'junction')
  }
}

function isOurs(name) {
  return packages.some(({ manifest }) => manifest.name === name)
}

/** The entries of a package that Node must be able to import: those that are JavaScript. */
function nodeEntries(name) {
  const { exports = {} } = readManifest(join(folder, 'node_modules', name))
  return Object.entries(exports)
    .filter(([, target]) => /\.[cm]?js$/.test(defaultOf(target)))
    .map(([entry]) => name + entry.slice(1))
    .filter((entry) => !workerScripts.has(entry))
}

/** Entries whose modules Node has in a few files: those have to export what the modules do. */
async function compareBundles(name) {
  const place = join(folder, 'node_modules', name)
  const namesOf = async (path) => Object.keys(await import(pathToFileURL(join(place, path)).href)).sort().join(', ')
  for (const { node, default: other } of Object.values(readManifest(place).exports ?? {})) {
    if (typeof node !== 'string' || node !== other.replace('./dist/', './dist/node/')) continue
    const [bundled, modules] = [await namesOf(node), await namesOf(other)]
    report(`${name}: exports of ${node}`, { code: bundled === modules ? 0 : 1, output: `${bundled}\n\ninstead of\n\n${modules}` })
  }
}

function defaultOf(target) {
  if (typeof target === 'string') return target
  return typeof target?.default === 'string' ? target.default : defaultOf(target?.node ?? target?.default ?? '')
}

/** The types as a strict program sees them that looks into libraries too: one for Node without DOM, one for browsers without Node. */
async function checkTypes(name, { entries, ...options }) {
  const place = join(folder, `types-${name}`)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'program.ts'), entries.map((entry, i) => `import * as all${i} from '${entry}'\nexport { all${i} }\n`).join(''))
  const typeRoots = [join(root, 'packages', 'node', 'node_modules', '@types')]
  const compilerOptions = { target: 'es2022', typeRoots, strict: true, skipLibCheck: false, noEmit: true, ...options }
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  await check(`types for ${name}`, bin('tsc'), ['-p', place])
}

function checkContents({ manifest }) {
  const place = join(folder, 'node_modules', manifest.name)
  const { exports = {}, dependencies = {} } = readManifest(place)
  const text = JSON.stringify({ exports, dependencies })
  const wrong = []
  if (/"\.\/src\//.test(text)) wrong.push('exports point to src')
  if (text.includes('workspace:')) wrong.push('a dependency of the workspace has no version')
  if (!existsSync(join(place, 'LICENSE'))) wrong.push('there is no LICENSE')
  if (!existsSync(join(place, 'dist'))) wrong.push('there is no dist')
  report(`${manifest.name}: contents`, { code: wrong.length, output: wrong.join('\n') })
}

const packages = publicPackages()
rmSync(folder, { recursive: true, force: true })

if (await check('build', bin('tsc'), ['-b', ...packages.map(({ path }) => path)])) {
  const tarballs = await Promise.all(packages.map(pack))
  const packed = packages.flatMap((one, index) => (tarballs[index] === undefined ? [] : [{ one, tarball: tarballs[index] }]))
  for (const { one, tarball } of packed) await install(one, tarball)
  await Promise.all(
    packed.map(async ({ one, tarball }) => {
      const { name } = one.manifest
      checkContents(one)
      await check(`${name}: publint`, bin('publint'), ['run', '--strict', tarball])
      const scripts = [...workerScripts].filter((entry) => entry.startsWith(`${name}/`)).map((entry) => entry.slice(name.length + 1))
      const left = scripts.length > 0 ? ['--exclude-entrypoints', ...scripts] : []
      await check(`${name}: attw`, bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', ...left])
      await compareBundles(name)
      for (const entry of nodeEntries(name)) {
        const program = `await import(${JSON.stringify(entry)})`
        await check(`${name}: import of ${entry}`, process.execPath, ['--input-type=module', '-e', program], { cwd: folder })
      }
    }),
  )
  const entries = ['@coffer/core', '@coffer/worker']
  await checkTypes('node', { entries: [...entries, '@coffer/node'], module: 'nodenext', types: ['node'], lib: ['es2023', 'esnext.disposable'] })
  const browsers = { module: 'esnext', moduleResolution: 'bundler', types: [], exactOptionalPropertyTypes: true }
  await checkTypes('browsers', { entries: [...entries, '@coffer/browser'], ...browsers, lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'] })
}

console.log(problems.length === 0 ? `${packages.length} packages are fit to be published.` : `Failed: ${problems.join('; ')}`)
process.exitCode = problems.length === 0 ? 0 : 1
