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
  const id = useId()
  useEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  const close = (event: Event): void => {
    if (event.target === element.current) onClose()
  }
  return (
    <dialog ref={element} class="dialog" aria-labelledby={id} onCancel={close} onClick={close}>
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
