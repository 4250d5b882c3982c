import { FileLock, FolderDown, KeyRound, LifeBuoy, type LucideIcon } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { exportAll, exportNames, exportPart, type ExportPart } from '../../model/export.js'
import { canPickFolder } from '../../model/save-target.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { useBusy } from '../controls/use-busy.js'
import { SettingRow } from './setting-row.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './export-section.css'

interface PartWords {
  readonly part: ExportPart
  readonly icon: LucideIcon
  readonly title: string
  readonly text: string
}

const parts: readonly PartWords[] = [
  { part: 'coffer', icon: FileLock, title: 'Vault file', text: 'Everything in the vault, encrypted. Without the key file nobody can open it.' },
  { part: 'keyring', icon: KeyRound, title: 'Key file', text: 'The keys, locked by your password and your recovery code. Whoever has this file can try passwords.' },
  { part: 'rescue', icon: LifeBuoy, title: 'Rescue page', text: 'Opens the vault file in any browser, without a network. The key file is in it too.' },
]

/** Takes the vault out of this browser: what can be kept anywhere, and opens without this page. */
export function ExportSection({ session }: { readonly session: VaultSession }): ComponentChild {
  const [isBusy, run] = useBusy()
  const names = exportNames(session.name)
  return (
    <section class="export-section" aria-labelledby="export-title">
      <h2 id="export-title">Export</h2>
      <p>
        A browser is no safe: it may lose its data, and so may the device. Save these three files somewhere else now and then, and keep the recovery
        code on paper. Nobody opens them without your password or recovery code, and you open them without this page.
      </p>
      {parts.map(({ part, icon: Icon, title, text }) => (
        <SettingRow
          key={part}
          icon={<Icon />}
          title={title}
          text={
            <>
              <span class="mono export-name">{names[part]}</span>
              {text}
            </>
          }
        >
          <Button disabled={isBusy} onClick={() => void run(() => exportPart(session, part))}>
            Save <span class="visually-hidden">the {title.toLowerCase()}</span>
          </Button>
        </SettingRow>
      ))}
      <div class="button-row">
        <Button kind="primary" disabled={isBusy} onClick={() => void run(() => exportAll(session))}>
          <FolderDown aria-hidden="true" />
          {canPickFolder() ? 'Save all three in a folder' : 'Download all three'}
        </Button>
      </div>
      <p class="muted export-more">
        The command <code>coffer ls {names.coffer}</code> opens the vault file too, with the key file beside it, and so does PyCoffer with the raw keys.
      </p>
    </section>
  )
}
