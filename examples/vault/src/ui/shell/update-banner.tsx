import type { ComponentChild } from 'preact'
import { RefreshCw } from 'lucide-preact'
import { openedSession } from '../../model/session.js'
import { isUnsaved } from '../../model/unsaved.js'
import { update } from '../../model/updates.js'
import { Button } from '../controls/button.js'

/** Says that a new version waits, and takes it when the user says so: not while something would be lost. */
export function UpdateBanner(): ComponentChild {
  const waiting = update.value
  return (
    <div aria-live="polite">
      {waiting && (
        <p class="banner">
          <RefreshCw aria-hidden="true" />
          <span>{words()}</span>
          <Button disabled={isUnsaved.value} onClick={waiting.take}>
            Update
          </Button>
        </p>
      )}
    </div>
  )
}

function words(): string {
  if (isUnsaved.value) return 'A new version is ready once what is under way is done.'
  return openedSession.value ? 'A new version is ready. The vault is locked when it is taken.' : 'A new version is ready.'
}
