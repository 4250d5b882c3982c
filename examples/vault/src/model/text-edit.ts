import { CofferError, type Member } from '@coffer/core'
import type { VaultSession } from './session.js'
import { TEXT_BYTES } from './text-preview.js'

/** A text that can be changed and comes back with all else as it was: its mark, its ends of lines. */
export interface EditableText {
  /** With `\n` at the ends of lines, as a page's fields have them. */
  readonly text: string
  /** What is written for a changed text. */
  bytes(text: string): Uint8Array<ArrayBuffer>
}

const MARK = '\u{FEFF}'

/** A whole text to be changed; `undefined` for one that is too large, not UTF-8, or has several kinds of ends of lines. */
export function editableText(bytes: Uint8Array): EditableText | undefined {
  if (bytes.length > TEXT_BYTES) return undefined
  let whole: string
  try {
    whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
  const mark = whole.startsWith(MARK) ? MARK : ''
  const text = whole.slice(mark.length).replaceAll('\r\n', '\n')
  const end = text.length === whole.length - mark.length ? '\n' : '\r\n'
  const encode = (changed: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(mark + changed.replaceAll('\n', end))
  // Zeros and the like are lost on the way through a field.
  const isSame = !text.includes('\0') && !text.includes('\r') && mark + text.replaceAll('\n', end) === whole
  return isSame ? { text, bytes: encode } : undefined
}

/** Writes a changed text; what it is then. @throws CofferError `ERR_COFFER_CONFLICT` where the file is not any more as `member` says; nothing is written then. */
export async function saveText(session: VaultSession, { name, size, mtimeMs, mode }: Member, bytes: Uint8Array): Promise<Member> {
  return session.change(async (coffer) => {
    const now = await coffer.stat(name)
    if (now?.size !== size || now.mtimeMs !== mtimeMs) {
      throw new CofferError('ERR_COFFER_CONFLICT', 'The file was changed or moved meanwhile, and is not overwritten. Copy your text before you close this.')
    }
    return coffer.write(name, bytes, { mode })
  })
}
