import type { ComponentChild } from 'preact'
import { useRef } from 'preact/hooks'
import { Ellipsis, FolderPlus, FolderUp, Trash2, Upload } from 'lucide-preact'
import { addIncoming } from '../../model/file-actions.js'
import { TRASH_FOLDER, type FilesState } from '../../model/files.js'
import { incomingFiles } from '../../model/incoming.js'
import { Button } from '../controls/button.js'
import { MenuButton } from '../controls/menu-button.js'
import { READ_ONLY } from './commands.js'
import { fileDialog } from './file-dialog.js'

/** Not among the attributes that Preact knows. */
const wholeFolder = { webkitdirectory: true }

/** Ways for files into the folder that is shown. A narrow screen has the rarer ones in a menu. */
export function AddButtons({ state, isNarrow }: { readonly state: FilesState; readonly isNarrow: boolean }): ComponentChild {
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const disabled = !state.session.writable.value
  const title = disabled ? READ_ONLY : undefined
  const take = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement
    const incoming = incomingFiles([...(input.files ?? [])])
    // So that the same file can be picked again.
    input.value = ''
    if (incoming.files.length > 0) void addIncoming(state, incoming)
  }
  const newFolder = (): void => {
    fileDialog.value = { kind: 'new-folder' }
  }
  const more = [
    { label: 'New folder', icon: <FolderPlus />, disabled, onChoose: newFolder },
    { label: 'Add a folder', icon: <FolderUp />, disabled, onChoose: () => folder.current?.click() },
    { label: 'Trash', icon: <Trash2 />, onChoose: () => state.open(TRASH_FOLDER) },
  ]
  return (
    <div class="add-buttons">
      <input ref={files} type="file" multiple hidden onChange={take} data-testid="pick-files" />
      <input ref={folder} type="file" {...wholeFolder} hidden onChange={take} data-testid="pick-folder" />
      {!isNarrow && (
        <>
          <Button disabled={disabled} title={title ?? 'New folder'} onClick={newFolder}>
            <FolderPlus />
            <span class="action-label">New folder</span>
          </Button>
          <Button disabled={disabled} title={title ?? 'Add a folder'} onClick={() => folder.current?.click()}>
            <FolderUp />
            <span class="action-label">Add a folder</span>
          </Button>
        </>
      )}
      <Button kind="primary" disabled={disabled} title={title} onClick={() => files.current?.click()}>
        <Upload />
        Add files
      </Button>
      {isNarrow && (
        <MenuButton label="More" items={more}>
          <Ellipsis />
        </MenuButton>
      )}
    </div>
  )
}
