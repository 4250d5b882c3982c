// Bundles the page and its worker into dist/, or the folder given. webpack finds the scripts of Coffer's own workers by itself.

import { copyFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import webpack from 'webpack'

const here = fileURLToPath(new URL('.', import.meta.url))
const out = resolve(process.argv[2] ?? join(here, 'dist'))

webpack({ mode: 'production', context: here, entry: './src/main.js', output: { path: out }, performance: { hints: false } }).run((error, stats) => {
  if (error) throw error
  console.log(stats.toString({ all: false, assets: true, errors: true, warnings: true }))
  if (stats.hasErrors() || stats.hasWarnings()) process.exitCode = 1
  else copyFileSync(join(here, 'index.html'), join(out, 'index.html'))
})
