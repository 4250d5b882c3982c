import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { isCofferError } from '@coffer/core'
import { notify } from '../../model/notices.js'
import { newRecoveryCode, renewKeys } from '../../model/security.js'
import type { VaultSession } from '../../model/session.js'
import { runTask } from '../../model/tasks.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'
import { Field } from '../controls/field.js'
import { useIsOpen } from '../controls/use-is-open.js'
import { Waiting } from '../entry/waiting.js'

export interface NewKeysDialogProps {
  readonly session: VaultSession
  readonly onClose: () => void
}

/** Seals the vault under new keys, once the password was given. */
export function NewKeysDialog({ session, onClose }: NewKeysDialogProps): ComponentChild {
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const isOpen = useIsOpen()
  const passkeys = session.keyring.slots.filter(({ type }) => type === 'passkey').length
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    setProblem(undefined)
    setBusy(true)
    let isWrong = false
    const made = await runTask('New keys for the vault', async (task) => {
      try {
        return await renewKeys(session, password, task)
      } catch (error) {
        isWrong = isCofferError(error, 'ERR_COFFER_AUTH')
        if (isWrong) return undefined
        throw error
      }
    })
    setBusy(false)
    if (isWrong) {
      if (isOpen.current) setProblem('The password is another one.')
      else notify('The vault has no new keys: the password is another one.')
      return
    }
    if (isOpen.current) onClose()
    if (made !== undefined) {
      const { length } = made.dropped
      notify(length === 0 ? 'The vault has new keys.' : `The vault has new keys. Add your ${length === 1 ? 'passkey' : `${length} passkeys`} again.`)
      newRecoveryCode.value = made.recoveryCode
    }
  }
  return (
    <Dialog title="New keys" onClose={onClose}>
      <form class="settings-form" onSubmit={(event) => void submit(event)} noValidate>
        <p>
          Everything in the vault is sealed anew, which takes a while for a large one. The password stays. The recovery code is replaced by a new one
          {passkeys > 0 && ', and passkeys have to be added again'}. Exports that you made before still open with the old keys.
        </p>
        <Field label="Password of the vault" type="password" autoComplete="current-password" value={password} onInput={setPassword} problem={problem} />
        {isBusy && <Waiting>Sealing the vault anew.</Waiting>}
        <div class="button-row button-row-end">
          <Button onClick={onClose}>{isBusy ? 'Go on in the background' : 'Cancel'}</Button>
          <Button type="submit" kind="primary" disabled={isBusy || password === ''}>Make new keys</Button>
        </div>
      </form>
    </Dialog>
  )
}
