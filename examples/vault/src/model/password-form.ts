import type { Password, PasswordInfo, PasswordInput } from '@coffer/core'
import { signal } from '@preact/signals'
import { beforeLock } from './lock.js'
import { addPassword, completeAddress, readPassword, updatePassword } from './passwords.js'
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
  /** Of this form alone: what comes late for one that was left goes into no other. */
  readonly number: number
  /** The login that is edited; none for a new one. */
  readonly id: string | undefined
  readonly initial: PasswordForm
  readonly form: PasswordForm
}

export const editing = signal<Editing | undefined>(undefined)
let release: (() => void) | undefined
let forms = 0
/** What is being saved of forms. */
let saving: Promise<unknown> = Promise.resolve()

/** Opens the form. */
export function beginEditing(id: string | undefined, initial: PasswordForm): void {
  endEditing()
  forms += 1
  editing.value = { number: forms, id, initial, form: initial }
}

/** Changes fields of a form, if it is still open. From the first change on it is kept when the vault is locked. */
export function changeForm(session: VaultSession, number: number, changes: Partial<PasswordForm>): void {
  const before = editing.value
  if (before?.number !== number) return
  editing.value = { ...before, form: { ...before.form, ...changes } }
  watchEdits(session)
}

/**
 * Saves the form as it is now. If it is still open then, it is closed; unless somebody has typed on meanwhile: that is an edit of what was
 * saved.
 * @returns Whether it was closed.
 */
export async function saveForm(session: VaultSession, { number, id, form }: Editing, replace: boolean): Promise<{ login: PasswordInfo; isDone: boolean }> {
  const input = inputOf(form)
  const work = id === undefined ? addPassword(session, input, replace) : updatePassword(session, id, input)
  saving = Promise.allSettled([saving, work])
  const login = await work
  const now = editing.value
  if (now?.number !== number) return { login, isDone: false }
  if (sameForm(now.form, form)) {
    endEditing()
    return { login, isDone: true }
  }
  editing.value = { ...now, id: login.id, initial: form }
  watchEdits(session)
  return { login, isDone: false }
}

function watchEdits(session: VaultSession): void {
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
  // What is being saved may be all that there is.
  await saving
  if (editing.value === undefined || !isEdited()) return
  const { id, form } = editing.value
  const before = id === undefined ? undefined : await readPassword(session, id)
  const { totp, ...input } = inputOf(form)
  // What is typed for codes may be half of it, which the plugin would refuse.
  const codes = form.totp === undefined ? { totp: before?.totp } : { fields: [...(input.fields ?? []), ...(totp === undefined ? [] : [{ name: 'One-time codes', value: totp }])] }
  const name = `${input.name || 'Login'} (not finished, ${new Date().toLocaleString()})`
  await addPassword(session, { ...input, name, password: form.password ?? before?.password, ...codes })
  endEditing()
}
