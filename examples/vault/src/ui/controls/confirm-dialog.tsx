import type { ComponentChild, ComponentChildren } from 'preact'
import { Button } from './button.js'
import { Dialog } from './dialog.js'

export interface ConfirmDialogProps {
  readonly title: string
  readonly children: ComponentChildren
  /** What the button that does it says: a verb. */
  readonly confirm: string
  readonly isDangerous?: boolean | undefined
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog({ title, children, confirm, isDangerous, onConfirm, onClose }: ConfirmDialogProps): ComponentChild {
  const done = (): void => {
    onClose()
    onConfirm()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <div class="button-row button-row-end">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind={isDangerous === true ? 'danger' : 'primary'} onClick={done}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  )
}
