import type { Coffer, Member, VerifyReport } from '@coffer/core'
import type { ComponentChild } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { FileList } from './file-list.js'
import { Logins } from './logins.js'
import type { OpenedFile } from './open-file.js'
import { Preview } from './preview.js'
import { DamageReport, StateNote } from './reports.js'
import { pickTarget, saveFile, saveZip } from './save.js'
import { message, run } from './task.js'
import { count, sizeText } from './words.js'

/** Where plugins keep their data: no files of the user's. */
const PLUGINS = '.plugins/'

export interface BrowseProps {
  readonly name: string
  readonly opened: OpenedFile
  readonly onSalvage: () => void
}

/** What is in the vault: to look at, to check and to take out. */
export function Browse({ name, opened, onSalvage }: BrowseProps): ComponentChild {
  const { coffer } = opened
  const [members, setMembers] = useState<readonly Member[]>()
  const [view, setView] = useState<'files' | 'logins'>('files')
  const [shown, setShown] = useState<Member>()
  const [report, setReport] = useState<VerifyReport>()
  useEffect(() => void run('Reading the list', () => listMembers(coffer)).then(setMembers), [coffer])
  const files = useMemo(() => (members ?? []).filter((member) => !member.name.startsWith(PLUGINS)), [members])
  const hasLogins = (members ?? []).some((member) => member.name.startsWith(`${PLUGINS}pass`))
  const bytes = (members ?? []).reduce((sum, { size }) => sum + size, 0)

  const save = async (member: Member): Promise<void> => {
    const target = await pickTarget(member.name, member.size)
    if (target) await run(`Saving ${member.name}`, (task) => saveFile(coffer, member, target, task))
  }
  const saveAll = async (): Promise<void> => {
    const target = await pickTarget(`${name}.zip`, bytes)
    if (target) await run('Saving everything as a zip archive', (task) => saveZip(coffer, members ?? [], target, task))
  }
  const verify = async (): Promise<void> => {
    setReport(undefined)
    const found = await run('Checking every file', (task) => coffer.verify(task))
    if (!found) return
    if (found.ok) message.value = { kind: 'done', text: `All is well: ${count(found.members, 'entry').replace('entrys', 'entries')}, ${sizeText(found.bytes)}, every byte as it was saved.` }
    else setReport(found)
  }

  if (!members) return undefined
  return (
    <>
      <StateNote opened={opened} />
      {report && <DamageReport report={report} onSalvage={opened.state === 'salvaged' ? undefined : onSalvage} />}
      <div class="toolbar">
        <p class="summary">
          {count(files.filter(({ type }) => type === 'file').length, 'file')}, {sizeText(bytes)}
        </p>
        <button type="button" class="button" onClick={() => void verify()}>
          Check everything
        </button>
        <button type="button" class="button primary" onClick={() => void saveAll()}>
          Save all as zip
        </button>
      </div>
      {hasLogins && (
        <div class="tabs" role="group" aria-label="What to show">
          <button type="button" class="tab" aria-pressed={view === 'files'} onClick={() => setView('files')}>
            Files
          </button>
          <button type="button" class="tab" aria-pressed={view === 'logins'} onClick={() => setView('logins')}>
            Passwords
          </button>
        </div>
      )}
      {view === 'files' ? <FileList members={files} onShow={setShown} onSave={(member) => void save(member)} /> : <Logins coffer={coffer} />}
      {shown && <Preview coffer={coffer} member={shown} onSave={() => void save(shown)} onClose={() => setShown(undefined)} />}
    </>
  )
}

async function listMembers(coffer: Coffer): Promise<Member[]> {
  const members: Member[] = []
  for await (const member of coffer.members()) members.push(member)
  return members.sort((a, b) => (a.name < b.name ? -1 : 1))
}
