import type { Password, PasswordInput } from '@coffer/core'
import { signal } from '@preact/signals'
import { beforeLock } from './lock.js'
import { addPassword, completeAddress, readPassword } from './passwords.js'
import type { VaultSession } from './session.js'
import { markUnsaved } from './unsaved.js'

/** What is in the fields of the form. A secret that is `undefined` is kept as it is, and was not fetched. */
export interface PasswordForm {
  readonly name: string
  readonly username: string
  readonly password: string | undefined
  readonly urls: readonly string[]
  readonly totp: string | undefined
  readonly note: string
  readonly owner: string
  readonly fields: readonly { readonly name: string; readonly value: string }[]
}

export const emptyForm: PasswordForm = { name: '', username: '', password: '', urls: [''], totp: '', note: '', owner: '', fields: [] }

/**
 * The form for a login that is there. What it shows is what it holds: the password and the secret for codes come when they are
 * to be changed.
 */
export function formOf({ name, username = '', urls, note = '', owner = '', fields, hasPassword, hasTotp }: Password): PasswordForm {
  return { name, username, password: hasPassword ? undefined : '', urls: urls.length === 0 ? [''] : urls, totp: hasTotp ? undefined : '', note, owner, fields }
}

/** What the form says, for the plugin: without what is kept as it is. */
export function inputOf(form: PasswordForm): PasswordInput {
  const textOf = (text: string): string | undefined => (text.trim() === '' ? undefined : text)
  return {
    name: form.name.trim(),
    username: textOf(form.username.trim()),
    urls: form.urls.map(completeAddress).filter((url) => url !== ''),
    note: textOf(form.note),
    owner: textOf(form.owner.trim()),
    fields: form.fields.filter(({ name, value }) => name !== '' || value !== '').map(({ name, value }) => ({ name: name.trim(), value })),
    ...(form.password === undefined ? {} : { password: form.password === '' ? undefined : form.password }),
    ...(form.totp === undefined ? {} : { totp: textOf(form.totp.trim()) }),
  }
}

/** Whether two forms say the same. */
export function sameForm(a: PasswordForm, b: PasswordForm): boolean {
  return JSON.stringify(inputOf(a)) === JSON.stringify(inputOf(b)) && (a.password === undefined) === (b.password === undefined)
}

/** The form that is being filled in. It outlives the pane, so that a look at a file does not lose what was typed. */
export interface Editing {
  /** The login that is edited; none for a new one. */
  readonly id: string | undefined
  readonly initial: PasswordForm
  readonly form: PasswordForm
}

export const editing = signal<Editing | undefined>(undefined)
let release: (() => void) | undefined

/** Opens the form. */
export function beginEditing(id: string | undefined, initial: PasswordForm): void {
  endEditing()
  editing.value = { id, initial, form: initial }
}

/** Changes fields of the form. From the first change on it is kept when the vault is locked. */
export function changeForm(session: VaultSession, changes: Partial<PasswordForm>): void {
  const before = editing.value
  if (before === undefined) return
  editing.value = { ...before, form: { ...before.form, ...changes } }
  if (!isEdited()) forget()
  else if (release === undefined) {
    const saved = markUnsaved()
    const unregister = beforeLock(() => keepUnfinished(session))
    release = () => {
      saved()
      unregister()
    }
  }
}

/** Closes the form, and forgets what is in it. */
export function endEditing(): void {
  forget()
  editing.value = undefined
}

/** Whether there is something in the form that would be lost. */
export function isEdited(): boolean {
  return editing.value !== undefined && !sameForm(editing.value.form, editing.value.initial)
}

function forget(): void {
  release?.()
  release = undefined
}

/**
 * Keeps a form that nobody has saved, as a login beside the others: the vault is being locked, and a new password in it may be
 * in use already.
 * Nothing that was kept before is replaced.
 */
async function keepUnfinished(session: VaultSession): Promise<void> {
  if (editing.value === undefined) return
  const { id, form } = editing.value
  const before = id === undefined ? undefined : await readPassword(session, id)
  const { totp, ...input } = inputOf(form)
  // What is typed for codes may be half of it, which the plugin would refuse.
  const codes = form.totp === undefined ? { totp: before?.totp } : { fields: [...(input.fields ?? []), ...(totp === undefined ? [] : [{ name: 'One-time codes', value: totp }])] }
  const name = `${input.name || 'Login'} (not finished, ${new Date().toLocaleString()})`
  await addPassword(session, { ...input, name, password: form.password ?? before?.password, ...codes })
  endEditing()
}
