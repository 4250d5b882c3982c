// Makes of fernet, zstd-codec and libsodium what a browser can load without its bundler being told anything (package.json, "imports"):
// neither Node's modules, nor the asm.js twin, nor functions built out of text; WebAssembly compressed.

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
