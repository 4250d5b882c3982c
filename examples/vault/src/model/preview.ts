import { CofferError, type Member } from '@coffer/core'
import { isMediaServed, publishMedia } from './media-server.js'
import { memberSource } from './media-source.js'
import { mediaTypeOf, sniffMediaType, type MediaType } from './media-types.js'
import type { VaultSession } from './session.js'

/** A member that is ready to be shown. */
export interface Preview {
  readonly member: Member
  readonly type: MediaType
  /** Where an element gets the content, for all that is no text; `undefined` where only the facts can be shown. */
  readonly url: string | undefined
  close(): void
}

/** Up to here a file is held in memory, where no service worker gives it out piece by piece. */
const MOST_BYTES_IN_MEMORY = 64 << 20
const SNIFFED_BYTES = 4096

/**
 * Makes a member ready to be shown.
 * @param onError Told why it could not be read further, later.
 * @throws CofferError `ERR_COFFER_NOT_FOUND` where it is gone, and as reading does.
 */
export async function openPreview(session: VaultSession, name: string, onError: (error: unknown) => void): Promise<Preview> {
  const member = await session.coffer.value.stat(name)
  if (!member) throw new CofferError('ERR_COFFER_NOT_FOUND', 'The file is not in the vault any more.')
  let type = mediaTypeOf(name)
  if (type.kind === 'unknown' && member.type === 'file') {
    const head = await session.coffer.value.read(name, { start: 0, end: SNIFFED_BYTES })
    type = sniffMediaType(head)
  }
  const isShown = type.kind !== 'text' && type.kind !== 'unknown' && !(type.kind === 'pdf' && !navigator.pdfViewerEnabled)
  if (!isShown) return { member, type, url: undefined, close: () => undefined }
  if (await isMediaServed()) {
    const media = publishMedia(memberSource(session, member), { type: type.type, framed: type.kind === 'pdf', onError })
    return { member, type, url: media.url, close: () => media.withdraw() }
  }
  if (member.size > MOST_BYTES_IN_MEMORY) return { member, type, url: undefined, close: () => undefined }
  const bytes = await session.coffer.value.read(name)
  const url = URL.createObjectURL(new Blob([bytes], { type: type.type }))
  return { member, type, url, close: () => URL.revokeObjectURL(url) }
}
