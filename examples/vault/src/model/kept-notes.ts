import { signal } from '@preact/signals'
import { beforeLock } from './lock.js'
import { openNote, untilNotesClosed, type NoteDraft } from './note-draft.js'
import { notify } from './notices.js'
import type { VaultSession } from './session.js'
import { markUnsaved } from './unsaved.js'

/** Notes that were left before they could be saved, such as for want of space. They stay until they are gone on with. */
export const keptNotes = signal<readonly NoteDraft[]>([])
const releases = new Map<NoteDraft, () => void>()

/** Leaves a note: it is saved. Where that fails it is kept as it is, and saved before the vault is locked. */
export async function leaveNote(draft: NoteDraft): Promise<void> {
  const isSaved = markUnsaved()
  const unregister = beforeLock(() => saveAtLast(draft))
  const release = (): void => {
    isSaved()
    unregister()
  }
  await draft.close()
  if (!draft.unsaved.value) return release()
  releases.set(draft, release)
  keptNotes.value = [...keptNotes.value, draft]
  notify(`“${titleOf(draft)}” could not be saved. It is kept above your notes: go on with it there.`)
  return undefined
}

/** Opens a note as it was left, or else as it is in the vault. @throws as `openNote` does. */
export async function goOnWith(session: VaultSession, name: string | undefined, kept?: NoteDraft): Promise<NoteDraft> {
  await untilNotesClosed()
  const found = kept ?? keptNotes.value.find((draft) => name !== undefined && draft.name.value === name)
  if (found === undefined) return openNote(session, name)
  keptNotes.value = keptNotes.value.filter((draft) => draft !== found)
  releases.get(found)?.()
  releases.delete(found)
  return found
}

/** Saves a note before the vault is locked. Where the one in the vault was changed too, both are kept. @throws Error where it cannot be saved. */
export async function saveAtLast(draft: NoteDraft): Promise<void> {
  await draft.save()
  const isTorn = draft.state.value === 'changed' || draft.state.value === 'gone'
  if (isTorn && draft.unsaved.value) await draft.resolve('both')
  // Whoever locks by hand is asked then whether to give it up.
  if (draft.unsaved.value) throw new Error('The note could not be saved.')
}

/** What a note is called, also one that has no title yet. */
export function titleOf(draft: NoteDraft): string {
  return draft.title.value.trim() || 'New note'
}
