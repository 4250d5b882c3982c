import { signal } from '@preact/signals'
import type { FileItem } from '../../model/file-tree.js'

/** What the files pane asks the user. */
export type FileDialog =
  | { readonly kind: 'rename'; readonly item: FileItem }
  | { readonly kind: 'new-folder' }
  | { readonly kind: 'paste-text'; readonly text: string }
  | { readonly kind: 'move'; readonly paths: readonly string[] }
  | { readonly kind: 'delete-for-good'; readonly paths: readonly string[]; readonly isAll: boolean }

/** The dialog that is open. */
export const fileDialog = signal<FileDialog | undefined>(undefined)

export function closeFileDialog(): void {
  fileDialog.value = undefined
}
