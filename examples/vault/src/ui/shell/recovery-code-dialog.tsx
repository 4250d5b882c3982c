import type { ComponentChild } from 'preact'
import { newRecoveryCode } from '../../model/security.js'
import type { VaultSession } from '../../model/session.js'
import { RecoveryDialog } from '../entry/recovery-dialog.js'

/** Shows a new recovery code over whatever is shown: making it may take long enough to go elsewhere. */
export function RecoveryCodeDialog({ session }: { readonly session: VaultSession }): ComponentChild {
  const code = newRecoveryCode.value
  if (code === undefined) return undefined
  const close = (): void => {
    newRecoveryCode.value = undefined
  }
  return <RecoveryDialog key={code} session={session} code={code} onDone={close} />
}
