import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder, root, run, runPnpm } from '../../../scripts/setup.mjs'

const ours = ['core', 'worker', 'browser']

export interface PackedProject {
  /** The folder of an example's copy, with what it depends on in reach. */
  copyOf(example: string): Promise<string>
  close(): Promise<void>
}

/** A place whose `node_modules` have our packages as they would be published: compiled, packed and unpacked. */
export async function packedProject(): Promise<PackedProject> {
  await mkdir(cacheFolder, { recursive: true })
  const folder = await mkdtemp(join(cacheFolder, 'packed-'))
  await succeed(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', join(root, 'packages', 'browser')])
  await Promise.all(ours.map((name) => unpack(name, folder)))
  return {
    copyOf: (example) => copyOf(example, folder),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

async function unpack(name: string, folder: string): Promise<void> {
  const source = join(root, 'packages', name)
  const tarballs = join(folder, `packed-${name}`)
  await mkdir(tarballs)
  const { code, output } = await runPnpm(['pack', '--pack-destination', tarballs], { cwd: source, inherit: false })
  const [tarball] = await readdir(tarballs)
  if (code !== 0 || tarball === undefined) throw new Error(`@coffer/${name} could not be packed.\n${output}`)
  const place = join(folder, 'node_modules', '@coffer', name)
  await mkdir(place, { recursive: true })
  await succeed('tar', ['-xzf', join(tarballs, tarball), '-C', place, '--strip-components=1'])
  // Nobody at a user's reads our sources.
  await rm(join(place, 'src'), { recursive: true })
  const { dependencies } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  // Ours are side by side; the others as the workspace has them.
  for (const dependency of Object.keys(dependencies).filter((one) => !one.startsWith('@coffer/'))) {
    await link(join(source, 'node_modules', dependency), join(place, 'node_modules', dependency))
  }
}

async function copyOf(example: string, folder: string): Promise<string> {
  const source = join(root, 'examples', example)
  const copy = await mkdtemp(join(folder, `${example}-`))
  // Its settings for types are those of the workspace.
  const left = ['node_modules', 'dist', 'tsconfig.json'].map((name) => join(source, name))
  await cp(source, copy, { recursive: true, filter: (path) => !left.includes(path) })
  const { devDependencies } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> }
  for (const tool of Object.keys(devDependencies)) {
    const installed = [source, root].map((place) => join(place, 'node_modules', tool)).find((place) => existsSync(place))
    if (installed === undefined) throw new Error(`${tool} is not installed.`)
    await link(installed, join(copy, 'node_modules', tool))
  }
  return copy
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await symlink(target, path, 'junction')
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await run(command, [...args], { inherit: false })
  if (code !== 0) throw new Error(`${command} failed.\n${output}`)
}
