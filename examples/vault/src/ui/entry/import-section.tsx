import { FileDown } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { openImported, type Imported } from '../../model/import.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'
import { ImportForm } from './import-form.js'
import { NewRecoveryCode } from './new-recovery-code.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './import-section.css'

/** Brings an exported vault into this browser: a button, and the dialog behind it. When it is done, the vault is open. */
export function ImportSection(): ComponentChild {
  const [isOpen, setOpen] = useState(false)
  const [imported, setImported] = useState<Imported>()
  const done = (result: Imported): void => {
    if (result.recoveryCode === undefined) void openImported(result)
    else setImported(result)
  }
  return (
    <>
      <Button kind="quiet" onClick={() => setOpen(true)}>
        <FileDown aria-hidden="true" />
        Import a vault
      </Button>
      {isOpen && !imported && (
        <Dialog title="Import a vault" onClose={() => setOpen(false)}>
          <ImportForm onDone={done} onClose={() => setOpen(false)} />
        </Dialog>
      )}
      {imported?.recoveryCode !== undefined && (
        <Dialog title="Your recovery code" onClose={() => void openImported(imported)}>
          <NewRecoveryCode code={imported.recoveryCode} name={imported.record.name} wasConverted={imported.wasConverted} onDone={() => void openImported(imported)} />
        </Dialog>
      )}
    </>
  )
}
