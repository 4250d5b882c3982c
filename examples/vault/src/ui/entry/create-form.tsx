import type { VariantName } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { explainError } from '../../model/explain-error.js'
import type { VaultSession } from '../../model/session.js'
import { nameProblem } from '../../model/vault-name.js'
import { createVault } from '../../model/vaults.js'
import { Button } from '../controls/button.js'
import { Field } from '../controls/field.js'
import { Select } from '../controls/select.js'
import { NewPasswordFields, noPassword, passwordProblem } from './new-password-fields.js'
import { Waiting } from './waiting.js'

type Kind = Exclude<VariantName, 'null'>

const kinds: readonly { readonly value: Kind; readonly label: string; readonly hint: string }[] = [
  { value: 'bank', label: 'Bank: sealed twice (the safest)', hint: 'Each file is sealed, and the whole once more: two ciphers would have to fail. Names, number and sizes of files are hidden.' },
  { value: 'store', label: 'Store: sealed once (faster)', hint: 'The whole is sealed once. Names, number and sizes of files are hidden.' },
  { value: 'market', label: 'Market: names can be seen', hint: 'Each file is sealed, but who has the vault’s file sees names, sizes and dates.' },
]

export interface CreateFormProps {
  readonly taken: readonly string[]
  readonly onCreated: (session: VaultSession, recoveryCode: string) => void
}

/** Makes a vault: its name and password, and under more options how it is sealed. */
export function CreateForm({ taken, onCreated }: CreateFormProps): ComponentChild {
  const [name, setName] = useState('')
  const [kind, setKind] = useState<Kind>('bank')
  const [password, setPassword] = useState(noPassword)
  const [problems, setProblems] = useState<{ name?: string | undefined; password?: string | undefined; other?: string | undefined }>({})
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    const problems = { name: nameProblem(name, taken), password: await passwordProblem(password, [name]) }
    setProblems(problems)
    if (problems.name !== undefined || problems.password !== undefined) return
    setBusy(true)
    try {
      const { session, recoveryCode } = await createVault({ name: name.trim(), variant: kind, password: password.first })
      onCreated(session, recoveryCode)
    } catch (error) {
      const { text, advice } = explainError(error)
      setProblems({ other: `${text} ${advice}` })
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <h1>Make a vault</h1>
      <p class="muted">A place for private files, passwords and notes. Only its password, or a recovery code, opens it; nobody can reset them.</p>
      <Field label="Name" value={name} onInput={setName} problem={problems.name} hint="Such as “Papers”. It can be seen while the vault is locked." />
      <NewPasswordFields label="Password" value={password} onChange={setPassword} known={[name]} problem={problems.password} />
      <details class="more-options">
        <summary>More options</summary>
        <Select label="How it is sealed" value={kind} options={kinds} onChange={setKind} hint={kinds.find(({ value }) => value === kind)?.hint} />
      </details>
      {problems.other !== undefined && <p class="problem" role="alert">{problems.other}</p>}
      <Button type="submit" kind="primary" disabled={isBusy}>Make the vault</Button>
      {isBusy && <Waiting>Making keys, and locking them with the password. This takes a few seconds on purpose.</Waiting>}
    </form>
  )
}
