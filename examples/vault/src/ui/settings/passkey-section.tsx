import type { PasskeySlot } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Fingerprint } from 'lucide-preact'
import { explainError } from '../../model/explain-error.js'
import { notify } from '../../model/notices.js'
import { askSupport, removePasskey, support } from '../../model/passkeys.js'
import { keyringRevision } from '../../model/security.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { ConfirmDialog } from '../controls/confirm-dialog.js'
import { AddPasskeyDialog, RenamePasskeyDialog } from './passkey-dialogs.js'
import { SettingRow } from './setting-row.js'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

/** The passkeys that open the vault. */
export function PasskeySection({ session }: { readonly session: VaultSession }): ComponentChild {
  const [isAdding, setAdding] = useState(false)
  const [renaming, setRenaming] = useState<PasskeySlot>()
  const [removing, setRemoving] = useState<PasskeySlot>()
  useEffect(() => void askSupport(), [])
  // Read, so that the list is shown anew.
  const passkeys = keyringRevision.value >= 0 ? session.keyring.slots.filter((slot) => slot.type === 'passkey') : []
  const isFixed = !session.writable.value
  const remove = async (slot: PasskeySlot): Promise<void> => {
    try {
      await removePasskey(session, slot)
      notify('The passkey opens this vault no more. Whoever may have used it in secret is shut out by new keys only.')
    } catch (error) {
      const { text, advice } = explainError(error)
      notify(`${text} ${advice}`)
    }
  }
  return (
    <section aria-labelledby="passkeys-title">
      <h2 id="passkeys-title">Passkeys</h2>
      <p class="muted">A fingerprint, a face or a security key in the password’s stead. The password goes on working, since devices get lost.</p>
      {passkeys.map((slot) => (
        <SettingRow key={slot.id} icon={<Fingerprint />} title={slot.label === '' ? 'A passkey' : slot.label} text={`Added ${day.format(slot.created)}, for ${slot.rpId}`}>
          <Button disabled={isFixed} onClick={() => setRenaming(slot)}>
            Rename<span class="visually-hidden"> the passkey {slot.label}</span>
          </Button>
          <Button disabled={isFixed} onClick={() => setRemoving(slot)}>
            Remove<span class="visually-hidden"> the passkey {slot.label}</span>
          </Button>
        </SettingRow>
      ))}
      {support.value === 'no' ? (
        <p>This browser has no passkeys that could lock a vault.</p>
      ) : (
        <Button disabled={isFixed} onClick={() => setAdding(true)}>Add a passkey</Button>
      )}
      {isAdding && <AddPasskeyDialog session={session} onClose={() => setAdding(false)} />}
      {renaming && <RenamePasskeyDialog session={session} slot={renaming} onClose={() => setRenaming(undefined)} />}
      {removing && (
        <ConfirmDialog title="Remove the passkey?" confirm="Remove it" isDangerous onConfirm={() => void remove(removing)} onClose={() => setRemoving(undefined)}>
          <p>“{removing.label}” will open this vault no more.</p>
        </ConfirmDialog>
      )}
    </section>
  )
}
