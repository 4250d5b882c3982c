import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface ChoiceListProps<T> {
  readonly label: string
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  readonly chosen: string | undefined
  readonly onChoose: (item: T) => void
  readonly children: (item: T) => ComponentChild
}

/** A list to choose one of. It is one stop of the Tab key; arrows, Home and End go through it. */
export function ChoiceList<T>({ label, items, keyOf, chosen, onChoose, children }: ChoiceListProps<T>): ComponentChild {
  const list = useRef<HTMLUListElement>(null)
  const [visited, setVisited] = useState<string>()
  const keys = items.map(keyOf)
  const stop = [visited, chosen].find((key) => key !== undefined && keys.includes(key)) ?? keys[0]
  const before = useRef(keys)
  useLayoutEffect(() => {
    const at = before.current.indexOf(visited ?? '')
    before.current = keys
    // With the one that had the focus it would be lost: it goes to the one that is there now.
    const isGone = at >= 0 && keys[at] !== visited && !keys.includes(visited ?? '')
    if (isGone && document.activeElement === document.body) list.current?.querySelectorAll('button')[Math.min(at, keys.length - 1)]?.focus()
  })
  const goTo = (event: KeyboardEvent): void => {
    const at = keys.indexOf(stop ?? '')
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: keys.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    const target = Math.min(Math.max(next, 0), keys.length - 1)
    setVisited(keys[target])
    list.current?.querySelectorAll('button')[target]?.focus()
  }
  return (
    <ul ref={list} class="choice-list" aria-label={label} onKeyDown={goTo}>
      {items.map((item, i) => (
        <li key={keys[i]}>
          <button
            type="button"
            class="choice"
            aria-current={keys[i] === chosen ? 'true' : undefined}
            tabIndex={keys[i] === stop ? 0 : -1}
            onFocus={() => setVisited(keys[i])}
            onClick={() => onChoose(item)}
          >
            {children(item)}
          </button>
        </li>
      ))}
    </ul>
  )
}
