import type { ComponentChild } from 'preact'
import { Eye } from 'lucide-preact'
import type { VaultSession } from '../../model/session.js'
import { RecoveredBanner } from './recovered-banner.js'
import { UpdateBanner } from './update-banner.js'

/** What holds for the whole vault for now: another tab writes, something was lost, a new version waits. */
export function Banners({ session }: { readonly session: VaultSession }): ComponentChild {
  return (
    <>
      <div aria-live="polite">
        {!session.writable.value && (
          <p class="banner">
            <Eye aria-hidden="true" />
            <span>Another tab is changing this vault. Here you can look; this tab takes over when that one is closed.</span>
          </p>
        )}
      </div>
      <RecoveredBanner session={session} />
      <UpdateBanner />
    </>
  )
}
