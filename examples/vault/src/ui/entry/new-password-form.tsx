import type { ComponentChild } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { explainError } from '../../model/explain-error.js'
import { resetPassword } from '../../model/security.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { NewPasswordFields, noPassword, passwordProblem } from './new-password-fields.js'
import { Waiting } from './waiting.js'

/** Offers a new password to whoever came in by the recovery code. */
export function NewPasswordForm({ session, onDone }: { readonly session: VaultSession; readonly onDone: () => void }): ComponentChild {
  const [password, setPassword] = useState(noPassword)
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  /** From the first moment on: another submit may come while this one is checked. */
  const isSent = useRef(false)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (isSent.current) return
    isSent.current = true
    const wrong = await passwordProblem(password, [session.name])
    setProblem(wrong)
    isSent.current = wrong === undefined
    if (wrong !== undefined) return
    setBusy(true)
    try {
      await resetPassword(session, password.first)
      onDone()
    } catch (error) {
      const { text, advice } = explainError(error)
      setProblem(`${text} ${advice}`)
      setBusy(false)
      isSent.current = false
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <h1>Choose a new password</h1>
      <p class="muted">The vault is open. If the old password is lost, set a new one now; the recovery code goes on working.</p>
      <NewPasswordFields label="New password" value={password} onChange={setPassword} known={[session.name]} problem={problem} />
      <div class="button-row">
        <Button type="submit" kind="primary" disabled={isBusy}>Set the password</Button>
        <Button kind="quiet" onClick={onDone} disabled={isBusy}>Keep the old one</Button>
      </div>
      {isBusy && <Waiting>Locking the keys with the new password.</Waiting>}
    </form>
  )
}
