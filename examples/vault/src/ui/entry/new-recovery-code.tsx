import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../controls/button.js'

export interface NewRecoveryCodeProps {
  readonly code: string
  readonly name: string
  readonly wasConverted: boolean
  readonly onDone: () => void
}

/** Shows the code of a keyring that an import has made, this once. */
export function NewRecoveryCode({ code, name, wasConverted, onDone }: NewRecoveryCodeProps): ComponentChild {
  const [isKept, setKept] = useState(false)
  return (
    <>
      {wasConverted && <p>“{name}” was a file of PyCoffer’s. In this browser it is a vault; the file that you chose is as it was.</p>}
      <p>If you forget the password, only this code opens the vault. It is shown this once: write it down, and keep it where the vault is not.</p>
      <p class="new-code mono">{code}</p>
      <label class="checkbox">
        <input type="checkbox" checked={isKept} onChange={() => setKept(!isKept)} />
        <span>I have written it down</span>
      </label>
      <div class="button-row button-row-end">
        <Button kind="primary" disabled={!isKept} onClick={onDone}>
          Open the vault
        </Button>
      </div>
    </>
  )
}
