import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { moveItems } from '../../model/file-actions.js'
import { isWithin, lastComponent, parentPath, shortName } from '../../model/file-tree.js'
import type { FilesState } from '../../model/files.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'
import { FolderTree } from './folder-tree.js'

/** Asks for the folder that things go to. */
export function MoveDialog({ state, paths, onClose }: { readonly state: FilesState; readonly paths: readonly string[]; readonly onClose: () => void }): ComponentChild {
  const [first = ''] = paths
  const [folder, setFolder] = useState(parentPath(first))
  const tree = state.tree.value
  const isSame = paths.every((path) => parentPath(path) === folder)
  const move = (): void => {
    onClose()
    void moveItems(state, paths, folder)
  }
  const what = paths.length === 1 ? `“${shortName(lastComponent(first))}”` : `${paths.length} items`
  const place = folder === '' ? state.session.name : lastComponent(folder)
  return (
    <Dialog title={`Move ${what}`} onClose={onClose}>
      <div class="folder-picker">
        {tree && (
          <FolderTree
            label="Folder to move to"
            tree={tree}
            rootName={state.session.name}
            chosen={folder}
            onChoose={setFolder}
            // Nothing goes into itself.
            isOut={(path) => path !== '' && paths.some((moved) => isWithin(path, moved))}
          />
        )}
      </div>
      <div class="button-row button-row-end">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" disabled={isSame} title={isSame ? 'It is there already: choose another folder.' : undefined} onClick={move}>
          {`Move to “${shortName(place)}”`}
        </Button>
      </div>
    </Dialog>
  )
}
