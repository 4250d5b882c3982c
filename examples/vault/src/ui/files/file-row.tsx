import type { ComponentChild } from 'preact'
import { Check } from 'lucide-preact'
import { kindOf, timeOf } from '../../model/file-sort.js'
import { parentPath, type FileItem } from '../../model/file-tree.js'
import { formatBytes } from '../viewer/facts.js'
import { ItemIcon } from './item-icon.js'

export interface FileRowProps {
  readonly item: FileItem
  readonly id: string
  readonly position: number
  readonly count: number
  readonly isSelected: boolean
  readonly isCurrent: boolean
  readonly isCut: boolean
  /** Tells the folder too, as in a search. */
  readonly showsFolder: boolean
}

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** One file or folder in the list. What is done with it, the list does. */
export function FileRow({ item, id, position, count, isSelected, isCurrent, isCut, showsFolder }: FileRowProps): ComponentChild {
  const time = timeOf(item)
  const place = item.deleted ? parentPath(item.deleted.original) : parentPath(item.path)
  const size = item.isFolder && item.size === 0 ? '' : formatBytes(item.size)
  const classes = ['file-row', isSelected && 'is-selected', isCurrent && 'is-current', isCut && 'is-cut'].filter(Boolean).join(' ')
  return (
    <div id={id} class={classes} role="option" aria-selected={isSelected} aria-setsize={count} aria-posinset={position + 1} data-path={item.path}>
      <span class="file-mark">{isSelected ? <Check class="item-icon is-checked" aria-hidden="true" /> : <ItemIcon item={item} />}</span>
      <span class="file-name" title={item.name}>
        <span class="file-title">{item.name}</span>
        {showsFolder && <small class="file-place">{place === '' ? 'in the vault itself' : `in ${place}`}</small>}
      </span>
      <span class="file-size">{size}</span>
      <span class="file-kind">{kindOf(item)}</span>
      <span class="file-time" title={time > 0 ? times.format(time) : undefined}>
        {time > 0 ? dates.format(time) : ''}
      </span>
    </div>
  )
}
