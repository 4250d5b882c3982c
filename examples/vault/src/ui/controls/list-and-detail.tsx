import type { ComponentChild, ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './list-and-detail.css'

export interface ListAndDetailProps {
  readonly list: ComponentChildren
  readonly detail: ComponentChildren
  /** What a narrow screen shows: it has room for one of them. */
  readonly showing: 'list' | 'detail'
}

/**
 * A list, and beside it what is chosen there; on a phone each is a page of its own. The focus goes back to the list with the
 * user; into the detail,
 * whatever is shown there takes it.
 */
export function ListAndDetail({ list, detail, showing }: ListAndDetailProps): ComponentChild {
  const column = useRef<HTMLDivElement>(null)
  const before = useRef(showing)
  useLayoutEffect(() => {
    if (showing === 'list' && before.current === 'detail') {
      const list = column.current
      const place = list?.querySelector<HTMLElement>('.choice[tabindex="0"]') ?? list?.querySelector<HTMLElement>('input[type="search"]')
      place?.focus()
    }
    before.current = showing
  }, [showing])
  return (
    <div class={`list-and-detail showing-${showing}`}>
      <div class="list-column" ref={column}>{list}</div>
      <div class="detail-column">{detail}</div>
    </div>
  )
}
