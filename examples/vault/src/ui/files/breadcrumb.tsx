import type { ComponentChild } from 'preact'
import { ChevronRight } from 'lucide-preact'
import { TRASH_FOLDER, type FilesState } from '../../model/files.js'
import { dropOnto } from './dragging.js'

/** Where in the vault one is, each step a way back, and a place to drop on. */
export function Breadcrumb({ state }: { readonly state: FilesState }): ComponentChild {
  const { session, folder } = state
  const isTrash = folder.value === TRASH_FOLDER
  const parts = isTrash || folder.value === '' ? [] : folder.value.split('/')
  const steps = [{ path: '', name: session.name }, ...parts.map((name, at) => ({ path: parts.slice(0, at + 1).join('/'), name }))]
  if (isTrash) steps.push({ path: TRASH_FOLDER, name: 'Trash' })
  return (
    <nav class="breadcrumb" aria-label="Folder">
      <ol>
        {steps.map(({ path, name }, at) => {
          const isLast = at === steps.length - 1
          return (
            <li key={path}>
              {at > 0 && <ChevronRight aria-hidden="true" />}
              {isLast ? (
                <h1 aria-current="page" title={name}>
                  {name}
                </h1>
              ) : (
                <button type="button" title={name} onClick={() => state.open(path)} {...dropOnto(state, path)}>
                  {name}
                </button>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
