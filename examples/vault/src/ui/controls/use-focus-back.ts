import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

/**
 * For lines that go when their button is pressed, or by themselves: the focus that went with one goes to the first that is left and fits
 * `next`, or back to where it came from, not to the beginning of the page.
 */
export function useFocusBack(list: RefObject<HTMLElement | null>, next: string): void {
  const cameFrom = useRef<Element | null>(null)
  const isHere = useRef(false)
  useEffect(() => {
    const listen = new AbortController()
    const isOurs = (node: EventTarget | null): boolean => node instanceof Node && list.current?.contains(node) === true
    document.addEventListener(
      'focusin',
      ({ target, relatedTarget }) => {
        isHere.current = isOurs(target)
        if (isHere.current && !isOurs(relatedTarget)) cameFrom.current = relatedTarget instanceof Element ? relatedTarget : null
      },
      listen,
    )
    document.addEventListener(
      'focusout',
      ({ target }) => {
        // What was left by a click beside it goes on being there; what was taken away does not.
        queueMicrotask(() => {
          if (isOurs(target) && document.activeElement === document.body) isHere.current = false
        })
      },
      listen,
    )
    return () => listen.abort()
  }, [])
  useLayoutEffect(() => {
    if (!isHere.current || document.activeElement !== document.body) return
    isHere.current = false
    const neighbour = list.current?.querySelector<HTMLElement>(next)
    const before = cameFrom.current
    if (neighbour) {
      neighbour.focus()
      cameFrom.current = before
    } else if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
  })
}
