import type { ComponentChild } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { isCofferError } from '@coffer/core'
import { explainError } from '../../model/explain-error.js'
import { notify } from '../../model/notices.js'
import { changePassword } from '../../model/security.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'
import { Field } from '../controls/field.js'
import { useIsOpen } from '../controls/use-is-open.js'
import { NewPasswordFields, noPassword, passwordProblem } from '../entry/new-password-fields.js'
import { Waiting } from '../entry/waiting.js'

/** Asks for the old password and a new one. */
export function ChangePasswordDialog({ session, onClose }: { readonly session: VaultSession; readonly onClose: () => void }): ComponentChild {
  const [old, setOld] = useState('')
  const [password, setPassword] = useState(noPassword)
  const [problems, setProblems] = useState<{ old?: string; password?: string | undefined }>({})
  const [isBusy, setBusy] = useState(false)
  const oldInput = useRef<HTMLInputElement>(null)
  const isOpen = useIsOpen()
  /** From the first moment on: another submit may come while this one is checked. */
  const isSent = useRef(false)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (isSent.current) return
    isSent.current = true
    try {
      await send()
    } finally {
      isSent.current = false
    }
  }
  const send = async (): Promise<void> => {
    const wrong = old === '' ? undefined : await passwordProblem(password, [session.name])
    setProblems({ ...(old === '' ? { old: 'Type the old password.' } : {}), password: wrong })
    if (old === '' || wrong !== undefined) return
    setBusy(true)
    try {
      await changePassword(session, old, password.first)
      notify('The password was changed.')
      if (isOpen.current) onClose()
    } catch (error) {
      const { text, advice } = explainError(error)
      if (!isOpen.current) notify(`The password was not changed. ${isCofferError(error, 'ERR_COFFER_AUTH') ? 'The old password is another one.' : `${text} ${advice}`}`)
      setProblems(isCofferError(error, 'ERR_COFFER_AUTH') ? { old: 'The old password is another one.' } : { password: `${text} ${advice}` })
      setBusy(false)
      oldInput.current?.focus()
    }
  }
  return (
    <Dialog title="Change the password" onClose={onClose}>
      <form class="settings-form" onSubmit={(event) => void submit(event)} noValidate>
        <Field label="Old password" type="password" autoComplete="current-password" value={old} onInput={setOld} problem={problems.old} inputRef={oldInput} />
        <NewPasswordFields label="New password" value={password} onChange={setPassword} known={[session.name]} problem={problems.password} />
        {isBusy && <Waiting>Trying the old password, and locking the keys with the new one.</Waiting>}
        <div class="button-row button-row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={isBusy}>Change it</Button>
        </div>
      </form>
    </Dialog>
  )
}
