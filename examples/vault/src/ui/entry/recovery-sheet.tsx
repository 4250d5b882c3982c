import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { Copy, Download, Printer } from 'lucide-preact'
import { notify } from '../../model/notices.js'
import { proveRecoveryCode } from '../../model/security.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Field } from '../controls/field.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './recovery.css'

export interface RecoverySheetProps {
  readonly session: VaultSession
  readonly code: string
  readonly onDone: () => void
}

/** Shows a recovery code, this once; its owner keeps it, and proves that he has it or puts that off. */
export function RecoverySheet({ session, code, onDone }: RecoverySheetProps): ComponentChild {
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<string>()
  const prove = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (await proveRecoveryCode(session, typed)) onDone()
    else setProblem('That is another code. Compare each group with what is above.')
  }
  return (
    <>
      <p class="muted">It opens the vault when the password is lost. It is shown now and never again: print it, or write it down, and keep it away from this device.</p>
      <div class="recovery-print">
        <h2 class="recovery-title">Recovery code of the vault “{session.name}”</h2>
        <output class="recovery-code" aria-label="Recovery code">{code}</output>
        <p class="recovery-title">Made on {new Date().toLocaleDateString()}. Whoever has this code and the vault can open it.</p>
      </div>
      <div class="button-row">
        <Button onClick={() => print()}>
          <Printer />
          Print
        </Button>
        <Button onClick={() => saveText(session.name, code)}>
          <Download />
          Save as a text file
        </Button>
        <Button onClick={() => void copy(code)}>
          <Copy />
          Copy
        </Button>
      </div>
      <form onSubmit={(event) => void prove(event)} noValidate>
        <Field label="Type it back, from what you kept" value={typed} onInput={setTyped} problem={problem} hint="Upper and lower case, blanks and dashes do not matter." />
        <div class="button-row">
          <Button type="submit" kind="primary" disabled={typed === ''}>Check it</Button>
          <Button kind="quiet" onClick={onDone}>Later</Button>
        </div>
      </form>
    </>
  )
}

async function copy(code: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(code)
    notify('Copied. Paste it where only you can read it, and then copy something else.')
  } catch {
    notify('The browser does not let this page copy. Print the code, or write it down.')
  }
}

function saveText(name: string, code: string): void {
  const text = `Recovery code of the vault "${name}"\n\n${code}\n\nWhoever has this code and the vault can open it. Keep it away from this device.\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: `Recovery code of ${name}.txt` })
  link.click()
  // The browser takes the content when the click is handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
