import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { Trash2 } from 'lucide-preact'
import { endSession } from '../../model/lock.js'
import type { VaultSession } from '../../model/session.js'
import { deleteVault } from '../../model/vaults.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'
import { Field } from '../controls/field.js'

/** Deletes the vault, once its name was typed. */
export function DeleteSection({ session }: { readonly session: VaultSession }): ComponentChild {
  const [isOpen, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const submit = (event: Event): void => {
    event.preventDefault()
    if (typed.trim() !== session.name) setProblem('That is another name.')
    else void endSession(session, 'deleted', () => deleteVault(session))
  }
  const close = (): void => {
    setOpen(false)
    setTyped('')
    setProblem(undefined)
  }
  return (
    <section aria-labelledby="delete-title">
      <h2 id="delete-title">Delete the vault</h2>
      <p class="muted">With all files, passwords and notes in it. What you have exported stays.</p>
      <Button kind="danger" disabled={!session.writable.value} onClick={() => setOpen(true)}>
        <Trash2 />
        Delete the vault
      </Button>
      {isOpen && (
        <Dialog title="Delete the vault for good?" onClose={close}>
          <form class="settings-form" onSubmit={submit} noValidate>
            <p>Nobody can bring it back, unless from an export. To go on, type its name: <strong>{session.name}</strong></p>
            <Field label="Name of the vault" value={typed} onInput={setTyped} problem={problem} />
            <div class="button-row button-row-end">
              <Button onClick={close}>Cancel</Button>
              <Button type="submit" kind="danger" disabled={typed === ''}>Delete for good</Button>
            </div>
          </form>
        </Dialog>
      )}
    </section>
  )
}
