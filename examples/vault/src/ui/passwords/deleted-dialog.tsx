import { Trash2 } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { forgetDeleted, listDeleted, type DeletedLogin } from '../../model/deleted-logins.js'
import type { Explanation } from '../../model/explain-error.js'
import { explainPasswordError, restoreLogin } from '../../model/passwords.js'
import type { VaultSession } from '../../model/session.js'
import { TRASH_DAYS } from '../../model/trash-names.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { ConfirmDialog } from '../controls/confirm-dialog.js'
import { Dialog } from '../controls/dialog.js'
import { useFocusBack } from '../controls/use-focus-back.js'
import { useVaultData } from '../controls/use-vault-data.js'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

export interface DeletedDialogProps {
  readonly session: VaultSession
  readonly onClose: () => void
}

/** The logins that were deleted, to bring back or to delete for good. */
export function DeletedDialog({ session, onClose }: DeletedDialogProps): ComponentChild {
  const { data: deleted, problem: readProblem } = useVaultData(session, () => listDeleted(session))
  const [doomed, setDoomed] = useState<readonly DeletedLogin[]>()
  const [told, setTold] = useState('')
  const [failed, setFailed] = useState<Explanation>()
  const list = useRef<HTMLUListElement>(null)
  useFocusBack(list, 'button')
  const problem = failed ?? readProblem
  const readOnly = !session.writable.value
  const change = async (work: () => Promise<void>, done: string): Promise<void> => {
    setFailed(undefined)
    try {
      await work()
      setTold(done)
    } catch (error) {
      setFailed(explainPasswordError(error))
    }
  }
  const forget = (logins: readonly DeletedLogin[]): Promise<void> =>
    change(
      () => forgetDeleted(session, logins.map(({ member }) => member)),
      logins.length === 1 ? `“${logins[0]?.name ?? ''}” is deleted for good.` : `${logins.length} logins are deleted for good.`,
    )
  return (
    <Dialog title="Trash" isRead onClose={onClose}>
      <p>{`A login that you delete waits here for ${TRASH_DAYS} days, secrets and all. Until then it can be brought back.`}</p>
      <p class="visually-hidden" role="status">
        {told}
      </p>
      {problem !== undefined && (
        <Callout isProblem>
          {problem.text} {problem.advice}
        </Callout>
      )}
      {deleted?.length === 0 && <p class="muted">There are none.</p>}
      {deleted !== undefined && deleted.length > 0 && (
        <ul class="deleted" aria-label="Deleted logins" ref={list}>
          {deleted.map((login) => (
            <li key={login.member}>
              <span class="choice-texts">
                <span>{login.name}</span>
                <span>{[login.username, `deleted ${day.format(login.deletedMs)}`].filter((text) => text !== undefined).join(' · ')}</span>
              </span>
              <Button disabled={readOnly} onClick={() => void change(() => restoreLogin(session, login.member), `“${login.name}” is back.`)}>
                Restore<span class="visually-hidden"> {login.name}</span>
              </Button>
              <Button kind="quiet" label={`Delete ${login.name} for good`} disabled={readOnly} onClick={() => setDoomed([login])}>
                <Trash2 />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <footer class="button-row button-row-end">
        {deleted !== undefined && deleted.length > 1 && (
          <Button disabled={readOnly} onClick={() => setDoomed(deleted)}>
            Delete all for good…
          </Button>
        )}
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </footer>
      {doomed !== undefined && (
        <ConfirmDialog
          title={doomed.length === 1 ? `Delete “${doomed[0]?.name ?? ''}” for good?` : `Delete ${doomed.length} logins for good?`}
          confirm="Delete for good"
          isDangerous
          onConfirm={() => void forget(doomed)}
          onClose={() => setDoomed(undefined)}
        >
          <p>This cannot be undone.</p>
        </ConfirmDialog>
      )}
    </Dialog>
  )
}
