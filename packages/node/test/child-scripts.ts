import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll } from 'vitest'
import { legacyPackages } from '../../../scripts/bundle/legacy-packages.mjs'

const sources = join(import.meta.dirname, 'children')
const workerScript = join(import.meta.dirname, '..', '..', 'worker', 'dist', 'coffer-worker-node.js')

/**
 * Has the scripts of `children/` made into JavaScript before the tests of the calling file, and gives what tells the path of one. A process by tsx
 * takes five times as much of the processor until it begins, which is most of what these do.
 */
export function childScripts(): (name: string) => string {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coffer-children-'))
    await buildScripts(join(folder, 'src'))
    // Where the host of the threads looks for it.
    await mkdir(join(folder, 'dist'))
    await copyFile(workerScript, join(folder, 'dist', 'coffer-worker-node.js'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return (name) => join(folder, 'src', name.replace(/\.ts$/, '.js'))
}

async function buildScripts(outDir: string): Promise<void> {
  const names = await readdir(sources)
  await build({
    configFile: false,
    root: sources,
    logLevel: 'warn',
    plugins: [legacyPackages({ isForNode: true })],
    // As in the packages' own scripts: zstd-codec only asks where it is.
    define: { __dirname: '"/"' },
    ssr: { noExternal: true },
    build: {
      outDir,
      ssr: true,
      target: 'node20',
      minify: false,
      lib: { entry: Object.fromEntries(names.map((name) => [name.replace(/\.ts$/, ''), join(sources, name)])), formats: ['es'] },
      rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
    },
  })
  // Node takes them for modules wherever they are.
  await writeFile(join(outDir, 'package.json'), '{ "type": "module" }')
}
