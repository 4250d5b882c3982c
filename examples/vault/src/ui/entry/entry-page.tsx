import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import { createVault, listVaults, unlockVault, type VaultRecord } from '../../model/vaults.js'
import { Button } from '../controls/button.js'
import { Field } from '../controls/field.js'
import { ImportSection } from './import-section.js'

/** Before a vault is open: the vaults of this browser, and making one. */
export function EntryPage(): ComponentChild {
  const [vaults, setVaults] = useState<readonly VaultRecord[]>([])
  const [name, setName] = useState('Vault')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<Explanation>()
  useEffect(() => void listVaults().then(setVaults), [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const record = vaults[0]
    try {
      if (record) await unlockVault(record, { password })
      else await createVault({ name, variant: 'bank', password })
    } catch (error) {
      setProblem(explainError(error))
    }
  }
  return (
    <main>
      <form onSubmit={(event) => void submit(event)}>
        <h1>{vaults[0] ? vaults[0].name : 'Make a vault'}</h1>
        {!vaults[0] && <Field label="Name" value={name} onInput={setName} />}
        <Field label="Password" type="password" value={password} onInput={setPassword} />
        {problem && <p role="alert">{problem.text}</p>}
        <Button type="submit" kind="primary">
          {vaults[0] ? 'Unlock' : 'Make it'}
        </Button>
      </form>
      <ImportSection />
    </main>
  )
}
