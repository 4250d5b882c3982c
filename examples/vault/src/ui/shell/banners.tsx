import type { ComponentChild } from 'preact'
import { Eye, RefreshCw } from 'lucide-preact'
import type { VaultSession } from '../../model/session.js'
import { isUnsaved } from '../../model/unsaved.js'
import { update } from '../../model/updates.js'
import { Button } from '../controls/button.js'

/** What holds for the whole vault for now: another tab writes, a new version waits. */
export function Banners({ session }: { readonly session: VaultSession }): ComponentChild {
  const waiting = update.value
  return (
    <div aria-live="polite">
      {!session.writable.value && (
        <p class="banner">
          <Eye aria-hidden="true" />
          <span>Another tab is changing this vault. Here you can look; this tab takes over when that one is closed.</span>
        </p>
      )}
      {waiting && (
        <p class="banner">
          <RefreshCw aria-hidden="true" />
          <span>{isUnsaved.value ? 'A new version is ready once what is under way is done.' : 'A new version is ready. The vault is locked when it is taken.'}</span>
          <Button disabled={isUnsaved.value} onClick={waiting.take}>
            Update
          </Button>
        </p>
      )}
    </div>
  )
}
