import { useEffect, useState } from 'preact/hooks'
import { searchTexts, type NoteInfo } from '../../model/notes.js'
import type { VaultSession } from '../../model/session.js'

const WAIT_MS = 250

/** What came of looking through the texts of notes. */
export interface TextSearch {
  readonly found: ReadonlySet<string>
  /** 0 to 1; `undefined` when it is done. */
  readonly fraction: number | undefined
}

/** Looks through the texts of notes while that is asked for; with other words anew. It ends when it is no longer asked for. */
export function useTextSearch(session: VaultSession, notes: readonly NoteInfo[] | undefined, query: string): TextSearch {
  const [state, setState] = useState<TextSearch>({ found: new Set(), fraction: undefined })
  useEffect(() => {
    if (query === '' || notes === undefined) {
      setState({ found: new Set(), fraction: undefined })
      return undefined
    }
    const ended = new AbortController()
    const timer = setTimeout(() => {
      const onProgress = ({ done, total = 1 }: { done: number; total?: number | undefined }): void => {
        if (done % 20 === 0) setState((before) => ({ ...before, fraction: done / total }))
      }
      searchTexts(session, notes, query, { signal: ended.signal, onProgress }).then(
        (found) => ended.signal.aborted || setState({ found, fraction: undefined }),
        () => ended.signal.aborted || setState({ found: new Set(), fraction: undefined }),
      )
    }, WAIT_MS)
    return () => {
      clearTimeout(timer)
      ended.abort()
    }
  }, [session, notes, query])
  return state
}
