// Bundles the page and its worker into dist/, beside the scripts of Coffer's own workers: esbuild does not find them by itself, and they
// are looked for in `../dist/` from the bundle.

import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const require = createRequire(import.meta.url)
const out = process.argv[2] ?? here('dist')

await build({
  entryPoints: [here('src/main.ts'), here('src/worker.ts')],
  outdir: `${out}/assets`,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  logLevel: 'warning',
})
mkdirSync(`${out}/dist`, { recursive: true })
copyFileSync(here('index.html'), `${out}/index.html`)
copyFileSync(require.resolve('@coffer/worker/worker'), `${out}/dist/coffer-worker.js`)
copyFileSync(require.resolve('@coffer/browser/opfs-worker'), `${out}/dist/coffer-opfs.js`)
