import type { ComponentChild } from 'preact'
import { ArrowDown, ArrowUp } from 'lucide-preact'
import type { SortKey } from '../../model/file-sort.js'
import type { FilesState } from '../../model/files.js'

const columns: readonly { readonly by: SortKey; readonly label: string }[] = [
  { by: 'name', label: 'Name' },
  { by: 'size', label: 'Size' },
  { by: 'kind', label: 'Kind' },
  { by: 'modified', label: 'Modified' },
]

/** The heads of the columns, which sort by them. */
export function SortBar({ state }: { readonly state: FilesState }): ComponentChild {
  const { by: sorted, descending } = state.sort.value
  return (
    <div class="sort-bar" role="group" aria-label="Sort by">
      {columns.map(({ by, label }) => {
        const shown = by === 'modified' && state.isTrash.value ? 'Deleted' : label
        const isSorted = by === sorted
        const Arrow = descending ? ArrowDown : ArrowUp
        return (
          <button
            key={by}
            type="button"
            class={`sort-${by}`}
            aria-pressed={isSorted}
            aria-label={isSorted ? `${shown}, ${descending ? 'descending' : 'ascending'}` : shown}
            onClick={() => state.sortBy(by)}
          >
            {shown}
            {isSorted && <Arrow aria-hidden="true" />}
          </button>
        )
      })}
    </div>
  )
}
