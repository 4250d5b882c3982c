import type { ComponentChild } from 'preact'
import { ClipboardPaste, Download, Eye, FolderInput, FolderOpen, Pencil, RotateCcw, Scissors, Trash2 } from 'lucide-preact'
import { downloadItems } from '../../model/downloads.js'
import { deleteItems, moveItems, restoreItems } from '../../model/file-actions.js'
import type { FileItem } from '../../model/file-tree.js'
import { targetFolder, type FilesState } from '../../model/files.js'
import { notify } from '../../model/notices.js'
import { openViewer } from '../../model/viewer.js'
import { fileDialog } from './file-dialog.js'

/** Something that can be done with what is selected: in the menu of a row, and in the bar above the list. */
export interface FileCommand {
  readonly label: string
  readonly icon: ComponentChild
  readonly run: () => void
  readonly isDangerous?: boolean
  readonly changes: boolean
  /** Too much for the bar. */
  readonly inMenuOnly?: boolean
}

/** What a tab that only reads says of all that it cannot do. */
export const READ_ONLY = 'Another tab is changing this vault: go on there, or close it.'

/** Opens a folder, or shows a file. */
export function openItem(state: FilesState, item: FileItem): void {
  if (item.deleted) return
  if (item.isFolder) state.open(item.path)
  else openViewer(state.session, item.path, state.rows.value.filter(({ isFolder }) => !isFolder).map(({ path }) => path))
}

/** All that can be done with these. */
export function commandsFor(state: FilesState, items: readonly FileItem[]): FileCommand[] {
  const [first] = items
  if (!first) return []
  const paths = items.map(({ path }) => path)
  if (state.isTrash.value) {
    return [
      { label: 'Restore', icon: <RotateCcw />, changes: true, run: () => void restoreItems(state, items) },
      { label: 'Delete for good…', icon: <Trash2 />, changes: true, isDangerous: true, run: () => askToDelete(paths) },
    ]
  }
  const single = items.length === 1
  const open: FileCommand = { label: 'Open', icon: first.isFolder ? <FolderOpen /> : <Eye />, changes: false, inMenuOnly: true, run: () => openItem(state, first) }
  const rename: FileCommand = { label: 'Rename…', icon: <Pencil />, changes: true, run: () => (fileDialog.value = { kind: 'rename', item: first }) }
  const asZip = !single || first.isFolder
  return [
    ...(single ? [open] : []),
    { label: asZip ? 'Download as zip' : 'Download', icon: <Download />, changes: false, run: () => void downloadItems(state, items) },
    ...(single ? [rename] : []),
    { label: 'Move to…', icon: <FolderInput />, changes: true, run: () => (fileDialog.value = { kind: 'move', paths }) },
    { label: 'Cut', icon: <Scissors />, changes: true, inMenuOnly: true, run: () => cutItems(state) },
    { label: 'Delete', icon: <Trash2 />, changes: true, isDangerous: true, run: () => void deleteItems(state, paths) },
  ]
}

/** What can be done where there is no row. */
export function commandsHere(state: FilesState): FileCommand[] {
  const count = state.cut.value.length
  if (count === 0 || state.isTrash.value || state.isSearching.value) return []
  return [{ label: `Move ${count === 1 ? 'it' : `${count} items`} here`, icon: <ClipboardPaste />, changes: true, run: () => pasteItems(state) }]
}

export function askToDelete(paths: readonly string[], isAll = false): void {
  if (paths.length > 0) fileDialog.value = { kind: 'delete-for-good', paths, isAll }
}

export function cutItems(state: FilesState): void {
  const paths = state.chosen.value.map(({ path }) => path)
  if (paths.length === 0 || state.isTrash.value) return
  state.cut.value = paths
  notify(`Cut ${paths.length === 1 ? 'one item' : `${paths.length} items`}. Paste in another folder to move ${paths.length === 1 ? 'it' : 'them'} there.`)
}

export function pasteItems(state: FilesState): void {
  void moveItems(state, state.cut.value, targetFolder(state))
}
