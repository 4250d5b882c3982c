import type { ComponentChild } from 'preact'
import { addIncoming, deleteForGood, makeFolder, renameItem } from '../../model/file-actions.js'
import { lastComponent, shortName } from '../../model/file-tree.js'
import type { FilesState } from '../../model/files.js'
import { incomingFiles } from '../../model/incoming.js'
import { ConfirmDialog } from '../controls/confirm-dialog.js'
import { closeFileDialog, fileDialog } from './file-dialog.js'
import { MoveDialog } from './move-dialog.js'
import { NameDialog } from './name-dialog.js'

const NAME_LETTERS = 40

/** Whatever the pane asks, one thing at a time. */
export function FileDialogs({ state }: { readonly state: FilesState }): ComponentChild {
  const dialog = fileDialog.value
  const close = (): void => {
    if (dialog && fileDialog.value === dialog) closeFileDialog()
  }
  switch (dialog?.kind) {
    case 'rename':
      return (
        <NameDialog
          key={`rename ${dialog.item.path}`}
          title={`Rename “${shortName(dialog.item.name)}”`}
          label="Name"
          initial={dialog.item.name}
          confirm="Rename"
          onName={(name) => renameItem(state, dialog.item, name)}
          onClose={close}
        />
      )
    case 'new-folder':
      return <NameDialog key="new folder" title="New folder" label="Name" initial="New folder" confirm="Make it" onName={(name) => makeFolder(state, name)} onClose={close} />
    case 'paste-text':
      return (
        <NameDialog
          key="paste"
          title="Keep the pasted text"
          label="Name of the file"
          initial={textFileName(dialog.text)}
          confirm="Keep it"
          onName={async (name) => {
            close()
            await addIncoming(state, incomingFiles([new File([dialog.text], name.trim(), { type: 'text/plain' })]))
          }}
          onClose={close}
        />
      )
    case 'move':
      return <MoveDialog state={state} paths={dialog.paths} onClose={close} />
    case 'delete-for-good': {
      const { paths, isAll } = dialog
      const what = isAll ? 'everything in the trash' : paths.length === 1 ? `“${shortName(lastComponent(paths[0] ?? ''))}”` : `${paths.length} items`
      return (
        <ConfirmDialog title={`Delete ${what} for good?`} confirm="Delete for good" isDangerous onConfirm={() => void deleteForGood(state, paths)} onClose={close}>
          <p>This cannot be undone.</p>
        </ConfirmDialog>
      )
    }
    default:
      return undefined
  }
}

/** A name out of the first words of a text. */
function textFileName(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? ''
  const words = line.replaceAll(/[/\\:*?"<>|\p{Cc}]+/gu, ' ').replaceAll(/\s+/g, ' ').trim()
  const short = words.length > NAME_LETTERS ? words.slice(0, NAME_LETTERS).replace(/\s\S*$/, '') : words
  return `${short.replace(/^\.+|\.+$/g, '') || 'Text'}.txt`
}
