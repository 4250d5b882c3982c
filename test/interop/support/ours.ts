import { generateKeys, openCoffer, type NodeCoffer, type NodeOpenOptions } from '@coffer/node'
import type { CofferKeys, VariantName } from '@coffer/core'
import { digestOf, type ContentDigest, type Pycoffer, type PycofferCoffer, type PycofferKind } from '../pycoffer.js'

/** What a kind of PyCoffer's is called here. */
export const variantOf: Readonly<Record<PycofferKind, VariantName>> = {
  store: 'store',
  market: 'market',
  null: 'null',
  'bank-aes': 'bank',
  'bank-fernet': 'bank',
}

export function keysFor(kind: PycofferKind): Promise<CofferKeys> {
  return generateKeys(variantOf[kind], kind === 'bank-aes' ? { container: 'aes-ocb' } : {})
}

/** One coffer that both programs open. */
export interface Shared {
  readonly kind: PycofferKind
  readonly path: string
  readonly keys: CofferKeys
}

export function openOurs({ kind, path, keys }: Shared, options: NodeOpenOptions = {}): Promise<NodeCoffer> {
  return openCoffer(path, { variant: variantOf[kind], keys, blockBytes: 65_536, autoFlush: false, ...options })
}

export function openTheirs(pycoffer: Pycoffer, { kind, path, keys }: Shared, mode: 'r' | 'w' | 'a' | 'x' = 'r'): Promise<PycofferCoffer> {
  return pycoffer.open({ kind, path, mode, ...keys })
}

/** Size and digest of every file, as we read it. */
export async function digestsOf(coffer: NodeCoffer): Promise<Record<string, ContentDigest>> {
  const found: Record<string, ContentDigest> = {}
  for await (const { name, type } of coffer.members()) if (type === 'file') found[name] = digestOf(await coffer.read(name))
  return found
}

/** What PyCoffer reads in the same coffer. Links are followed there, and deleted members are empty files. */
export async function digestsThere(coffer: PycofferCoffer): Promise<Record<string, ContentDigest>> {
  const found = await coffer.readAll()
  return Object.fromEntries(Object.entries(found).map(([name, { size, sha256 }]) => [name, { size, sha256 }]))
}
