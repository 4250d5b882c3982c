import type { ComponentChild } from 'preact'
import { File, FileImage, FileMusic, FilePlay, FileText, Folder } from 'lucide-preact'
import type { FileItem } from '../../model/file-tree.js'
import { mediaTypeOf } from '../../model/media-types.js'

const icons = { text: FileText, image: FileImage, audio: FileMusic, video: FilePlay, pdf: FileText, unknown: File }

/** A picture of what kind of file it is. What it says, the kind's column says too. */
export function ItemIcon({ item }: { readonly item: FileItem }): ComponentChild {
  const { kind } = mediaTypeOf(item.name)
  const Icon = item.isFolder ? Folder : icons[kind]
  return <Icon class={item.isFolder ? 'item-icon is-folder' : `item-icon is-${kind}`} aria-hidden="true" />
}
