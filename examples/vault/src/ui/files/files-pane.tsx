import type { ComponentChild } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { FolderOpen, SearchX, Trash2 } from 'lucide-preact'
import { explainError } from '../../model/explain-error.js'
import { purgeTrash } from '../../model/file-actions.js'
import { filesOf, TRASH_FOLDER, type FilesState } from '../../model/files.js'
import type { VaultSession } from '../../model/session.js'
import { TRASH_DAYS } from '../../model/trash-names.js'
import { Callout } from '../controls/callout.js'
import { EmptyState } from '../controls/empty-state.js'
import { formatBytes } from '../viewer/facts.js'
import { ActionBar } from './action-bar.js'
import { AddButtons } from './add-buttons.js'
import { Breadcrumb } from './breadcrumb.js'
import { dropOnto } from './dragging.js'
import { FileDialogs } from './file-dialogs.js'
import { FileList } from './file-list.js'
import { FolderTree } from './folder-tree.js'
import { SearchField } from './search-field.js'
import { SortBar } from './sort-bar.js'
import { SpaceHint } from './space-hint.js'
import { isDropNear, useArrivals } from './use-arrivals.js'
import { useMedia } from './use-media.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './files.css'

/** The files of the vault. */
export function FilesPane({ session }: { readonly session: VaultSession }): ComponentChild {
  const state = filesOf(session)
  const { tree, folder, isTrash, problem } = state
  const isWide = useMedia('(min-width: 1100px)')
  const isNarrow = useMedia('(max-width: 760px)')
  useArrivals(state)
  usePurge(state)
  const explanation = problem.value === undefined ? undefined : explainError(problem.value)
  return (
    <div class={`files${isWide ? ' with-tree' : ''}`}>
      {isWide && (
        <aside class="files-tree">
          {tree.value && (
            <FolderTree
              label="Folders"
              tree={tree.value}
              rootName={session.name}
              chosen={folder.value}
              onChoose={(path) => state.open(path)}
              drop={(path) => dropOnto(state, path)}
            />
          )}
          <button type="button" class="trash-link" aria-current={isTrash.value ? 'true' : undefined} onClick={() => state.open(TRASH_FOLDER)}>
            <Trash2 aria-hidden="true" />
            Trash
            {(tree.value?.trashBytes ?? 0) > 0 && <small class="muted">{formatBytes(tree.value?.trashBytes ?? 0)}</small>}
          </button>
        </aside>
      )}
      <section class="files-main" aria-label="Files">
        <div class="files-head">
          <Breadcrumb state={state} />
          <SearchField state={state} />
          <AddButtons state={state} isNarrow={isNarrow} />
          {!isWide && !isNarrow && (
            <button type="button" class="button button-quiet button-icon" aria-label="Trash" title="Trash" onClick={() => state.open(TRASH_FOLDER)}>
              <Trash2 />
            </button>
          )}
        </div>
        {explanation && <Callout isProblem>{`${explanation.text} ${explanation.advice}`}</Callout>}
        <ActionBar state={state} />
        <SortBar state={state} />
        {tree.value && <ListOrEmpty state={state} />}
        {tree.value && <SpaceHint session={session} tree={tree.value} />}
        {isDropNear.value && <div class="drop-near">{`Drop to add to “${folder.value === '' || isTrash.value ? session.name : (folder.value.split('/').at(-1) ?? '')}”`}</div>}
      </section>
      <FileDialogs state={state} />
    </div>
  )
}

function ListOrEmpty({ state }: { readonly state: FilesState }): ComponentChild {
  const { rows, isSearching, isTrash, session } = state
  if (rows.value.length > 0) return <FileList state={state} label={isTrash.value ? 'Trash' : isSearching.value ? 'Found' : 'Files'} />
  if (isSearching.value) {
    return (
      <EmptyState icon={<SearchX />} title="Nothing found">
        <p>No file or folder of the vault has all of these words in its name.</p>
      </EmptyState>
    )
  }
  if (isTrash.value) {
    return (
      <EmptyState icon={<Trash2 />} title="The trash is empty">
        <p>{`What you delete waits here for ${TRASH_DAYS} days. Until then it can be brought back, and counts as used space.`}</p>
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={<FolderOpen />} title="Nothing here yet">
      <p>{session.writable.value ? 'Drop files and folders here, paste, or use “Add files”. They are encrypted on this device before they are kept.' : 'No files are in this folder.'}</p>
    </EmptyState>
  )
}

/** Once, when the files are first shown in a tab that may. */
function usePurge(state: FilesState): void {
  const isDone = useRef(false)
  const isReady = state.tree.value !== undefined && state.session.writable.value
  useEffect(() => {
    if (!isReady || isDone.current) return
    isDone.current = true
    void purgeTrash(state)
  }, [isReady])
}
