import type { FileItem } from './file-tree.js'
import { mediaTypeOf } from './media-types.js'

export type SortKey = 'name' | 'size' | 'kind' | 'modified'

export interface Sort {
  readonly by: SortKey
  readonly descending: boolean
}

/** Numbers in names by their worth, and letters as people look for them. */
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Folders first, then by what is asked for; equal ones by name. */
export function sortItems(items: readonly FileItem[], { by, descending }: Sort): FileItem[] {
  const turn = descending ? -1 : 1
  const kinds = new Map(by === 'kind' ? items.map((item) => [item, kindOf(item)] as const) : [])
  const compare = (a: FileItem, b: FileItem): number => {
    if (by === 'size') return a.size - b.size
    if (by === 'modified') return timeOf(a) - timeOf(b)
    if (by === 'kind') return collator.compare(kinds.get(a) ?? '', kinds.get(b) ?? '')
    return 0
  }
  return items.toSorted((a, b) => {
    if (a.isFolder !== b.isFolder) return a.isFolder ? -1 : 1
    return turn * (compare(a, b) || collator.compare(a.name, b.name))
  })
}

/** What a person calls the kind of a file. */
export function kindOf({ name, isFolder }: FileItem): string {
  return isFolder ? 'Folder' : mediaTypeOf(name).label
}

/** The time that a list shows: of the change, or of the deletion in the trash. */
export function timeOf({ mtimeMs, deleted }: FileItem): number {
  return deleted?.deletedMs ?? mtimeMs
}
