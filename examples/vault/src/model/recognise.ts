import { parseKeyring } from '@coffer/core'
import { readKeyText, type FoundKeys } from './key-text.js'
import { kitOfPage, type RescueKit } from './rescue-kit.js'

/** What a file is that somebody chose to open a vault with, told by its content. */
export type Recognised =
  | { readonly kind: 'coffer'; readonly file: File }
  | { readonly kind: 'keyring'; readonly document: string; readonly kit: RescueKit | undefined }
  | { readonly kind: 'keys'; readonly found: FoundKeys }
  /** Text with nothing of ours in it, or a keyring that cannot be read. */
  | { readonly kind: 'other'; readonly reason: string }

/** A keyring has at most 65,536 characters, and stands in the head of a rescue page. */
const START_BYTES = 400_000

/** What is no text is taken for a coffer, so that one whose beginning is damaged is too. */
export async function recogniseFile(file: File): Promise<Recognised> {
  const bytes = new Uint8Array(await file.slice(0, START_BYTES).arrayBuffer())
  const text = textOf(bytes)
  if (text === undefined) return { kind: 'coffer', file }
  if (text.trimStart().startsWith('{') && text.includes('"coffer-keyring"')) return keyring(text.trim(), undefined)
  const kit = kitOfPage(text)
  if (kit) return keyring(kit.keyring, kit)
  const found = readKeyText(text)
  if (found) return { kind: 'keys', found }
  if (file.size === 0) return { kind: 'other', reason: 'is empty' }
  return { kind: 'other', reason: 'is neither a vault nor its keys' }
}

function keyring(document: string, kit: RescueKit | undefined): Recognised {
  try {
    parseKeyring(document)
    return { kind: 'keyring', document, kit }
  } catch {
    return { kind: 'other', reason: 'holds a keyring that is damaged, or of a newer version' }
  }
}

/** `undefined` for bytes that are no text: coffers have zeros near their beginning. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return undefined
  }
}
