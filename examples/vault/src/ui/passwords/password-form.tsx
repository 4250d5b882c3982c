import { Dices, Plus, X } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { CofferError, type PasswordInfo } from '@coffer/core'
import type { Explanation } from '../../model/explain-error.js'
import { changeForm, saveForm, type Editing, type PasswordForm } from '../../model/password-form.js'
import { explainPasswordError, readPassword } from '../../model/passwords.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { GeneratorDialog } from './generator-dialog.js'
import { SecretField, unwatched } from './secret-field.js'
import { TextField } from './text-field.js'

export interface PasswordEditorProps {
  readonly session: VaultSession
  readonly edited: Editing
  /** `isDone`: nothing is left in the form, which is closed. */
  readonly onSaved: (login: PasswordInfo, isDone: boolean) => void
  readonly onCancel: () => void
}

/** The form for a new login, and for one that is there. */
export function PasswordEditor({ session, edited, onSaved, onCancel }: PasswordEditorProps): ComponentChild {
  const { number, id, initial, form } = edited
  const [isGenerating, setGenerating] = useState(false)
  const [isSaving, setSaving] = useState(false)
  const [problem, setProblem] = useState<Explanation>()
  const [canReplace, setCanReplace] = useState(false)
  const [wrong, setWrong] = useState<'name' | 'totp'>()
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => heading.current?.focus(), [])

  const change = (changes: Partial<PasswordForm>): void => {
    changeForm(session, number, changes)
    setWrong(undefined)
  }
  const fetchSecret = async (of: 'password' | 'totp'): Promise<void> => {
    if (id === undefined) return
    try {
      change({ [of]: (await readPassword(session, id))[of] ?? '' })
    } catch (error) {
      setProblem(explainPasswordError(error))
    }
  }
  const save = async (replace: boolean): Promise<void> => {
    setProblem(undefined)
    setCanReplace(false)
    if (form.name.trim() === '') return setWrong('name')
    setSaving(true)
    try {
      const { login, isDone } = await saveForm(session, edited, replace)
      setSaving(false)
      onSaved(login, isDone)
    } catch (error) {
      setSaving(false)
      // The plugin checks types and the secret for codes; the types are right.
      if (error instanceof TypeError) return setWrong('totp')
      setCanReplace(error instanceof CofferError && error.code === 'ERR_COFFER_EXISTS')
      setProblem(explainPasswordError(error))
    }
    return undefined
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    void save(false)
  }

  return (
    <>
      <form class="login-form" aria-labelledby="form-name" autocomplete="off" onSubmit={submit} noValidate>
        <h1 id="form-name" ref={heading} tabIndex={-1}>
          {id === undefined ? 'New login' : `Edit “${initial.name}”`}
        </h1>
        <TextField label="Name" value={form.name} onInput={(name) => change({ name })} problem={wrong === 'name' ? 'A login needs a name.' : undefined} />
        <TextField label="Username" value={form.username} onInput={(username) => change({ username })} />
        {form.password === undefined ? (
          <Kept label="Password" onChange={() => void fetchSecret('password')} onRemove={() => change({ password: '' })} />
        ) : (
          <SecretField label="Password" value={form.password} onInput={(password) => change({ password })}>
            <Button kind="quiet" label="Make a password" onClick={() => setGenerating(true)}>
              <Dices aria-hidden />
            </Button>
          </SecretField>
        )}
        <fieldset class="form-group">
          <legend>Addresses</legend>
          {form.urls.map((url, i) => (
            <span class="form-line" key={i}>
              <input
                {...unwatched}
                class="input"
                type="text"
                inputMode="url"
                aria-label={`Address ${i + 1}`}
                placeholder="https://"
                value={url}
                onInput={(event) => change({ urls: form.urls.with(i, event.currentTarget.value) })}
              />
              <Button kind="quiet" label={`Remove address ${i + 1}`} onClick={() => change({ urls: form.urls.toSpliced(i, 1) })}>
                <X aria-hidden />
              </Button>
            </span>
          ))}
          <Button kind="quiet" onClick={() => change({ urls: [...form.urls, ''] })}>
            <Plus aria-hidden /> Add an address
          </Button>
        </fieldset>
        {form.totp === undefined ? (
          <Kept label="Secret for one-time codes" onChange={() => void fetchSecret('totp')} onRemove={() => change({ totp: '' })} />
        ) : (
          <SecretField
            label="Secret for one-time codes"
            value={form.totp}
            onInput={(totp) => change({ totp })}
            hint="As the site shows it beside its QR code: letters and digits, or an otpauth:// address."
            problem={wrong === 'totp' ? 'This gives no codes: it is a secret of letters A–Z and digits 2–7, at least eight, or an otpauth://totp/ address.' : undefined}
          />
        )}
        <TextField label="Note" isText value={form.note} onInput={(note) => change({ note })} />
        <TextField label="Owner" value={form.owner} onInput={(owner) => change({ owner })} hint="Whose it is, where several people share the vault." />
        <fieldset class="form-group">
          <legend>Further fields</legend>
          {form.fields.map((field, i) => (
            <span class="form-line" key={i}>
              <input
                {...unwatched}
                class="input"
                type="text"
                aria-label={`Name of field ${i + 1}`}
                placeholder="Name"
                value={field.name}
                onInput={(event) => change({ fields: form.fields.with(i, { ...field, name: event.currentTarget.value }) })}
              />
              <input
                {...unwatched}
                class="input"
                type="text"
                aria-label={`Value of field ${i + 1}`}
                placeholder="Value"
                value={field.value}
                onInput={(event) => change({ fields: form.fields.with(i, { ...field, value: event.currentTarget.value }) })}
              />
              <Button kind="quiet" label={`Remove field ${i + 1}`} onClick={() => change({ fields: form.fields.toSpliced(i, 1) })}>
                <X aria-hidden />
              </Button>
            </span>
          ))}
          <Button kind="quiet" onClick={() => change({ fields: [...form.fields, { name: '', value: '' }] })}>
            <Plus aria-hidden /> Add a field
          </Button>
        </fieldset>
        {problem !== undefined && (
          <p role="alert" class="problem">
            {problem.text} {problem.advice}
          </p>
        )}
        <footer class="button-row form-buttons">
          <Button type="submit" kind="primary" disabled={isSaving || !session.writable.value}>
            Save
          </Button>
          {canReplace && (
            <Button kind="danger" onClick={() => void save(true)}>
              Replace the other login
            </Button>
          )}
          <Button onClick={onCancel}>Cancel</Button>
        </footer>
      </form>
      {/* Outside of the form, which Enter in one of its fields would save. */}
      {isGenerating && (
        <GeneratorDialog
          session={session}
          onClose={() => setGenerating(false)}
          onUse={(password) => {
            change({ password })
            setGenerating(false)
          }}
        />
      )}
    </>
  )
}

/** A secret that stays as it is, unless the user wants to change it. */
function Kept({ label, onChange, onRemove }: { readonly label: string; readonly onChange: () => void; readonly onRemove: () => void }): ComponentChild {
  const lower = label.toLowerCase()
  return (
    <div class="field" role="group" aria-label={label}>
      <span class="label">{label}</span>
      <span class="form-line">
        <span class="kept">Stays as it is</span>
        <Button label={`Change ${lower}`} onClick={onChange}>
          Change
        </Button>
        <Button kind="quiet" label={`Remove ${lower}`} onClick={onRemove}>
          <X aria-hidden />
        </Button>
      </span>
    </div>
  )
}
