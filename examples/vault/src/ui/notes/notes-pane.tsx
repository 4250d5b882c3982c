import { NotebookText, Pin, Plus } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { explainError } from '../../model/explain-error.js'
import { keptNotes, titleOf } from '../../model/kept-notes.js'
import type { NoteDraft } from '../../model/note-draft.js'
import { deleteNote, listNotes, pinNote, searchTitles, sortNotes, type NoteInfo, type NoteOrder } from '../../model/notes.js'
import { notify } from '../../model/notices.js'
import type { VaultSession } from '../../model/session.js'
import { Button } from '../controls/button.js'
import { Callout } from '../controls/callout.js'
import { Checkbox } from '../controls/checkbox.js'
import { ChoiceList } from '../controls/choice-list.js'
import { EmptyState } from '../controls/empty-state.js'
import { ListAndDetail } from '../controls/list-and-detail.js'
import { useVaultData } from '../controls/use-vault-data.js'
import { NoteEditor } from './note-editor.js'
import { useDraft, type Opening } from './use-draft.js'
import { useTextSearch } from './use-text-search.js'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './notes.css'

/** Never counts anew: what was opened before is told from what is opened now by it. */
let openings = 0

/** The notes of the vault: a list, and one of them in the editor. */
export function NotesPane({ session }: { readonly session: VaultSession }): ComponentChild {
  const { data: notes, problem, readAgain } = useVaultData(session, () => listNotes(session))
  const [query, setQuery] = useState('')
  const [inTexts, setInTexts] = useState(false)
  const [order, setOrder] = useState<NoteOrder>('newest')
  const [opening, setOpening] = useState<Opening>()
  const { draft, problem: openingProblem } = useDraft(session, opening)
  const { found: foundByText, fraction } = useTextSearch(session, notes, inTexts ? query.trim() : '')
  const readOnly = !session.writable.value
  const byTitle = new Set(searchTitles(notes ?? [], query).map(({ name }) => name))
  const found = sortNotes((notes ?? []).filter(({ name }) => byTitle.has(name) || foundByText.has(name)), order)
  const current = draft?.name.value

  const open = (name: string | undefined, kept?: NoteDraft): void => {
    openings += 1
    setOpening({ number: openings, name, kept })
  }
  const backToList = (): void => setOpening(undefined)
  const tell = async (work: Promise<void>): Promise<void> => {
    try {
      await work
    } catch (error) {
      const { text, advice } = explainError(error)
      notify(`${text} ${advice}`)
    }
  }
  const remove = async (): Promise<void> => {
    // Saved first, so that undoing brings back what was on the screen.
    await draft?.save()
    const name = draft?.name.value
    backToList()
    if (name === undefined || draft?.state.value === 'gone') return
    const note = (await listNotes(session)).find((other) => other.name === name)
    if (note !== undefined) await deleteNote(session, note)
  }

  const list = (
    <>
      <header class="list-head">
        <h1>Notes</h1>
        <Button kind="primary" onClick={() => open(undefined)} disabled={readOnly}>
          <Plus aria-hidden />
          <span>
            New<span class="visually-hidden"> note</span>
          </span>
        </Button>
        <input
          class="input"
          type="search"
          aria-label="Search the notes"
          placeholder={inTexts ? 'Search titles and texts' : 'Search titles'}
          autocomplete="off"
          spellcheck={false}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        <span class="notes-options">
          <Checkbox label="In the texts too" checked={inTexts} onChange={setInTexts} />
          <select class="notes-order" aria-label="Order" value={order} onChange={(event) => setOrder(event.currentTarget.value === 'title' ? 'title' : 'newest')}>
            <option value="newest">Newest first</option>
            <option value="title">By title</option>
          </select>
        </span>
      </header>
      <p class="list-count" role="status">
        {fraction !== undefined
          ? `Looking through the texts: ${Math.floor(fraction * 100)} %`
          : notes !== undefined && notes.length > 0 && (query.trim() === '' ? countOf(notes.length) : `${found.length} of ${countOf(notes.length)}`)}
      </p>
      {keptNotes.value.map((kept) => (
        <Callout isProblem>
          <p>“{titleOf(kept)}” is not saved yet.</p>
          <Button onClick={() => open(kept.name.value, kept)}>Go on with it</Button>
        </Callout>
      ))}
      {problem !== undefined && (
        <EmptyState icon={<NotebookText aria-hidden />} title={problem.text}>
          <p>{problem.advice}</p>
          <Button onClick={readAgain}>Try again</Button>
        </EmptyState>
      )}
      {notes?.length === 0 && (
        <EmptyState icon={<NotebookText aria-hidden />} title="No notes yet">
          <p>Each note is a plain text file of the vault, in the folder Notes.</p>
        </EmptyState>
      )}
      {notes !== undefined && notes.length > 0 && found.length === 0 && <p class="detail-empty">Nothing fits “{query.trim()}”.</p>}
      {found.length > 0 && (
        <ChoiceList label="Notes" items={found} keyOf={({ name }) => name} chosen={current ?? opening?.name} onChoose={({ name }) => name !== current && open(name)}>
          {(note) => <NoteLine note={note} />}
        </ChoiceList>
      )}
    </>
  )

  const detail = (): ComponentChild => {
    if (opening !== undefined && openingProblem !== undefined) {
      return (
        <EmptyState icon={<NotebookText aria-hidden />} title={openingProblem.text}>
          <p>{openingProblem.advice}</p>
          <Button onClick={backToList}>Back to the list</Button>
        </EmptyState>
      )
    }
    if (opening === undefined || draft === undefined) return notes !== undefined && notes.length > 0 && opening === undefined && <p class="detail-empty">Choose a note to read it here.</p>
    const isPinned = notes?.find(({ name }) => name === current)?.pinned ?? false
    return (
      <NoteEditor
        key={opening.number}
        session={session}
        draft={draft}
        isPinned={isPinned}
        onBack={backToList}
        onPin={(pinned) => current !== undefined && void tell(pinNote(session, current, pinned))}
        onDelete={() => void tell(remove())}
      />
    )
  }

  return (
    <div class="notes-pane">
      <ListAndDetail showing={opening === undefined ? 'list' : 'detail'} list={list} detail={detail()} />
    </div>
  )
}

function NoteLine({ note: { title, modified, pinned } }: { readonly note: NoteInfo }): ComponentChild {
  return (
    <>
      <span class="choice-texts">
        <span>{title}</span>
        <time dateTime={modified.toISOString()}>{dayOrTime(modified)}</time>
      </span>
      {pinned && <Pin class="note-pin" aria-label="pinned" />}
    </>
  )
}

/** The time for what is of today, else the day. */
function dayOrTime(date: Date): string {
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? date.toLocaleTimeString(undefined, { timeStyle: 'short' }) : date.toLocaleDateString(undefined, { dateStyle: 'medium' })
}

function countOf(count: number): string {
  return count === 1 ? '1 note' : `${count} notes`
}
