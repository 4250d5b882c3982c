import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { conflictQuestions, type ConflictQuestion } from '../../model/conflicts.js'
import { lastComponent, shortName } from '../../model/file-tree.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Checkbox } from '../controls/checkbox.js'
import { Dialog } from '../controls/dialog.js'

/** Asks what becomes of two things of one name, over whatever is shown: what adds them may take long enough to go elsewhere. */
export function ConflictDialog({ session }: { readonly session: VaultSession }): ComponentChild {
  const [question] = conflictQuestions.value
  return question && <Question key={question.id} question={question} vaultName={session.name} />
}

function Question({ question, vaultName }: { readonly question: ConflictQuestion; readonly vaultName: string }): ComponentChild {
  const { name, folder, isFolder, canReplace } = question
  const [forAll, setForAll] = useState(false)
  const safest = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => safest.current?.focus(), [])
  const place = folder === '' ? vaultName : lastComponent(folder)
  const kinds = isFolder ? 'a file where this folder is to go' : canReplace ? undefined : 'a folder where this file is to go'
  return (
    <Dialog title={`There is a “${shortName(name)}” already`} onClose={() => question.cancel()}>
      <p>{kinds === undefined ? `The folder “${place}” has a file of this name. Replacing puts the new one in its place.` : `In “${place}” there is ${kinds}.`}</p>
      <Checkbox label="Do the same for all that follow" checked={forAll} onChange={setForAll} />
      <div class="button-row button-row-end">
        <Button kind="quiet" onClick={() => question.answer('skip', forAll)}>
          Skip
        </Button>
        {canReplace && <Button onClick={() => question.answer('replace', forAll)}>Replace</Button>}
        <Button kind="primary" buttonRef={safest} onClick={() => question.answer('keep', forAll)}>
          Keep both
        </Button>
      </div>
    </Dialog>
  )
}
