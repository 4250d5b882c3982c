// Makes of fernet, zstd-codec and libsodium what a browser can load without its bundler being told anything (package.json, "imports"):
// neither Node's modules, nor the asm.js twin, nor functions built out of text; WebAssembly compressed. And of the package itself what Node
// loads of it: a few files take a third of the time that a hundred modules do.

import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { licenses } from '../../scripts/bundle/licenses.mjs'
import { legacyPackages } from '../../scripts/bundle/legacy-packages.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const names = ['fernet', 'libsodium-wrappers-sumo', 'zstd-codec']

await build({
  configFile: false,
  root: here('.'),
  logLevel: 'warn',
  plugins: [legacyPackages(), licenses('LICENSES.txt')],
  // For zstd-codec, whose module is inside its script: it only asks where it is.
  define: { __dirname: '"/"' },
  build: {
    outDir: 'dist/vendor',
    emptyOutDir: true,
    target: 'es2022',
    minify: true,
    lib: { entry: Object.fromEntries(names.map((name) => [name, here(`vendor/${name}.mjs`)])), formats: ['es'] },
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: 'shared-[hash].js' } },
  },
})

await build({
  configFile: false,
  root: here('.'),
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir: 'dist/node',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    sourcemap: true,
    lib: { entry: { index: here('src/index.ts'), internal: here('src/internal.ts') }, formats: ['es'] },
    // What package.json maps is for Node as it is.
    rolldownOptions: { external: [/^#/], output: { entryFileNames: '[name].js', chunkFileNames: 'part-[name]-[hash].js' } },
  },
})
