import type { ComponentChild, ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

export interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  /** Called when the user closes it: by its button, Escape or a click beside it. */
  readonly onClose: () => void
}

/** A modal dialog: the browser's own, which keeps the focus within and gives it back. It is there for as long as it is rendered. */
export function Dialog({ title, children, onClose }: DialogProps): ComponentChild {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    element.current?.showModal()
  }, [])
  return (
    <dialog ref={element} class="dialog" aria-label={title} onClose={onClose} onClick={({ target }) => target === element.current && element.current?.close()}>
      <h2>{title}</h2>
      {children}
    </dialog>
  )
}
