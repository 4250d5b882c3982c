import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { KeyRound, LifeBuoy, RefreshCw } from 'lucide-preact'
import { explainError } from '../../model/explain-error.js'
import { notify } from '../../model/notices.js'
import { keyringRevision, newRecoveryCode, renewRecoveryCode } from '../../model/security.js'
import type { VaultSession } from '../../model/session.js'
import { findVault } from '../../model/vaults.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { ConfirmDialog } from '../controls/confirm-dialog.js'
import { ChangePasswordDialog } from './change-password-dialog.js'
import { NewKeysDialog } from './new-keys-dialog.js'
import { SettingRow } from './setting-row.js'

type Open = 'password' | 'recovery' | 'keys'

/** Password, recovery code and keys of the vault. */
export function SecuritySection({ session }: { readonly session: VaultSession }): ComponentChild {
  const [open, setOpen] = useState<Open>()
  const isUnproven = useUnproven(session)
  const isFixed = !session.writable.value
  const close = (): void => setOpen(undefined)
  const renew = async (): Promise<void> => {
    try {
      newRecoveryCode.value = await renewRecoveryCode(session)
    } catch (error) {
      const { text, advice } = explainError(error)
      notify(`${text} ${advice}`)
    }
  }
  return (
    <section aria-labelledby="security-title">
      <h2 id="security-title">Password and recovery</h2>
      {isUnproven && (
        <Callout>
          {hasCode(session)
            ? 'You have not proved yet that you kept the recovery code. If the password is lost, only that code opens the vault. If you do not have it, make a new one.'
            : 'The vault has no recovery code, and if the password is lost, nothing else opens it. Make a code.'}
        </Callout>
      )}
      <SettingRow icon={<KeyRound />} title="Password" text="What you type to unlock the vault.">
        <Button disabled={isFixed} onClick={() => setOpen('password')}>Change the password</Button>
      </SettingRow>
      <SettingRow icon={<LifeBuoy />} title="Recovery code" text="For when the password is lost. A new one makes the old one useless.">
        <Button disabled={isFixed} onClick={() => setOpen('recovery')}>New recovery code</Button>
      </SettingRow>
      <SettingRow icon={<RefreshCw />} title="Keys" text="If somebody may have got at the password, a passkey or the code: new keys shut out whoever had the old ones.">
        <Button disabled={isFixed} onClick={() => setOpen('keys')}>New keys</Button>
      </SettingRow>
      {open === 'password' && <ChangePasswordDialog session={session} onClose={close} />}
      {open === 'keys' && <NewKeysDialog session={session} onClose={close} />}
      {open === 'recovery' && (
        <ConfirmDialog title="A new recovery code?" confirm="Make it" onConfirm={() => void renew()} onClose={close}>
          <p>The old code will open this vault no more. Exports that you made before still open with it.</p>
        </ConfirmDialog>
      )}
    </section>
  )
}

function useUnproven(session: VaultSession): boolean {
  const [isUnproven, setUnproven] = useState(false)
  const changes = keyringRevision.value
  useEffect(() => {
    void findVault(session.name).then((record) => setUnproven(record?.isRecoveryProven === false))
  }, [session, changes])
  return isUnproven || !hasCode(session)
}

/** One that stopped on its way to new keys has none. */
function hasCode({ keyring }: VaultSession): boolean {
  return keyring.slots.some(({ type }) => type === 'recovery')
}
