import type { RecoveryReport } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { TriangleAlert, X } from 'lucide-preact'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { formatBytes } from '../viewer/facts.js'

/** Says what was lost of the last changes, until it is closed. */
export function RecoveredBanner({ session: { recovered } }: { readonly session: VaultSession }): ComponentChild {
  const report = recovered.value
  return (
    <div aria-live="polite">
      {report && (
        <p class="banner">
          <TriangleAlert aria-hidden="true" />
          <span>{words(report)}</span>
          <Button kind="quiet" label="Close this message" onClick={() => (recovered.value = undefined)}>
            <X />
          </Button>
        </p>
      )}
    </div>
  )
}

function words({ reason, droppedBytes }: RecoveryReport): string {
  const size = formatBytes(droppedBytes)
  if (reason === 'torn') return `The last change was cut off before it was saved, and is gone (${size}), as happens where a browser or a device stops in the middle. All that was saved before is there.`
  return `The last changes were not whole, and are gone: the last ${size} of the vault’s file did not verify. The vault is as it was before them; look whether something is missing.`
}
