import { FileDown } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../controls/button.js'
import { lazily } from '../lazily.js'

/** Loaded when it is asked for: most visits bring nothing in. */
const ImportDialog = lazily(async () => (await import('./import-dialog.js')).ImportDialog)

/** Brings an exported vault into this browser: a button, and the dialog behind it. When it is done, the vault is open. */
export function ImportSection(): ComponentChild {
  /** `undefined` until it is opened for the first time. */
  const [isOpen, setOpen] = useState<boolean>()
  return (
    <>
      <Button kind="quiet" onClick={() => setOpen(true)}>
        <FileDown aria-hidden="true" />
        Import a vault
      </Button>
      {isOpen !== undefined && <ImportDialog isOpen={isOpen} onClose={() => setOpen(false)} />}
    </>
  )
}
