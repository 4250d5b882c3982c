import type { ComponentChild } from 'preact'
import { Search } from 'lucide-preact'
import type { FilesState } from '../../model/files.js'

/** Searches the names of all files and folders, as one types. */
export function SearchField({ state }: { readonly state: FilesState }): ComponentChild {
  const { query, paths, selection } = state
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && query.value !== '') query.value = ''
    else if (event.key === 'ArrowDown' || event.key === 'Enter') {
      // The list begins at what was found first.
      selection.move(paths.value, 0)
      document.querySelector<HTMLElement>('.file-list .virtual-list')?.focus()
    } else return
    event.preventDefault()
  }
  return (
    <div class="search-field">
      <Search aria-hidden="true" />
      <input
        class="input"
        type="search"
        aria-label="Search all files"
        placeholder="Search all files"
        autocomplete="off"
        spellcheck={false}
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value
          selection.clear()
        }}
        onKeyDown={onKeyDown}
      />
    </div>
  )
}
