// What is measured: our packages as they would be published (built, with the exports that users meet), and the peers.

import { cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cacheFolder, ensureNewerNode, pythonFor, root, SetupError } from '../../scripts/setup.mjs'
import { output, runProgram } from './process.ts'

const folder = join(cacheFolder, 'bench')
const ours = ['core', 'worker', 'node']
/** The npm peers and their versions. */
export const npmPeers: Readonly<Record<string, string>> = { 'age-encryption': '0.3.1', '@zip.js/zip.js': '2.24.0' }
const debianPeers = [
  { command: 'age', packageName: 'age' },
  { command: 'zstd', packageName: 'zstd' },
  { command: '7z', packageName: 'p7zip-full' },
]

export interface NewerNode {
  readonly path: string
  /** As in `Node 24`. */
  readonly name: string
}

/** Everything that a cell may measure with. */
export interface Installed {
  /** The folder whose node_modules hold our packages, as published. */
  readonly coffer: string
  /** Holds the npm peers; undefined where they are not to be had. */
  readonly npm: string | undefined
  /**
   * The Python with PyCoffer, PyNaCl and pyzstd 0.16.2; undefined where there is none. With the newest pyzstd, a thin layer over
   * backports.zstd, PyCoffer extracts more slowly the larger a coffer is: 56 s for 97 MB where this one takes 0.4 s.
   */
  readonly python: string | undefined
  /** The one with the newest pyzstd, as a new installation gets it. */
  readonly newestPython: string | undefined
  readonly commands: ReadonlySet<string>
  /** A Node that has zstd itself, where that is not this one. */
  readonly newerNode: NewerNode | undefined
  /** One line for each peer that is not there. */
  readonly missing: readonly string[]
}

export async function install(): Promise<Installed> {
  const missing: string[] = []
  const orMissing = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      const [line] = String(error instanceof Error ? error.message : error).split('\n')
      missing.push(`${what}: ${line}`)
      return undefined
    }
  }
  const coffer = await installOurs()
  const npm = await orMissing(Object.keys(npmPeers).join(', '), installNpm)
  const python = await orMissing('PyCoffer', () => pythonFor('pyzstd-0.16.2'))
  const newestPython = await orMissing('PyCoffer with the newest pyzstd', () => pythonFor('current'))
  const commands = new Set(['tar'])
  for (const { command, packageName } of debianPeers) {
    if (await orMissing(command, () => installDebian(command, packageName))) commands.add(command)
  }
  const newerNode = await orMissing('a Node that has zstd itself', findNewerNode)
  return { coffer, npm, python, newestPython, commands, newerNode, missing }
}

async function findNewerNode(): Promise<NewerNode | undefined> {
  const path = await ensureNewerNode()
  if (path === process.execPath) return undefined
  const [, major] = /^v(\d+)/.exec((path === undefined ? undefined : await output(path, ['--version'])) ?? '') ?? []
  if (path === undefined || major === undefined) throw new Error('it could not be installed')
  return { path, name: `Node ${major}` }
}

/** A copy of what is built now: somebody may build again while we measure. */
async function installOurs(): Promise<string> {
  const target = join(folder, 'coffer')
  await rm(target, { recursive: true, force: true })
  for (const name of ours) {
    const source = join(root, 'packages', name)
    const place = join(target, 'node_modules', '@coffer', name)
    await cp(join(source, 'dist'), join(place, 'dist'), { recursive: true })
    const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as Manifest
    await writeFile(join(place, 'package.json'), JSON.stringify({ ...manifest, ...manifest.publishConfig }))
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (dependency.startsWith('@coffer/')) continue
      const link = join(place, 'node_modules', dependency)
      await mkdir(dirname(link), { recursive: true })
      await symlink(join(source, 'node_modules', dependency), link)
    }
  }
  return target
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: object
}

async function installNpm(): Promise<string> {
  const target = join(folder, 'peers')
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies: npmPeers })
  const stamp = join(target, '.installed')
  if ((await readFile(stamp, 'utf8').catch(() => undefined)) === manifest) return target
  console.error('Installing the npm peers ...')
  await mkdir(target, { recursive: true })
  await writeFile(join(target, 'package.json'), manifest)
  await runProgram('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: target })
  await writeFile(stamp, manifest)
  return target
}

async function installDebian(command: string, packageName: string): Promise<true> {
  if (await isThere(command)) return true
  if (process.getuid?.() === 0 && (await isThere('apt-get'))) {
    console.error(`Installing ${packageName} ...`)
    const get = () =>
      runProgram('apt-get', ['-qq', '-y', 'install', '--no-install-recommends', packageName], {
        env: { DEBIAN_FRONTEND: 'noninteractive' },
      })
    await get().catch(async () => {
      await runProgram('apt-get', ['-qq', 'update'])
      await get()
    })
  }
  if (await isThere(command)) return true
  throw new SetupError(`is not there (on Debian: apt-get install ${packageName})`)
}

async function isThere(command: string): Promise<boolean> {
  const found = await output('bash', ['-c', 'command -v "$1"', 'bash', command])
  return found !== undefined && (await stat(found.trim()).catch(() => undefined)) !== undefined
}
