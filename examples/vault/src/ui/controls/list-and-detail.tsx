import type { ComponentChild, ComponentChildren } from 'preact'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './list-and-detail.css'

export interface ListAndDetailProps {
  readonly list: ComponentChildren
  readonly detail: ComponentChildren
  /** What a narrow screen shows: it has room for one of them. */
  readonly showing: 'list' | 'detail'
}

/** A list, and beside it what is chosen there; on a phone each is a page of its own. */
export function ListAndDetail({ list, detail, showing }: ListAndDetailProps): ComponentChild {
  return (
    <div class={`list-and-detail showing-${showing}`}>
      <div class="list-column">{list}</div>
      <div class="detail-column">{detail}</div>
    </div>
  )
}
