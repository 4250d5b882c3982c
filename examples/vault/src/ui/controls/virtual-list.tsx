import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import type { ComponentChild } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface VirtualListProps<T> {
  readonly label: string
  readonly items: readonly T[]
  /** Pixels; all rows have the same. */
  readonly rowHeight: number
  readonly keyOf: (item: T, index: number) => string
  /** The whole row, without its place. */
  readonly children: (item: T, index: number) => ComponentChild
  /** A row that is to be seen, such as the one with the focus. */
  readonly shown?: number | undefined
  readonly role?: 'list' | 'listbox' | 'grid' | 'tree' | undefined
  /** Where the list itself has the focus: the id of the row on which the keyboard is; `''` for none. */
  readonly active?: string | undefined
  readonly multiselectable?: boolean | undefined
  readonly onKeyDown?: ((event: KeyboardEvent) => void) | undefined
}

/** What one row of each role is. */
const rowRoles = { list: 'listitem', listbox: 'presentation', grid: 'presentation', tree: 'presentation' } as const

/**
 * A list of any length, of which only what is in sight is in the document. Rows of a listbox or grid say by themselves what they are, and
 * where (`aria-posinset` or `aria-rowindex`).
 */
export function VirtualList<T>({ label, items, rowHeight, keyOf, children, shown, role = 'list', active, multiselectable, onKeyDown }: VirtualListProps<T>): ComponentChild {
  const element = useRef<HTMLDivElement>(null)
  const [, draw] = useState(0)
  const options = {
    count: items.length,
    getScrollElement: () => element.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw((count) => count + 1),
  }
  const kept = useRef<Virtualizer<HTMLDivElement, Element> | undefined>(undefined)
  const virtualizer = (kept.current ??= new Virtualizer<HTMLDivElement, Element>(options))
  virtualizer.setOptions(options)
  // What its adapters for other libraries call.
  // oxlint-disable-next-line eslint/no-underscore-dangle
  useLayoutEffect(() => virtualizer._willUpdate())
  // oxlint-disable-next-line eslint/no-underscore-dangle
  useEffect(() => virtualizer._didMount(), [])
  useLayoutEffect(() => virtualizer.measure(), [rowHeight])
  useLayoutEffect(() => {
    if (shown !== undefined && shown < items.length) virtualizer.scrollToIndex(shown, { align: 'auto' })
  }, [shown])
  return (
    <div
      ref={element}
      class="virtual-list"
      role={role}
      aria-label={label}
      aria-rowcount={role === 'grid' ? items.length : undefined}
      aria-multiselectable={multiselectable}
      aria-activedescendant={active === '' ? undefined : active}
      tabIndex={role === 'list' || active !== undefined ? 0 : undefined}
      onKeyDown={onKeyDown}
    >
      <div class="virtual-list-rows" role={role === 'grid' ? 'rowgroup' : 'presentation'} style={{ height: `${virtualizer.getTotalSize()}px` }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const item = items[index]
          return item === undefined ? null : (
            <div
              key={keyOf(item, index)}
              class="virtual-list-row"
              role={rowRoles[role]}
              aria-posinset={role === 'list' ? index + 1 : undefined}
              aria-setsize={role === 'list' ? items.length : undefined}
              style={{ height: `${rowHeight}px`, transform: `translateY(${start}px)` }}
            >
              {children(item, index)}
            </div>
          )
        })}
      </div>
    </div>
  )
}
