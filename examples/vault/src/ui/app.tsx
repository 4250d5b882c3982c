import type { ComponentChild, ComponentType } from 'preact'
import { currentSession } from '../model/session.js'
import type { VaultSession } from '../model/session.js'
import { currentView, type View } from '../model/view.js'
import { ToastList } from './controls/toast-list.js'
import { EntryPage } from './entry/entry-page.js'
import { LockDialog } from './entry/lock-dialog.js'
import { lazily } from './lazily.js'
import { UpdateBanner } from './shell/update-banner.js'

type Pane = ComponentType<{ readonly session: VaultSession }>

/** Loaded once a vault is open: the first page needs none of it. */
const VaultShell = lazily(async () => (await import('./shell/vault-shell.js')).VaultShell)
const panes: Readonly<Record<View, Pane>> = {
  files: lazily(async () => (await import('./files/files-pane.js')).FilesPane),
  passwords: lazily(async () => (await import('./passwords/passwords-pane.js')).PasswordsPane),
  notes: lazily(async () => (await import('./notes/notes-pane.js')).NotesPane),
  settings: lazily(async () => (await import('./settings/settings-pane.js')).SettingsPane),
}

export function App(): ComponentChild {
  const session = currentSession.value
  const Pane = panes[currentView.value]
  return (
    <>
      {session === undefined ? (
        <>
          <UpdateBanner />
          <EntryPage />
        </>
      ) : (
        <VaultShell session={session}>
          <Pane session={session} />
        </VaultShell>
      )}
      <LockDialog />
      <ToastList />
    </>
  )
}
