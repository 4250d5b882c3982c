import type { ComponentChild, ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { X } from 'lucide-preact'
import { Button } from './button.js'

export interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  /** Called when the user closes it: by its button, Escape or a click beside it. */
  readonly onClose: () => void
}

/** A modal dialog: the browser's own, which keeps the focus within and gives it back. It is there for as long as it is rendered. */
export function Dialog({ title, children, onClose }: DialogProps): ComponentChild {
  const element = useRef<HTMLDialogElement>(null)
  const pressed = useRef<EventTarget | null>(null)
  const isMounted = useRef(true)
  const id = useId()
  // Not before what it is opened from has given the focus back, as a menu does.
  useEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      isMounted.current = false
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  const cancel = (event: Event): void => {
    if (event.target !== element.current) return
    event.preventDefault()
    onClose()
  }
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={cancel}
      // A browser closes it by a second Escape, whatever is said to the first.
      onClose={(event) => event.target === element.current && isMounted.current && onClose()}
      onPointerDown={(event) => (pressed.current = event.target)}
      // Not where text was selected from within to beside it.
      onClick={(event) => event.target === element.current && pressed.current === element.current && onClose()}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" label="Close" onClick={onClose}>
            <X />
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
