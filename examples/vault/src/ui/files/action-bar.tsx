import type { ComponentChild } from 'preact'
import { X } from 'lucide-preact'
import type { FilesState } from '../../model/files.js'
import { Button } from '../controls/button.js'
import { formatBytes } from '../viewer/facts.js'
import { askToDelete, commandsFor, commandsHere, READ_ONLY, type FileCommand } from './commands.js'

/** What is selected and what can be done with it; with nothing selected, what there is. */
export function ActionBar({ state }: { readonly state: FilesState }): ComponentChild {
  const { rows, chosen, selection, session, tree } = state
  const items = chosen.value
  const bytes = (items.length > 0 ? items : rows.value).reduce((sum, { size }) => sum + size, 0)
  const commands = [...commandsFor(state, items).filter(({ inMenuOnly }) => inMenuOnly !== true), ...commandsHere(state)]
  const trashed = state.isTrash.value ? (tree.value?.trash() ?? []) : []
  const summary = items.length > 0 ? `${items.length.toLocaleString()} selected` : countText(state)
  return (
    <div class="action-bar">
      <p role="status">
        {summary}
        {bytes > 0 && <span class="muted">{` · ${formatBytes(bytes)}`}</span>}
      </p>
      <div class="action-buttons" role="toolbar" aria-label="What to do with the selection">
        {commands.map((command) => (
          <CommandButton key={command.label} command={command} isReadOnly={!session.writable.value} />
        ))}
        {items.length === 0 && trashed.length > 0 && (
          <Button
            kind="danger"
            disabled={!session.writable.value}
            title={session.writable.value ? undefined : READ_ONLY}
            onClick={() => askToDelete(trashed.map(({ path }) => path), true)}
          >
            Empty the trash…
          </Button>
        )}
        {items.length > 0 && (
          <Button kind="quiet" label="Clear the selection" onClick={() => selection.clear()}>
            <X />
          </Button>
        )}
      </div>
    </div>
  )
}

function CommandButton({ command, isReadOnly }: { readonly command: FileCommand; readonly isReadOnly: boolean }): ComponentChild {
  const { label, icon, run, changes } = command
  const disabled = changes && isReadOnly
  return (
    <Button kind="quiet" disabled={disabled} title={disabled ? READ_ONLY : label} onClick={run}>
      {icon}
      <span class="action-label">{label}</span>
    </Button>
  )
}

function countText({ rows, isSearching, isTrash }: FilesState): string {
  const { length } = rows.value
  const items = `${length.toLocaleString()} item${length === 1 ? '' : 's'}`
  if (isSearching.value) return length === 0 ? 'Nothing found' : `${items} found`
  return isTrash.value ? `${items} in the trash` : items
}
