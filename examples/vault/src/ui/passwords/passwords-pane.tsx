import type { PasswordInfo } from '@coffer/core'
import { Dices, FileInput, KeyRound, Plus, Trash2 } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { purgeDeleted } from '../../model/deleted-logins.js'
import { notify } from '../../model/notices.js'
import { beginEditing, editing, emptyForm, endEditing, formOf, isEdited } from '../../model/password-form.js'
import { deletePassword, explainPasswordError, listPasswords, readPassword, searchPasswords } from '../../model/passwords.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { ChoiceList } from '../controls/choice-list.js'
import { ConfirmDialog } from '../controls/confirm-dialog.js'
import { EmptyState } from '../controls/empty-state.js'
import { ListAndDetail } from '../controls/list-and-detail.js'
import { useVaultData } from '../controls/use-vault-data.js'
import { DeletedDialog } from './deleted-dialog.js'
import { GeneratorDialog } from './generator-dialog.js'
import { ImportDialog } from './import-dialog.js'
import { PasswordDetail } from './password-detail.js'
import { PasswordEditor } from './password-form.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './passwords.css'

/** The logins of the vault: a list without secrets, and one of them beside it. */
export function PasswordsPane({ session }: { readonly session: VaultSession }): ComponentChild {
  const { data: logins, problem, readAgain } = useVaultData(session, () => listPasswords(session))
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState<string>()
  const [dialog, setDialog] = useState<'generator' | 'import' | 'deleted'>()
  /** What the user wants to see instead of the form that he has changed. */
  const [leaving, setLeaving] = useState<() => void>()
  const found = searchPasswords(logins ?? [], query)
  const edited = editing.value
  const readOnly = !session.writable.value

  const leaveForm = (then: () => void): void => {
    if (isEdited()) return setLeaving(() => then)
    endEditing()
    return then()
  }
  // What is asked about may be saved by now.
  useEffect(() => {
    if (leaving === undefined || isEdited()) return
    setLeaving(undefined)
    endEditing()
    leaving()
  }, [leaving, edited])
  // What is left for the next time is no harm.
  useEffect(() => void purgeDeleted(session).catch(() => undefined), [session])
  const backToList = (): void => setChosen(undefined)
  const tell = async (work: Promise<void>): Promise<void> => {
    try {
      await work
    } catch (error) {
      const { text, advice } = explainPasswordError(error)
      notify(`${text} ${advice}`)
    }
  }
  const edit = async (id: string): Promise<void> => {
    const form = formOf(await readPassword(session, id))
    // A form that was opened meanwhile is not taken away.
    if (editing.value === undefined) beginEditing(id, form)
  }
  const remove = async ({ id }: PasswordInfo): Promise<void> => {
    await deletePassword(session, id)
    // Only from this one: another may have been chosen meanwhile.
    setChosen((now) => (now === id ? undefined : now))
  }

  const list = (
    <>
      <header class="list-head">
        <h1>Passwords</h1>
        <Button kind="quiet" label="Generator" onClick={() => setDialog('generator')}>
          <Dices aria-hidden />
        </Button>
        <Button kind="quiet" label="Import" onClick={() => setDialog('import')} disabled={readOnly}>
          <FileInput aria-hidden />
        </Button>
        <Button kind="primary" onClick={() => leaveForm(() => beginEditing(undefined, emptyForm))} disabled={readOnly}>
          <Plus aria-hidden />
          <span>
            New<span class="visually-hidden"> login</span>
          </span>
        </Button>
        <input
          class="input"
          type="search"
          aria-label="Search the logins"
          placeholder="Search by name, user or address"
          autocomplete="off"
          spellcheck={false}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </header>
      <div class="list-under-head">
        <p class="list-count" role="status">
          {logins !== undefined && logins.length > 0 && (query.trim() === '' ? countOf(logins.length) : `${found.length} of ${countOf(logins.length)}`)}
        </p>
        <Button kind="quiet" onClick={() => setDialog('deleted')}>
          <Trash2 aria-hidden /> Trash
        </Button>
      </div>
      {problem !== undefined && (
        <EmptyState icon={<KeyRound aria-hidden />} title={problem.text}>
          <p>{problem.advice}</p>
          <Button onClick={readAgain}>Try again</Button>
        </EmptyState>
      )}
      {logins?.length === 0 && (
        <EmptyState icon={<KeyRound aria-hidden />} title="No logins yet">
          <p>Make the first, or bring those of your browser.</p>
          <Button onClick={() => setDialog('import')} disabled={readOnly}>
            <FileInput aria-hidden /> Import from a browser
          </Button>
        </EmptyState>
      )}
      {logins !== undefined && logins.length > 0 && found.length === 0 && <p class="detail-empty">Nothing fits “{query.trim()}”.</p>}
      {found.length > 0 && (
        <ChoiceList
          label="Logins"
          items={found}
          keyOf={({ id }) => id}
          chosen={edited === undefined ? chosen : edited.id}
          onChoose={({ id }) => leaveForm(() => setChosen(id))}
        >
          {(login) => <LoginLine login={login} />}
        </ChoiceList>
      )}
    </>
  )

  const detail = (): ComponentChild => {
    if (edited !== undefined) {
      return (
        <PasswordEditor
          key={edited.number}
          session={session}
          edited={edited}
          onSaved={(saved, isDone) => {
            if (isDone) setChosen(saved.id)
            notify(`“${saved.name}” is saved.`)
          }}
          onCancel={() => leaveForm(() => (edited.id === undefined ? backToList() : setChosen(edited.id)))}
        />
      )
    }
    if (chosen === undefined || logins === undefined) return logins !== undefined && logins.length > 0 && <p class="detail-empty">Choose a login to see it here.</p>
    const login = logins.find(({ id }) => id === chosen)
    if (login === undefined) {
      return (
        <EmptyState icon={<KeyRound aria-hidden />} title="This login is not in the vault any more">
          <Button onClick={backToList}>Back to the list</Button>
        </EmptyState>
      )
    }
    return (
      <PasswordDetail
        key={login.id}
        session={session}
        login={login}
        onBack={backToList}
        onEdit={() => void tell(edit(login.id))}
        onDelete={() => void tell(remove(login))}
      />
    )
  }

  return (
    <div class="passwords-pane">
      <ListAndDetail showing={edited === undefined && chosen === undefined ? 'list' : 'detail'} list={list} detail={detail()} />
      {dialog === 'generator' && <GeneratorDialog session={session} onClose={() => setDialog(undefined)} />}
      {dialog === 'import' && <ImportDialog session={session} onClose={() => setDialog(undefined)} />}
      {dialog === 'deleted' && <DeletedDialog session={session} onClose={() => setDialog(undefined)} />}
      {leaving !== undefined && (
        <ConfirmDialog
          title="Discard what you typed?"
          confirm="Discard"
          isDangerous
          onConfirm={() => {
            endEditing()
            leaving()
          }}
          onClose={() => setLeaving(undefined)}
        >
          <p>What you changed in this login is not saved.</p>
        </ConfirmDialog>
      )}
    </div>
  )
}

function LoginLine({ login: { name, username, urls } }: { readonly login: PasswordInfo }): ComponentChild {
  return (
    <>
      <span class="choice-letter" aria-hidden="true">
        {Array.from(name.trim())[0]?.toUpperCase()}
      </span>
      <span class="choice-texts">
        <span>{name}</span>
        <span>{username ?? urls[0] ?? ''}</span>
      </span>
    </>
  )
}

function countOf(count: number): string {
  return count === 1 ? '1 login' : `${count} logins`
}
