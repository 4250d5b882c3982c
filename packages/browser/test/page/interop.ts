import { exportCoffer, generateKeys, importCoffer, openCoffer } from '@coffer/browser'
import { bytesOf, type Storage } from './shared.js'

type Variant = 'bank' | 'store' | 'market' | 'null'

/** A coffer made here, as bytes in base64, with its keys. */
export async function exportBytes(storage: Storage, variant: Variant): Promise<{ bytes: string; keys: Record<string, string> }> {
  const name = `export ${crypto.randomUUID()}`
  const keys = await generateKeys(variant)
  const coffer = await openCoffer(name, { storage, mode: 'x', variant, keys })
  await coffer.write('notes/today.txt', 'made in a browser\n')
  await coffer.write('large', bytesOf(1, 1_500_000))
  await coffer.close()
  const blob = await exportCoffer(name, { storage })
  const encoded = Object.entries(keys).map(([key, value]) => [key, toBase64(value as Uint8Array)] as const)
  return { bytes: toBase64(new Uint8Array(await blob.arrayBuffer())), keys: Object.fromEntries(encoded) }
}

/** Imports a coffer made elsewhere; gives the text of one member. */
export async function importBytes(storage: Storage, variant: Variant, bytes: string, keys: Record<string, string>, member: string, legacy: boolean): Promise<string> {
  const name = `import ${crypto.randomUUID()}`
  await importCoffer(name, new Blob([fromBase64(bytes)]), { storage })
  const decoded = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, fromBase64(value)]))
  await using coffer = await openCoffer(name, { storage, variant, keys: decoded, ...(legacy ? { legacy: 'read' as const } : {}) })
  return coffer.readText(member)
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768))
  return btoa(text)
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}
