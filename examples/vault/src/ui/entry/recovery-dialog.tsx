import type { ComponentChild, ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ConfirmDialog } from '../controls/confirm-dialog.js'
import { Dialog } from '../controls/dialog.js'
import { RecoverySheet, type RecoverySheetProps } from './recovery-sheet.js'

export interface RecoveryDialogProps extends RecoverySheetProps {
  /** What is said above the code. */
  readonly children?: ComponentChildren
}

/** A recovery code in a dialog. Closing it any other way than by what the sheet offers asks first: it is not shown again. */
export function RecoveryDialog({ session, code, onDone, children }: RecoveryDialogProps): ComponentChild {
  /** How often it was asked; 0 while it is not. Each is a question of its own: one that the browser has closed together with the sheet is asked anew. */
  const [asked, setAsked] = useState(0)
  return (
    <Dialog title="Your recovery code" asksFirst isRead onClose={() => setAsked((times) => times + 1)}>
      {children}
      <RecoverySheet session={session} code={code} onDone={onDone} />
      {asked > 0 && (
        <ConfirmDialog key={asked} title="Did you keep the code?" confirm="Close it" isDangerous onConfirm={onDone} onClose={() => setAsked(0)}>
          <p>It is not shown again. If you did not keep it, go back, or make a new one later in the settings.</p>
        </ConfirmDialog>
      )}
    </Dialog>
  )
}
