// Makes the script of the worker for files, one file without imports: a bundler that takes @coffer/browser in need not know what is inside.

import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { licenses } from '../../scripts/bundle/licenses.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

await build({
  configFile: false,
  root: here('.'),
  logLevel: 'warn',
  plugins: [licenses('coffer-opfs.LICENSES.txt')],
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    target: 'es2022',
    minify: true,
    lib: { entry: here('src/opfs-worker.ts'), formats: ['es'], fileName: () => 'coffer-opfs.js' },
    rolldownOptions: { output: { codeSplitting: false } },
  },
})
