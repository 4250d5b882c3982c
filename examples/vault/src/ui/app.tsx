import type { ComponentChild } from 'preact'
import { currentSession } from '../model/session.js'
import { currentView } from '../model/view.js'
import { EntryPage } from './entry/entry-page.js'
import { FilesPane } from './files/files-pane.js'
import { NotesPane } from './notes/notes-pane.js'
import { PasswordsPane } from './passwords/passwords-pane.js'
import { SettingsPane } from './settings/settings-pane.js'
import { VaultShell } from './shell/vault-shell.js'

const panes = { files: FilesPane, passwords: PasswordsPane, notes: NotesPane, settings: SettingsPane }

export function App(): ComponentChild {
  const session = currentSession.value
  if (session === undefined) return <EntryPage />
  const Pane = panes[currentView.value]
  return (
    <VaultShell session={session}>
      <Pane session={session} />
    </VaultShell>
  )
}
