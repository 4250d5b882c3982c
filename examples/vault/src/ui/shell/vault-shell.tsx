import type { ComponentChild, ComponentChildren } from 'preact'
import { lockVault } from '../../model/lock.js'
import type { VaultSession } from '../../model/session.js'
import { currentView, type View } from '../../model/view.js'
import { Button } from '../controls/button.js'
import { Viewer } from '../viewer/viewer.js'

const views: readonly { readonly view: View; readonly label: string }[] = [
  { view: 'files', label: 'Files' },
  { view: 'passwords', label: 'Passwords' },
  { view: 'notes', label: 'Notes' },
  { view: 'settings', label: 'Settings' },
]

/** What is around every pane of an open vault. */
export function VaultShell({ session, children }: { readonly session: VaultSession; readonly children: ComponentChildren }): ComponentChild {
  return (
    <div class="shell">
      <header>
        <strong>{session.name}</strong>
        <nav aria-label="Vault">
          {views.map(({ view, label }) => (
            <button type="button" aria-current={currentView.value === view ? 'page' : undefined} onClick={() => (currentView.value = view)}>
              {label}
            </button>
          ))}
        </nav>
        <Button onClick={() => void lockVault()}>Lock</Button>
      </header>
      <main>{children}</main>
      <Viewer session={session} />
    </div>
  )
}
