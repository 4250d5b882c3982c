import type { ComponentChild, ComponentChildren } from 'preact'
import { Files, KeyRound, Lock, NotebookText, Settings, Vault } from 'lucide-preact'
import { lockVault } from '../../model/lock.js'
import type { VaultSession } from '../../model/session.js'
import { currentView, type View } from '../../model/view.js'
import { Button } from '../controls/button.js'
import { TaskList } from '../controls/task-list.js'
import { ClipboardStatus } from '../passwords/clipboard-status.js'
import { Viewer } from '../viewer/viewer.js'
import { Banners } from './banners.js'
import { ConflictDialog } from './conflict-dialog.js'
import { Countdown } from './countdown.js'
import { RecoveryCodeDialog } from './recovery-code-dialog.js'
import './shell.css'

const views = [
  { view: 'files', label: 'Files', Icon: Files },
  { view: 'passwords', label: 'Passwords', Icon: KeyRound },
  { view: 'notes', label: 'Notes', Icon: NotebookText },
  { view: 'settings', label: 'Settings', Icon: Settings },
] as const satisfies readonly { view: View; label: string; Icon: unknown }[]

/** What is around every pane of an open vault. */
export function VaultShell({ session, children }: { readonly session: VaultSession; readonly children?: ComponentChildren }): ComponentChild {
  return (
    <div class="shell">
      <header class="shell-head">
        <Vault class="shell-mark" aria-hidden="true" />
        <strong class="shell-name">{session.name}</strong>
        <Countdown />
        <Button onClick={() => void lockVault()} title="Close the vault and forget its keys">
          <Lock />
          Lock
        </Button>
      </header>
      <nav class="shell-nav" aria-label="Vault">
        {views.map(({ view, label, Icon }) => (
          <button key={view} type="button" aria-current={currentView.value === view ? 'page' : undefined} onClick={() => (currentView.value = view)}>
            <Icon aria-hidden="true" />
            <span>{label}</span>
          </button>
        ))}
      </nav>
      <div class="shell-main">
        <Banners session={session} />
        <main>{children}</main>
        <ClipboardStatus />
      </div>
      <TaskList />
      <Viewer session={session} />
      <RecoveryCodeDialog session={session} />
      <ConflictDialog session={session} />
    </div>
  )
}
