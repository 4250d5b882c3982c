import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import { beforeLock } from '../../model/lock.js'
import { goOnWith, leaveNote, saveAtLast } from '../../model/kept-notes.js'
import type { NoteDraft } from '../../model/note-draft.js'
import type { VaultSession } from '../../model/session.js'
import { markUnsaved } from '../../model/unsaved.js'

/**
 * What is opened in the editor: a note, or a new one. Each opening has a number of its own, which a new title does not change.
 */
export interface Opening {
  readonly number: number
  readonly name: string | undefined
  /** One that could not be saved when it was left. */
  readonly kept?: NoteDraft | undefined
}

export interface OpenDraft {
  readonly draft: NoteDraft | undefined
  readonly problem: Explanation | undefined
}

/**
 * Opens a note for as long as it is asked for. It is saved when it is left, when the page is hidden, and before the vault is
 * locked.
 */
export function useDraft(session: VaultSession, opening: Opening | undefined): OpenDraft {
  const [state, setState] = useState<OpenDraft & { number?: number }>({ draft: undefined, problem: undefined })
  useEffect(() => {
    if (opening === undefined) return undefined
    const { number, name, kept } = opening
    let isOver = false
    let opened: NoteDraft | undefined
    const open = async (): Promise<void> => {
      try {
        const draft = await goOnWith(session, name, kept)
        if (isOver) return void leaveNote(draft)
        opened = draft
        setState({ number, draft, problem: undefined })
      } catch (error) {
        if (!isOver) setState({ number, draft: undefined, problem: explainError(error) })
      }
    }
    void open()
    const saveWhenHidden = (): void => void (document.hidden && opened?.save())
    document.addEventListener('visibilitychange', saveWhenHidden)
    const unregister = beforeLock(async () => opened && saveAtLast(opened))
    return () => {
      isOver = true
      document.removeEventListener('visibilitychange', saveWhenHidden)
      unregister()
      if (opened) void leaveNote(opened)
    }
  }, [session, opening?.number])

  const { draft, problem } = state.number === opening?.number ? state : {}
  const revision = session.revision.value
  useEffect(() => void draft?.refresh(), [draft, revision])
  const unsaved = draft?.unsaved.value ?? false
  useLayoutEffect(() => (unsaved ? markUnsaved() : undefined), [unsaved])
  return { draft, problem }
}
