import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import { beforeLock } from '../../model/lock.js'
import { openNote, type NoteDraft } from '../../model/note-draft.js'
import type { VaultSession } from '../../model/session.js'
import { markUnsaved } from '../../model/unsaved.js'

/**
 * What is opened in the editor: a note, or a new one. Each opening has a number of its own, which a new title does not change.
 */
export interface Opening {
  readonly number: number
  readonly name: string | undefined
}

export interface OpenDraft {
  readonly draft: NoteDraft | undefined
  readonly problem: Explanation | undefined
}

/**
 * Opens a note for as long as it is asked for. It is saved when it is closed, when the page is hidden, and before the vault is
 * locked.
 */
export function useDraft(session: VaultSession, opening: Opening | undefined): OpenDraft {
  const [state, setState] = useState<OpenDraft & { number?: number }>({ draft: undefined, problem: undefined })
  useEffect(() => {
    if (opening === undefined) return undefined
    const { number, name } = opening
    let isOver = false
    let opened: NoteDraft | undefined
    const open = async (): Promise<void> => {
      try {
        const draft = await openNote(session, name)
        if (isOver) return
        opened = draft
        setState({ number, draft, problem: undefined })
      } catch (error) {
        if (!isOver) setState({ number, draft: undefined, problem: explainError(error) })
      }
    }
    void open()
    const saveWhenHidden = (): void => void (document.hidden && opened?.save())
    document.addEventListener('visibilitychange', saveWhenHidden)
    const unregister = beforeLock(async () => {
      await opened?.save()
      // Whoever locks by hand is asked then whether to give it up.
      if (opened?.unsaved.value === true) throw new Error('The note could not be saved.')
    })
    return () => {
      isOver = true
      document.removeEventListener('visibilitychange', saveWhenHidden)
      unregister()
      void opened?.close()
    }
  }, [session, opening?.number])

  const { draft, problem } = state.number === opening?.number ? state : {}
  const revision = session.revision.value
  useEffect(() => void draft?.refresh(), [draft, revision])
  const unsaved = draft?.unsaved.value ?? false
  useLayoutEffect(() => (unsaved ? markUnsaved() : undefined), [unsaved])
  return { draft, problem }
}
