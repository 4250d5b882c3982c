// Makes the command as it is published: dist/coffer.js with what it loads only when a command asks for it beside it, and nothing to
// install. One file for each lazy part starts several times faster than hundreds of modules out of node_modules.

import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { legacyPackages } from '../../scripts/bundle/legacy-packages.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8'))

// Beside the old one: somebody may be running it. Parts have their content in their names, so both can stand in one folder for a while.
const fresh = `dist/.build-${process.pid}`
const KEEP_MS = 900_000

/** What nearly every command needs that opens a coffer is one file: as thirty it took a sixth longer to start. `--help` has none of it. */
const opening = {
  name: 'open',
  test: /packages[\\/]((core|node|worker)[\\/](?!src[\\/](errors|plugins|keyring))|cli[\\/]src[\\/](target|config|auth)[\\/])|picomatch/,
  minShareCount: 3,
}

await build({
  configFile: false,
  root: here('.'),
  logLevel: 'warn',
  // Without zstd-codec's asm.js twin, which is most of what would be loaded.
  plugins: [legacyPackages({ isForNode: true })],
  // For zstd-codec, whose module is inside its script: it only asks where it is.
  define: { __dirname: '"/"', COFFER_VERSION: JSON.stringify(version) },
  ssr: { noExternal: true },
  build: {
    outDir: fresh,
    emptyOutDir: false,
    ssr: true,
    target: 'node20',
    minify: true,
    lib: { entry: { coffer: here('src/coffer.ts') }, formats: ['es'] },
    // All in one folder: the worker's script is looked for at ../dist from where its host is.
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: 'part-[name]-[hash].js', codeSplitting: { includeDependenciesRecursively: false, groups: [opening] } } },
  },
})

copyFileSync(here('../worker/dist/coffer-worker-node.js'), here(`${fresh}/coffer-worker-node.js`))
const made = readdirSync(here(fresh))
// The entry last, when all that it asks for is there.
for (const name of made.toSorted((a, b) => Number(a === 'coffer.js') - Number(b === 'coffer.js'))) renameSync(here(`${fresh}/${name}`), here(`dist/${name}`))
rmSync(here(fresh), { recursive: true })
for (const name of readdirSync(here('dist'))) {
  const path = here(`dist/${name}`)
  if (name.startsWith('part-') && !made.includes(name) && Date.now() - statSync(path).mtimeMs > KEEP_MS) rmSync(path)
}
