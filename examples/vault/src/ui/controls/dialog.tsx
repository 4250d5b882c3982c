import type { ComponentChild, ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { X } from 'lucide-preact'
import { Button } from './button.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './dialog.css'

export interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  /** Called when the user closes it: by its button, Escape or a click beside it. */
  readonly onClose: () => void
  /** `onClose` does not close it but asks, in a dialog within it. */
  readonly asksFirst?: boolean | undefined
  /** It begins with what is to be read, also where it has fields. */
  readonly isRead?: boolean | undefined
}

/** What is typed into or chosen from. */
const FIELD = ':is(input, select, textarea, [role="tree"][tabindex="0"]):not(:disabled)'

/** All that are shown, and what had the focus before each. */
const open = new Set<{ before: Element | null }>()

/** A modal dialog: the browser's own, which keeps the focus within and gives it back. It is there for as long as it is rendered. */
export function Dialog({ title, children, onClose, asksFirst, isRead }: DialogProps): ComponentChild {
  const element = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const pressed = useRef<EventTarget | null>(null)
  const isMounted = useRef(true)
  const id = useId()
  // At once, not when the browser paints next: a key that follows quickly is for the dialog, not for what is behind it.
  useLayoutEffect(() => {
    const dialog = element.current
    const shown = { before: document.activeElement }
    open.add(shown)
    dialog?.showModal()
    // The browser takes the cross, which comes before all that the dialog is about.
    const field = isRead === true ? undefined : dialog?.querySelector<HTMLElement>(FIELD)
    const first = field ?? heading.current
    first?.focus()
    return () => {
      isMounted.current = false
      open.delete(shown)
      // One that lies over it stays, and gives the focus back to what this one would.
      for (const other of open) if (dialog?.contains(other.before) === true) other.before = shown.before
      dialog?.close()
      if (shown.before instanceof HTMLElement && shown.before.isConnected) shown.before.focus()
    }
  }, [])
  const cancel = (event: Event): void => {
    // Where it cannot be kept from closing, what follows when it is closed asks.
    if (event.target !== element.current || !event.cancelable) return
    event.preventDefault()
    // Of a question that is opened during its Escape the browser would miscount, and a later Escape would close both.
    if (asksFirst === true) setTimeout(onClose)
    else onClose()
  }
  // A browser closes it by a second Escape, whatever is said to the first.
  const closed = (event: Event): void => {
    if (event.target !== element.current || !isMounted.current) return
    if (asksFirst === true) element.current?.showModal()
    onClose()
  }
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={cancel}
      onClose={closed}
      onPointerDown={(event) => (pressed.current = event.target)}
      // Not where text was selected from within to beside it.
      onClick={(event) => event.target === element.current && pressed.current === element.current && onClose()}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={id} ref={heading} tabIndex={-1}>{title}</h2>
          <Button kind="quiet" label="Close" onClick={onClose}>
            <X />
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
