import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Vault } from 'lucide-preact'
import { takeLockReason, type LockReason } from '../../model/lock.js'
import type { VaultSession } from '../../model/session.js'
import { enterVault, holdVault, listVaults, removeUnfinished, type VaultRecord } from '../../model/vaults.js'
import { Button } from '../controls/button.js'
import { CreateForm } from './create-form.js'
import { ImportSection } from './import-section.js'
import { NewPasswordForm } from './new-password-form.js'
import { RecoverySheet } from './recovery-sheet.js'
import { UnlockForm } from './unlock-form.js'
import { VaultList } from './vault-list.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './entry.css'

const reasons: Readonly<Record<LockReason, string>> = {
  asked: 'The vault is locked.',
  idle: 'The vault was locked, since nobody was there for a while.',
  hidden: 'The vault was locked when its tab was out of sight.',
  elsewhere: 'The vault was locked in another tab.',
  changed: 'Another tab has changed how the vault opens. Unlock it anew.',
  deleted: 'The vault was deleted.',
}

type Step =
  | { readonly kind: 'list' }
  | { readonly kind: 'create' }
  | { readonly kind: 'unlock'; readonly vault: VaultRecord }
  | { readonly kind: 'recovery'; readonly session: VaultSession; readonly code: string }
  | { readonly kind: 'password'; readonly session: VaultSession }

// Once for a page, whatever is rendered how often.
const reason = takeLockReason()

/** Before a vault is open: the vaults of this browser, unlocking one, and making one. */
export function EntryPage(): ComponentChild {
  const [vaults, setVaults] = useState<readonly VaultRecord[]>()
  const [step, setStep] = useState<Step>({ kind: 'list' })
  useEffect(() => {
    const show = async (): Promise<void> => {
      // The next time is soon enough where it fails.
      await removeUnfinished().catch(() => undefined)
      const found = await listVaults()
      setVaults(found)
      const [only, second] = found
      setStep(only === undefined ? { kind: 'create' } : second === undefined ? { kind: 'unlock', vault: only } : { kind: 'list' })
    }
    void show()
  }, [])
  return (
    <main class="entry">
      <div class="entry-mark">
        <Vault aria-hidden="true" />
        <span>Coffer vault</span>
      </div>
      {reason !== undefined && step.kind !== 'recovery' && step.kind !== 'password' && <p class="entry-reason" role="status">{reasons[reason]}</p>}
      <div class="entry-card">{vaults && <StepView step={step} vaults={vaults} go={setStep} />}</div>
      {step.kind !== 'recovery' && step.kind !== 'password' && <ImportSection />}
      <p class="entry-foot muted">Everything stays in this browser, encrypted. Nothing is sent anywhere.</p>
    </main>
  )
}

function StepView({ step, vaults, go }: { readonly step: Step; readonly vaults: readonly VaultRecord[]; readonly go: (step: Step) => void }): ComponentChild {
  switch (step.kind) {
    case 'create':
      return (
        <>
          <CreateForm taken={vaults.map(({ name }) => name)} onCreated={(session, code) => holdVault(session, true) && go({ kind: 'recovery', session, code })} />
          {vaults.length > 0 && <Button kind="quiet" onClick={() => go({ kind: 'list' })}>Back to the vaults</Button>}
        </>
      )
    case 'unlock':
      return (
        <>
          <UnlockForm
            key={step.vault.name}
            vault={step.vault}
            onUnlocked={(session, byRecoveryCode) => {
              if (!byRecoveryCode || !session.writable.value) enterVault(session)
              else if (holdVault(session)) go({ kind: 'password', session })
            }}
          />
          <div class="entry-others">
            {vaults.length > 1 && <Button kind="quiet" onClick={() => go({ kind: 'list' })}>Other vaults</Button>}
            {vaults.length === 1 && <Button kind="quiet" onClick={() => go({ kind: 'create' })}>Make another vault</Button>}
          </div>
        </>
      )
    case 'recovery':
      return (
        <>
          <h1>Your recovery code</h1>
          <RecoverySheet session={step.session} code={step.code} onDone={() => enterVault(step.session)} />
        </>
      )
    case 'password':
      return <NewPasswordForm session={step.session} onDone={() => enterVault(step.session)} />
    default:
      return <VaultList vaults={vaults} onChoose={(vault) => go({ kind: 'unlock', vault })} onCreate={() => go({ kind: 'create' })} />
  }
}
