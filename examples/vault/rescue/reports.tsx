import type { VerifyReport } from '@coffer/core'
import type { ComponentChild } from 'preact'
import type { OpenedFile } from './open-file.js'
import { count } from './words.js'

/** How what is shown differs from what the file should be. */
export function StateNote({ opened: { state, salvage, coffer } }: { readonly opened: OpenedFile }): ComponentChild {
  if (state === 'salvaged' && salvage) return <SalvageNote {...salvage} />
  if (state === 'pycoffer') return <p class="card note">PyCoffer wrote this file. Each part of it is authentic; that none is missing cannot be known.</p>
  if (state === 'rewritten') {
    return (
      <p class="card warning" role="alert">
        PyCoffer has rewritten this file since, or somebody tampered with it: each part is authentic, but parts may be missing or out of date.
      </p>
    )
  }
  if (state === 'older' || coffer.recovered?.reason === 'damaged') {
    return (
      <p class="card warning" role="alert">
        The end of the file is damaged. This is the last complete state; what was changed after it is not here.
      </p>
    )
  }
  if (coffer.recovered) return <p class="card note">A change was cut off while the file was written. It is as it was before that change.</p>
  return undefined
}

function SalvageNote({ report: { files }, isWhole, isBehind }: NonNullable<OpenedFile['salvage']>): ComponentChild {
  const whole = files.filter(({ bad, writtenAs }) => bad.length === 0 && writtenAs !== undefined)
  const partly = files.filter(({ bad, writtenAs }) => bad.length > 0 && writtenAs !== undefined)
  const lost = files.filter(({ writtenAs }) => writtenAs === undefined)
  const uncertain = files.filter(({ origin, writtenAs }) => origin !== 'newest' && writtenAs !== undefined)
  return (
    <section class="card warning" role="alert">
      <h2>What could be brought out</h2>
      <p>
        {count(whole.length, 'file')} whole, {partly.length} with gaps, {lost.length} lost. All that is shown is authentic: it is what was saved,
        bit by bit. The damaged file itself was not changed.
      </p>
      {!isWhole && <p>The list of files is damaged too: there may have been more, and deleted or older files may be among these.</p>}
      {isBehind && <p>The last change is damaged: what it changed is not here.</p>}
      {partly.length > 0 && <Names title="With gaps, where zeros stand for what is missing" names={partly.map(({ writtenAs }) => writtenAs ?? '')} />}
      {lost.length > 0 && <Names title="Lost" names={lost.map(({ name }) => name)} />}
      {uncertain.length > 0 && isWhole && <Names title="From an older state, or a change that was not finished" names={uncertain.map(({ writtenAs }) => writtenAs ?? '')} />}
    </section>
  )
}

/** What a check has found. */
export function DamageReport({ report, onSalvage }: { readonly report: VerifyReport; readonly onSalvage: (() => void) | undefined }): ComponentChild {
  const names = [...new Set(report.bad.map(({ name }) => name))]
  return (
    <section class="card warning" role="alert">
      <h2>{count(names.length, 'file')} damaged</h2>
      <p>All others are as they were saved. What is whole of these can be brought out, and older versions of them may still be in the file.</p>
      <Names title="Damaged" names={names} />
      {onSalvage && (
        <p class="actions">
          <button type="button" class="button primary" onClick={onSalvage}>
            Bring out what is whole
          </button>
        </p>
      )}
    </section>
  )
}

function Names({ title, names }: { readonly title: string; readonly names: readonly string[] }): ComponentChild {
  return (
    <details open={names.length <= 10}>
      <summary>
        {title} ({names.length})
      </summary>
      <ul class="names">
        {names.slice(0, 1000).map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </details>
  )
}
