// A Vite plugin that puts the licences of all packages in a bundle beside it, as they ask for.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `fileName`: where in the bundle's folder. */
export function licenses(fileName) {
  return {
    name: 'coffer-licenses',
    generateBundle(_options, bundle) {
      const folders = new Set()
      const bundled = new Set()
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === 'chunk' ? Object.keys(chunk.modules) : []) {
          const [folder] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? []
          if (folder !== undefined && !folder.startsWith('\0')) folders.add(folder)
          // What is a bundle itself has its own.
          const [vendor] = /^.*[\\/]dist[\\/]vendor(?=[\\/])/.exec(id) ?? []
          if (vendor !== undefined) bundled.add(readFileSync(join(vendor, 'LICENSES.txt'), 'utf8'))
        }
      }
      this.emitFile({ type: 'asset', fileName, source: [...[...folders].map(licenceOf).toSorted(), ...bundled].join(`\n${'-'.repeat(80)}\n\n`) })
    },
  }
}

function licenceOf(folder) {
  const { name, version, license, licenses, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file !== undefined ? readFileSync(join(folder, file), 'utf8') : `By ${author?.name ?? author ?? 'its authors'}.\n`
  return `${name} ${version} (${license ?? licenses?.[0]?.type ?? 'see there'})\n\n${text}`
}
