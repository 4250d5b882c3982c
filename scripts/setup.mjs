// What has to be on the machine before anything runs: node modules, and for the tests two Python environments with the
// real PyCoffer. Plain Node without dependencies, since it runs before there are any.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where set-up and tests keep what can be made again; not under version control. */
export const cacheFolder = join(root, '.cache')

/** The Python environments, one a pyzstd that PyCoffer meets in practice. */
export const pycofferVersions = ['current', 'pyzstd-0.16.2']

/** A step of the set-up that failed, with a message for a person; needs no stack. */
export class SetupError extends Error {
  name = 'SetupError'
}

/**
 * Runs a program without standard input and resolves to its exit code and output.
 * With `inherit`, output goes straight to ours and `output` is empty.
 */
export function run(command, args, { cwd = root, env = process.env, inherit = true } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', inherit ? 'inherit' : 'pipe', inherit ? 'inherit' : 'pipe'] })
    let output = ''
    child.stdout?.on('data', (data) => (output += data))
    child.stderr?.on('data', (data) => (output += data))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? 1, signal, output }))
  })
}

/** Runs the pnpm that runs us, or fetches one through npx. */
export function runPnpm(args, options) {
  const running = process.env.npm_execpath
  if (running !== undefined && /pnpm[^/\\]*$/.test(running) && existsSync(running)) {
    return /\.[cm]?js$/.test(running) ? run(process.execPath, [running, ...args], options) : run(running, args, options)
  }
  return run(process.platform === 'win32' ? 'npx.cmd' : 'npx', ['-y', 'pnpm@12', ...args], options)
}

/** Installs the node modules where they are missing or the lock file or a manifest has changed since. True if it did. */
export async function ensureDependencies() {
  const stamp = join(root, 'node_modules', '.coffer-installed')
  const wanted = hashFiles(['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()])
  if (readText(stamp) === wanted) return false
  console.error('Installing the node modules ...')
  const { code } = await runPnpm(['install', '--frozen-lockfile'])
  if (code !== 0) {
    throw new SetupError('pnpm install failed (above). Is the network there, and does pnpm-lock.yaml match the package.json files?')
  }
  writeFileSync(stamp, wanted)
  return true
}

/**
 * Builds what browsers need of packages that do not run there as they are, what Node loads of core, the scripts that run inside workers,
 * and the command, where they are missing or older than their sources. True if it did.
 */
export async function ensureWorkerScripts() {
  const vendored = await ensureBuilt(
    'core',
    ['vendor/fernet.js', 'vendor/libsodium-wrappers-sumo.js', 'vendor/zstd-codec.js', 'node/index.js', 'node/internal.js'],
    ['packages/core/vendor', 'packages/core/src'],
  )
  const workers = await ensureBuilt('worker', ['coffer-worker.js', 'coffer-worker-node.js'], ['packages/worker/src', 'packages/core/src'])
  const opfs = await ensureBuilt('browser', ['coffer-opfs.js'], ['packages/browser/src'])
  const command = await ensureBuilt('cli', ['coffer.js', 'coffer-worker-node.js'], ['cli', 'node', 'worker', 'core'].map((name) => `packages/${name}/src`))
  return vendored || workers || opfs || command
}

/** Runs the build.mjs of one package unless what it makes is there, from the same sources. */
async function ensureBuilt(name, made, folders) {
  const folder = join(root, 'packages', name)
  const built = made.map((path) => join(folder, 'dist', path))
  const stamp = join(folder, 'dist', '.scripts')
  const sources = [...folders, 'scripts/bundle'].flatMap((path) => filesBelow(path))
  const wanted = hashFiles(['pnpm-lock.yaml', `packages/${name}/build.mjs`, ...sources])
  const isReady = () => readText(stamp) === wanted && built.every((path) => existsSync(path))
  if (isReady()) return false
  return withLock(join(cacheFolder, `built-${name}.lock`), async () => {
    if (isReady()) return false
    const { code, output } = await run(process.execPath, [join(folder, 'build.mjs')], { inherit: false })
    if (code !== 0) throw new SetupError(`The scripts of packages/${name} could not be built.\n${output.trimEnd()}`)
    writeFileSync(stamp, wanted)
    return true
  })
}

/** Other runtimes that tests run: a Node with what the oldest one that we run on does not have, Bun, and Deno. */
const newerNode = '24.21.0'
const bun = '1.4.5'
const deno = '2.9.6'

/** The path of a Node that is at least as new as that, installed where there is none. `undefined` where it cannot be had. */
export async function ensureNewerNode() {
  if (Number.parseInt(process.versions.node, 10) >= Number.parseInt(newerNode, 10)) return process.execPath
  return ensureRuntime('node', newerNode, () => [join('node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')])
}

/** The path of Bun, installed where it is missing. `undefined` where it cannot be had. */
export function ensureBun() {
  // Its program comes in the package of a platform, and a script that npm may not run takes it out of there. Its name is the same everywhere.
  return ensureRuntime('bun', bun, (modules) => [join('bun', 'bin', 'bun.exe'), ...namesIn(modules, '@oven').map((name) => join('@oven', name, 'bin', 'bun'))])
}

/** The path of Deno, installed where it is missing. `undefined` where it cannot be had. */
export function ensureDeno() {
  const program = process.platform === 'win32' ? 'deno.exe' : 'deno'
  return ensureRuntime('deno', deno, (modules) => namesIn(modules, '@deno').map((name) => join('@deno', name, program)))
}

function namesIn(modules, scope) {
  return existsSync(join(modules, scope)) ? readdirSync(join(modules, scope)) : []
}

/** `placesIn` gives where the program may be below the folder of modules. */
async function ensureRuntime(name, version, placesIn) {
  const folder = join(cacheFolder, `${name}-${version}`)
  const modules = join(folder, 'node_modules')
  const ready = async () => {
    for (const path of placesIn(modules).map((place) => join(modules, place))) {
      const works = existsSync(path) && (await run(path, ['--version'], { inherit: false }).catch(() => undefined))
      if (works && works.output.trim().replace(/^(v|deno )/, '').split(' ')[0] === version) return path
    }
    return undefined
  }
  const there = await ready()
  if (there !== undefined) return there
  return withLock(`${folder}.lock`, async () => {
    const made = await ready()
    if (made !== undefined) return made
    mkdirSync(folder, { recursive: true })
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    await run(npm, ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`], { inherit: false })
    return ready()
  })
}

/** Makes the Python environments of the tests where they are missing or their requirements have changed. True if it made one. */
export async function ensurePython() {
  const made = await Promise.all(pycofferVersions.map((version) => ensureVenv(version)))
  return made.includes(true)
}

/** The interpreter of one of the Python environments, made first where it is missing. */
export async function pythonFor(version) {
  if (!pycofferVersions.includes(version)) throw new RangeError(`No such PyCoffer environment: ${version}`)
  await ensureVenv(version)
  return venvPython(venvFolder(version))
}

async function ensureVenv(version) {
  const folder = venvFolder(version)
  const requirements = join(root, 'test', 'interop', 'python', `requirements-${version}.txt`)
  const stamp = join(folder, '.installed')
  const wanted = createHash('sha256').update(readFileSync(requirements)).update(folder).digest('hex')
  const isReady = () => readText(stamp) === wanted && existsSync(venvPython(folder))
  if (isReady()) return false

  return withLock(`${folder}.lock`, async () => {
    if (isReady()) return false
    console.error(`Making the Python environment ${folder} ...`)
    rmSync(folder, { recursive: true, force: true })
    const python = await findPython()
    const venv = await run(python, ['-m', 'venv', folder], { inherit: false })
    if (venv.code !== 0) {
      throw new SetupError(
        `${python} cannot make a virtual environment (on Debian: apt-get install python3-venv).\n${venv.output.trimEnd()}`,
      )
    }
    const pip = await run(venvPython(folder), ['-m', 'pip', 'install', '--quiet', '--no-input', '-r', requirements], { inherit: false })
    if (pip.code !== 0) throw new SetupError(`pip could not install ${requirements}.\n${pip.output.trimEnd()}`)
    writeFileSync(stamp, wanted)
    return true
  })
}

async function findPython() {
  for (const candidate of [process.env.PYTHON, 'python3', 'python']) {
    if (candidate === undefined || candidate === '') continue
    const check = ['-c', 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 3)']
    const found = await run(candidate, check, { inherit: false }).catch(() => undefined)
    if (found?.code === 0) return candidate
  }
  throw new SetupError('The tests against PyCoffer need Python 3.10 or later: install python3, or name one in the variable PYTHON.')
}

function venvFolder(version) {
  return join(cacheFolder, `pycoffer-${version}`)
}

function venvPython(folder) {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
}

/** One process at a time; a lock whose process is gone is broken. */
async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true })
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      // An empty file is one that is being written just now, unless it stays so.
      const pid = Number(readText(path) ?? '0')
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
      if (pid > 0 ? !isAlive(pid) : age > 5000) rmSync(path, { force: true })
      else await sleep(200)
    }
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function manifests() {
  const found = ['package.json']
  for (const group of ['packages', 'examples']) {
    if (!existsSync(join(root, group))) continue
    for (const name of readdirSync(join(root, group)).toSorted()) found.push(`${group}/${name}/package.json`)
  }
  return found.filter((path) => existsSync(join(root, path)))
}

function hashFiles(paths) {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

function filesBelow(path) {
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted()
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
