import type { ComponentChild } from 'preact'
import { lockQuestion } from '../../model/lock.js'
import { Button } from '../controls/button.js'
import { Dialog } from '../controls/dialog.js'

/** What has to be asked before the vault is locked by hand. */
export function LockDialog(): ComponentChild {
  const question = lockQuestion.value
  if (question === undefined) return null
  const isAboutTasks = question.about === 'tasks'
  return (
    <Dialog title={isAboutTasks ? 'Something is still under way' : 'Not everything is saved'} onClose={() => question.answer(false)}>
      <p>
        {isAboutTasks
          ? 'Locking ends it. What was finished is kept.'
          : 'Some of your edits could not be saved. Locking gives them up.'}
      </p>
      <div class="button-row button-row-end">
        <Button onClick={() => question.answer(false)}>Stay</Button>
        <Button kind="danger" onClick={() => question.answer(true)}>
          {isAboutTasks ? 'End it and lock' : 'Give them up and lock'}
        </Button>
      </div>
    </Dialog>
  )
}
