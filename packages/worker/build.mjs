// Makes the two scripts that run inside workers, each one file without imports: a bundler that takes @coffer/worker in need not
// know what is inside.

import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { licenses } from '../../scripts/bundle/licenses.mjs'
import { legacyPackages } from '../../scripts/bundle/legacy-packages.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

for (const { name, target, ssr } of [
  { name: 'worker', target: 'es2022', ssr: false },
  { name: 'worker-node', target: 'node20', ssr: true },
]) {
  await build({
    configFile: false,
    root: here('.'),
    logLevel: 'warn',
    plugins: [legacyPackages({ isForNode: ssr }), licenses(`coffer-${name}.LICENSES.txt`)],
    // For zstd-codec, whose module is inside its script: it only asks where it is.
    define: { __dirname: '"/"' },
    ssr: { noExternal: true },
    build: {
      outDir: 'dist',
      emptyOutDir: false,
      ssr,
      target,
      minify: true,
      lib: { entry: here(`src/${name}.ts`), formats: ['es'], fileName: () => `coffer-${name}.js` },
      rolldownOptions: { output: { codeSplitting: false, entryFileNames: `coffer-${name}.js` } },
    },
  })
}
