import { FileLock, KeyRound } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { explainError } from '../../model/explain-error.js'
import { freeVaultName, ImportProblem, importVault, type Imported, type ImportSource } from '../../model/import.js'
import { readKey, type FoundKeys } from '../../model/key-text.js'
import { recogniseFile } from '../../model/recognise.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { Field } from '../controls/field.js'
import { ProgressBar } from '../controls/progress-bar.js'
import { NewPasswordFields, noPassword, passwordProblem } from './new-password-fields.js'

export interface ImportFormProps {
  readonly onDone: (imported: Imported) => Promise<void>
  readonly onClose: () => void
}

/** The keys as far as they were chosen: a keyring (also out of a rescue page), a file of raw keys, or what is typed. */
type ChosenKeys = { readonly kind: 'keyring'; readonly document: string; readonly from: string } | { readonly kind: 'keys'; readonly found: FoundKeys; readonly from: string } | { readonly kind: 'typed' }

/** Which file, which keys, what it is to be called. */
export function ImportForm({ onDone, onClose }: ImportFormProps): ComponentChild {
  const [file, setFile] = useState<File>()
  const [chosen, setChosen] = useState<ChosenKeys>()
  const [secret, setSecret] = useState('')
  const [password, setPassword] = useState(noPassword)
  const [typed, setTyped] = useState({ coffer: '', secure: '' })
  const [name, setName] = useState('')
  const [problem, setProblem] = useState<{ readonly field: ImportProblem['field'] | 'form'; readonly text: string }>()
  const [fraction, setFraction] = useState<number>()
  const [running, setRunning] = useState<AbortController>()
  const isNamed = useRef(false)
  useEffect(() => () => running?.abort(), [running])

  const take = async (files: Iterable<File>): Promise<void> => {
    setProblem(undefined)
    for (const one of files) {
      const recognised = await recogniseFile(one)
      if (recognised.kind === 'coffer') {
        setFile(one)
        if (!isNamed.current) setName(await freeVaultName(one.name.replace(/\.[^.]*$/, '')))
      } else if (recognised.kind === 'keyring') {
        setChosen({ kind: 'keyring', document: recognised.document, from: one.name })
        if (recognised.kit && !isNamed.current) {
          isNamed.current = true
          setName(await freeVaultName(recognised.kit.name))
        }
      } else if (recognised.kind === 'keys') setChosen({ kind: 'keys', found: recognised.found, from: one.name })
      else setProblem({ field: 'form', text: `${one.name} ${recognised.reason}.` })
    }
  }
  const sourceOf = async (): Promise<ImportSource | string> => {
    if (!chosen) return 'Choose the key file or the rescue page too.'
    if (chosen.kind === 'keyring') return secret === '' ? 'Type the password or the recovery code.' : { kind: 'keyring', document: chosen.document, secret }
    const found = chosen.kind === 'keys' ? chosen.found : typedKeys(typed)
    if (!found) return 'That is not a key: 16 or 32 bytes in hex, or in base64.'
    return (await passwordProblem(password, [name])) ?? { kind: 'keys', found, newPassword: password.first }
  }
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setProblem(undefined)
    if (!file) return setProblem({ field: 'form', text: 'Choose the vault file first.' })
    const source = await sourceOf()
    if (typeof source === 'string') return setProblem({ field: 'form', text: source })
    const controller = new AbortController()
    setRunning(controller)
    setFraction(undefined)
    try {
      const onProgress = ({ done, total = 0 }: { readonly done: number; readonly total: number | undefined }): void => setFraction(total === 0 ? undefined : done / total)
      await onDone(await importVault(file, name.trim(), source, { signal: controller.signal, onProgress }))
    } catch (error) {
      if (!controller.signal.aborted) setProblem(problemOf(error))
      setRunning(undefined)
    }
    return undefined
  }

  const isNew = chosen !== undefined && chosen.kind !== 'keyring'
  return (
    <form
      class="vault-import"
      onSubmit={(event) => void submit(event)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        void take(event.dataTransfer?.files ?? [])
      }}
    >
      <label class="import-drop">
        <input type="file" multiple disabled={running !== undefined} onChange={(event) => void take(event.currentTarget.files ?? [])} />
        <strong>Choose the vault file and its key file</strong>
        <span>or the rescue page instead of the key file; or drop them here</span>
      </label>
      <ul class="import-chosen" aria-live="polite">
        <Chosen icon={<FileLock aria-hidden="true" />} text={file ? file.name : 'No vault file yet'} isThere={file !== undefined} />
        <Chosen icon={<KeyRound aria-hidden="true" />} text={chosen ? ('from' in chosen ? chosen.from : 'Keys, typed below') : 'No keys yet'} isThere={chosen !== undefined} />
      </ul>
      {chosen?.kind === 'typed' && (
        <>
          <Field label="Coffer key" value={typed.coffer} onInput={(coffer) => setTyped({ ...typed, coffer })} hint="In hex or base64. A bank and a store have one." />
          <Field label="Secure key" value={typed.secure} onInput={(secure) => setTyped({ ...typed, secure })} hint="A bank and a market have one." />
        </>
      )}
      {isNew && <NewPasswordFields label="New password" value={password} onChange={setPassword} known={[name]} />}
      {chosen?.kind === 'keyring' && (
        <Field
          label="Password or recovery code"
          type="password"
          value={secret}
          onInput={setSecret}
          problem={problem?.field === 'secret' ? problem.text : undefined}
        />
      )}
      <Field
        label="Name in this browser"
        value={name}
        onInput={(value) => {
          isNamed.current = true
          setName(value)
        }}
        problem={problem?.field === 'name' ? problem.text : undefined}
      />
      {problem && (problem.field === 'form' || problem.field === 'file') && <Callout isProblem>{problem.text}</Callout>}
      {running && (
        <div class="import-progress">
          <span role="status">{fraction === undefined ? 'Trying the keys on the file …' : 'Copying …'}</span>
          <ProgressBar fraction={fraction} label="Importing" />
        </div>
      )}
      <div class="button-row button-row-end">
        {!running && chosen === undefined && (
          <Button kind="quiet" onClick={() => setChosen({ kind: 'typed' })}>
            Type raw keys
          </Button>
        )}
        <Button onClick={() => (running ? running.abort() : onClose())}>Cancel</Button>
        <Button kind="primary" type="submit" disabled={running !== undefined}>
          Import
        </Button>
      </div>
    </form>
  )
}

function Chosen({ icon, text, isThere }: { readonly icon: ComponentChild; readonly text: string; readonly isThere: boolean }): ComponentChild {
  return (
    <li class={isThere ? 'there' : undefined}>
      {icon}
      <span>{text}</span>
    </li>
  )
}

function typedKeys({ coffer, secure }: { readonly coffer: string; readonly secure: string }): FoundKeys | undefined {
  const cofferKey = coffer.trim() === '' ? undefined : readKey(coffer)
  const secureKey = secure.trim() === '' ? undefined : readKey(secure)
  if ((coffer.trim() !== '' && !cofferKey) || (secure.trim() !== '' && !secureKey) || (!cofferKey && !secureKey)) return undefined
  return { keys: { ...(cofferKey ? { cofferKey } : {}), ...(secureKey ? { secureKey } : {}) }, variant: undefined }
}

function problemOf(error: unknown): { readonly field: ImportProblem['field'] | 'form'; readonly text: string } {
  if (error instanceof ImportProblem) return { field: error.field, text: error.message }
  const { text, advice } = explainError(error)
  return { field: 'form', text: `${text} ${advice}` }
}
