import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContentDigest, PycofferKind } from './pycoffer.js'

/** A coffer that PyCoffer wrote, with its keys. All of them hold the files of `fixtureFiles`. */
export interface PycofferFixture {
  readonly name: string
  readonly path: string
  readonly kind: PycofferKind
  readonly cofferKey?: Uint8Array
  readonly secureKey?: Uint8Array
}

const folder = join(import.meta.dirname, '..', 'fixtures', 'pycoffer')

const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
  readonly coffers: Record<string, { readonly coffer_key?: string; readonly secure_key?: string }>
  readonly files: Record<string, ContentDigest>
}

/** The coffers in test/fixtures/pycoffer. */
export const pycofferFixtures: readonly PycofferFixture[] = Object.entries(manifest.coffers).map(toFixture)

/** What is in each of them: name to size and SHA-256. */
export const fixtureFiles: Readonly<Record<string, ContentDigest>> = manifest.files

function toFixture([name, keys]: [string, { readonly coffer_key?: string; readonly secure_key?: string }]): PycofferFixture {
  const fixture = { name, path: join(folder, name), kind: name.replace('.pcof', '') as PycofferKind }
  return Object.assign(
    fixture,
    keys.coffer_key !== undefined && { cofferKey: fromBase64(keys.coffer_key) },
    keys.secure_key !== undefined && { secureKey: fromBase64(keys.secure_key) },
  )
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
