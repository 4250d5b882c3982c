import type { ComponentChild } from 'preact'
import type { VaultSession } from '../../model/session.js'
import { Callout } from '../controls/callout.js'
import { DeleteSection } from './delete-section.js'
import { ExportSection } from './export-section.js'
import { LockingSection } from './locking-section.js'
import { PasskeySection } from './passkey-section.js'
import { SecuritySection } from './security-section.js'
import { StorageSection } from './storage-section.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './settings.css'

/** All that is set for the open vault. */
export function SettingsPane({ session }: { readonly session: VaultSession }): ComponentChild {
  return (
    <div class="settings">
      <h1>Settings</h1>
      {!session.writable.value && <Callout>Another tab is changing this vault. What is greyed out here can be done there.</Callout>}
      <SecuritySection session={session} />
      <PasskeySection session={session} />
      <LockingSection session={session} />
      <StorageSection session={session} />
      <ExportSection session={session} />
      <DeleteSection session={session} />
    </div>
  )
}
