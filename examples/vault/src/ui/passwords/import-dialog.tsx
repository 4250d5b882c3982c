import type { ImportPasswordsReport, PasswordFormat } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { Explanation } from '../../model/explain-error.js'
import { explainPasswordError, importPasswords } from '../../model/passwords.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { Checkbox } from '../controls/checkbox.js'
import { Dialog } from '../controls/dialog.js'

/** How many of the rows that were left out are listed: more are counted. */
const MOST_LISTED = 200

const programs: Readonly<Record<PasswordFormat | 'pycoffer', string>> = {
  'chrome-csv': 'Chrome',
  'firefox-csv': 'Firefox',
  'bitwarden-csv': 'Bitwarden',
  'bitwarden-json': 'Bitwarden',
  pycoffer: 'PyCoffer',
}

export interface ImportDialogProps {
  readonly session: VaultSession
  readonly onClose: () => void
}

/** Takes in what a browser or Bitwarden exported, and tells what came of it. */
export function ImportDialog({ session, onClose }: ImportDialogProps): ComponentChild {
  const id = useId()
  const [file, setFile] = useState<File>()
  const [replace, setReplace] = useState(true)
  const [isReading, setReading] = useState(false)
  const [report, setReport] = useState<ImportPasswordsReport>()
  const [problem, setProblem] = useState<Explanation>()
  const read = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (file === undefined) return setProblem({ text: 'Choose the file first.', advice: '' })
    setProblem(undefined)
    setReading(true)
    try {
      setReport(await importPasswords(session, file, replace))
    } catch (error) {
      setProblem(explainPasswordError(error))
    }
    return setReading(false)
  }
  if (report !== undefined) return <Report report={report} fileName={file?.name ?? ''} onClose={onClose} />
  return (
    <Dialog title="Import passwords" onClose={onClose}>
      <form class="import" onSubmit={(event) => void read(event)}>
        <p>Chrome, Edge and Brave (CSV), Firefox (CSV) and Bitwarden (CSV or JSON, not encrypted). The file is read here and goes nowhere else.</p>
        <details>
          <summary>Where the file comes from</summary>
          <ul>
            <li>Chrome: Settings → Autofill and passwords → Google Password Manager → Settings → Export passwords.</li>
            <li>Firefox: Passwords → the three dots → Export passwords.</li>
            <li>Bitwarden: Settings → Export vault, with the format .json or .csv.</li>
          </ul>
        </details>
        <div class="field">
          <label for={id}>File</label>
          <input id={id} type="file" accept=".csv,.json,text/csv,application/json" onChange={(event) => setFile(event.currentTarget.files?.[0])} />
        </div>
        <Checkbox label="Replace a login that is there already" hint="One of the same name, username and address." checked={replace} onChange={setReplace} />
        {problem !== undefined && (
          <Callout isProblem>
            {problem.text} {problem.advice}
          </Callout>
        )}
        <footer class="button-row button-row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={isReading || !session.writable.value}>
            {isReading ? 'Importing…' : 'Import'}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

interface ReportProps {
  readonly report: ImportPasswordsReport
  readonly fileName: string
  readonly onClose: () => void
}

function Report({ report, fileName, onClose }: ReportProps): ComponentChild {
  const { format, added, replaced, unchanged, skipped } = report
  const place = format === 'bitwarden-json' ? 'Item' : 'Row'
  return (
    <Dialog title={`Imported from ${programs[format]}`} onClose={onClose}>
      <div class="import">
        <p class="visually-hidden" role="status">
          The import is done: {added} added, {replaced} replaced.
        </p>
        <dl class="counts">
          <Count label="added" count={added} />
          <Count label="replaced" count={replaced} />
          <Count label="as they were" count={unchanged} />
          <Count label="left out" count={skipped.length} />
        </dl>
        {skipped.length > 0 && (
          <details open>
            <summary>What was left out</summary>
            <ul class="skipped" tabIndex={0} aria-label="What was left out">
              {skipped.slice(0, MOST_LISTED).map(({ place: number, reason }) => (
                <li>
                  {place} {number}: {reason}
                </li>
              ))}
              {skipped.length > MOST_LISTED && <li>and {skipped.length - MOST_LISTED} more</li>}
            </ul>
          </details>
        )}
        <Callout>
          <strong>Delete “{fileName}” now</strong>, and empty the trash: the passwords in it are not encrypted. A page cannot do that for you.
        </Callout>
        <footer class="button-row button-row-end">
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </footer>
      </div>
    </Dialog>
  )
}

function Count({ label, count }: { readonly label: string; readonly count: number }): ComponentChild {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{count}</dd>
    </div>
  )
}
