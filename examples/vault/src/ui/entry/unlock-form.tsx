import { isRecoveryCode } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Fingerprint } from 'lucide-preact'
import { explainError } from '../../model/explain-error.js'
import type { VaultSession } from '../../model/session.js'
import { DamagedVault, hasPasskeyHere, unlockVault, unlockWithPasskey, type VaultRecord } from '../../model/vaults.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { Field } from '../controls/field.js'
import { lazily } from '../lazily.js'
import { Waiting } from './waiting.js'

export interface UnlockFormProps {
  readonly vault: VaultRecord
  readonly onUnlocked: (session: VaultSession, byRecoveryCode: boolean) => void
}

type Way = 'password' | 'recovery'

const SaveLocked = lazily(async () => (await import('./save-locked.js')).SaveLocked)
const found = { password: 'password', recovery: 'recovery code', passkey: 'passkey' } as const

/** Unlocks a vault: by passkey where it has one here, by password, or by recovery code. */
export function UnlockForm({ vault, onUnlocked }: UnlockFormProps): ComponentChild {
  const [way, setWay] = useState<Way>('password')
  const [secret, setSecret] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState<Way | 'passkey'>()
  /** What has opened the keys of a vault that is damaged. */
  const [right, setRight] = useState<Way | 'passkey'>()
  const [isCapsLock, setCapsLock] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => input.current?.focus(), [way])
  const [leaving] = useState(() => new AbortController())
  useEffect(() => () => leaving.abort(), [leaving])

  const attempt = async (kind: Way | 'passkey', open: () => Promise<VaultSession>): Promise<void> => {
    if (busy !== undefined) return undefined
    setBusy(kind)
    setProblem(undefined)
    setRight(undefined)
    try {
      const session = await open()
      // Nobody waits for it any more, and nobody would lock it.
      if (leaving.signal.aborted) await session.close()
      else onUnlocked(session, kind === 'recovery')
    } catch (error) {
      const { text, advice } = explainError(error)
      setBusy(undefined)
      if (error instanceof DamagedVault) return setRight(kind)
      setProblem(`${text} ${advice}`)
      if (kind === 'passkey') return undefined
      input.current?.focus()
      input.current?.select()
    }
    return undefined
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    if (secret === '') setProblem(way === 'password' ? 'Type the password.' : 'Type the recovery code.')
    else if (way === 'password') void attempt('password', () => unlockVault(vault, { password: secret }))
    else if (isRecoveryCode(secret)) void attempt('recovery', () => unlockVault(vault, { recoveryCode: secret }))
    else setProblem('There is a typing mistake in the code: compare it with what you wrote down. It has eight groups of four characters.')
    input.current?.focus()
  }
  const change = (to: Way): void => {
    setWay(to)
    setSecret('')
    setProblem(undefined)
  }
  return (
    <form onSubmit={submit} noValidate>
      <h1>{vault.name}</h1>
      {hasPasskeyHere(vault) && (
        <>
          <Button kind="primary" disabled={busy !== undefined} onClick={() => void attempt('passkey', () => unlockWithPasskey(vault, leaving.signal))}>
            <Fingerprint />
            Unlock with a passkey
          </Button>
          <p class="entry-or"><span>or</span></p>
        </>
      )}
      <Field
        key={way}
        label={way === 'password' ? 'Password' : 'Recovery code'}
        type={way === 'password' ? 'password' : 'text'}
        autoComplete={way === 'password' ? 'current-password' : 'off'}
        value={secret}
        onInput={setSecret}
        onKeyDown={(event) => setCapsLock(event.getModifierState('CapsLock'))}
        hint={isCapsLock && way === 'password' ? 'Caps Lock is on.' : way === 'recovery' ? 'As it was printed; blanks and dashes do not matter.' : undefined}
        problem={problem}
        inputRef={input}
      />
      <Button type="submit" kind={right || hasPasskeyHere(vault) ? 'plain' : 'primary'} disabled={busy !== undefined}>Unlock</Button>
      {busy === 'password' && <Waiting>Trying the password. This takes a moment on purpose, so that nobody can guess quickly.</Waiting>}
      {busy === 'passkey' && <Waiting>Follow what your device asks for.</Waiting>}
      {right && (
        <>
          <Callout isProblem>
            <strong>{`The ${found[right]} is right, but the vault’s file is damaged.`}</strong>
            <p>Save these three files as they are, before anything else. The rescue page among them brings out all that is whole.</p>
          </Callout>
          <SaveLocked vault={vault} />
        </>
      )}
      <p class="entry-way">
        {way === 'password' ? (
          <Button kind="quiet" onClick={() => change('recovery')}>Use the recovery code</Button>
        ) : (
          <Button kind="quiet" onClick={() => change('password')}>Use the password</Button>
        )}
      </p>
    </form>
  )
}
