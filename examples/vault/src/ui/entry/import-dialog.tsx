import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { openImported, type Imported } from '../../model/import.js'
import type { VaultSession } from '../../model/session.js'
import { enterVault, holdVault } from '../../model/vaults.js'
import { Dialog } from '../controls/dialog.js'
import { ImportForm } from './import-form.js'
import { RecoveryDialog } from './recovery-dialog.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './import-dialog.css'

/** Brings an exported vault in, and shows its recovery code where it has got a new one: also where it was closed a moment before that. */
export function ImportDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }): ComponentChild {
  const [made, setMade] = useState<{ readonly session: VaultSession; readonly code: string; readonly wasConverted: boolean }>()
  const done = async (imported: Imported): Promise<void> => {
    const session = await openImported(imported)
    const { recoveryCode, wasConverted } = imported
    if (recoveryCode === undefined) enterVault(session)
    else if (holdVault(session, true)) setMade({ session, code: recoveryCode, wasConverted })
  }
  if (!made) {
    return isOpen && (
      <Dialog title="Import a vault" onClose={onClose}>
        <ImportForm onDone={done} onClose={onClose} />
      </Dialog>
    )
  }
  return (
    <RecoveryDialog session={made.session} code={made.code} onDone={() => enterVault(made.session)}>
      {made.wasConverted && <p>“{made.session.name}” was a file of PyCoffer’s. Here it is a vault; the file that you chose is as it was.</p>}
    </RecoveryDialog>
  )
}
