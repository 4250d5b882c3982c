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

/** Where the vault keeps what is none of the user's files. */
const PLUGINS = '.plugins/'
const TRASH = '.trash/'
const NOTES = 'Notes/'

type View = 'files' | 'notes' | 'logins' | 'trash'
const views: readonly (readonly [View, string])[] = [
  ['files', 'Files'],
  ['notes', 'Notes'],
  ['logins', 'Passwords'],
  ['trash', 'Deleted files'],
]

export interface BrowseProps {
  readonly name: string
  readonly opened: OpenedFile
  readonly onSalvage: () => void
}

/** What is in the vault: to look at, to check and to take out. */
export function Browse({ name, opened, onSalvage }: BrowseProps): ComponentChild {
  const { coffer } = opened
  const [members, setMembers] = useState<readonly Member[]>()
  const [view, setView] = useState<View>('files')
  const [shown, setShown] = useState<Member>()
  const [report, setReport] = useState<VerifyReport>()
  useEffect(() => void run('Reading the list', () => listMembers(coffer)).then(setMembers), [coffer])
  const lists = useMemo(() => sorted(members ?? []), [members])
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
          {count(lists.files.filter(({ type }) => type === 'file').length, 'file')}, {sizeText(bytes)}
        </p>
        <button type="button" class="button" onClick={() => void verify()}>
          Check everything
        </button>
        <button type="button" class="button primary" onClick={() => void saveAll()}>
          Save all as zip
        </button>
      </div>
      {lists.notes.length + lists.logins.length + lists.trash.length > 0 && (
        <div class="tabs" role="group" aria-label="What to show">
          {views
            .filter(([id]) => id === 'files' || lists[id].length > 0)
            .map(([id, title]) => (
              <button key={id} type="button" class="tab" aria-pressed={view === id} onClick={() => setView(id)}>
                {title}
              </button>
            ))}
        </div>
      )}
      {view === 'logins' ? <Logins coffer={coffer} /> : <FileList key={view} members={lists[view]} onShow={setShown} onSave={(member) => void save(member)} />}
      {shown && <Preview coffer={coffer} member={shown} onSave={() => void save(shown)} onClose={() => setShown(undefined)} />}
    </>
  )
}

/** Notes are files too, so they are among both. */
function sorted(members: readonly Member[]): Readonly<Record<View, readonly Member[]>> {
  const at = (place: string): Member[] => members.filter(({ name, type }) => type === 'file' && name.startsWith(place))
  return {
    files: members.filter(({ name }) => !name.startsWith(PLUGINS) && !name.startsWith(TRASH)),
    notes: at(NOTES),
    logins: at(`${PLUGINS}pass`),
    trash: at(TRASH),
  }
}

async function listMembers(coffer: Coffer): Promise<Member[]> {
  const members: Member[] = []
  for await (const member of coffer.members()) members.push(member)
  return members.sort((a, b) => (a.name < b.name ? -1 : 1))
}
