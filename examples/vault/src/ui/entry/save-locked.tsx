import type { ComponentChild } from 'preact'
import { FileLock, FolderDown, KeyRound, LifeBuoy, type LucideIcon } from 'lucide-preact'
import { exportAll, exportPart, type ExportPart } from '../../model/export.js'
import { canPickFolder } from '../../model/save-target.js'
import type { VaultRecord } from '../../model/vaults.js'
import { Button } from '../controls/button.js'
import { TaskList } from '../controls/task-list.js'
import { useBusy } from '../controls/use-busy.js'

const parts: readonly { readonly part: ExportPart; readonly icon: LucideIcon; readonly label: string }[] = [
  { part: 'coffer', icon: FileLock, label: 'Vault file' },
  { part: 'keyring', icon: KeyRound, label: 'Key file' },
  { part: 'rescue', icon: LifeBuoy, label: 'Rescue page' },
]

/** Takes a locked vault out of this browser as it is, for where it does not open any more. */
export function SaveLocked({ vault }: { readonly vault: VaultRecord }): ComponentChild {
  const [isBusy, run] = useBusy()
  return (
    <>
      <Button kind="primary" disabled={isBusy} onClick={() => void run(() => exportAll(vault))}>
        <FolderDown aria-hidden="true" />
        {canPickFolder() ? 'Save all three in a folder' : 'Download all three'}
      </Button>
      <div class="button-row">
        {parts.map(({ part, icon: Icon, label }) => (
          <Button key={part} disabled={isBusy} onClick={() => void run(() => exportPart(vault, part))}>
            <Icon aria-hidden="true" />
            {label}
          </Button>
        ))}
      </div>
      <TaskList />
    </>
  )
}
