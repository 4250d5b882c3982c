import { useEffect, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import { openPreview, type Preview } from '../../model/preview.js'
import type { VaultSession } from '../../model/session.js'
import { hasEdits } from '../../model/viewer.js'

/** What is known of a member that is to be shown. */
export interface PreviewState {
  readonly preview?: Preview | undefined
  readonly problem?: Explanation | undefined
}

/** Makes a member ready to be shown, and anew whenever it was changed. */
export function usePreview(session: VaultSession, name: string): PreviewState {
  const [state, setState] = useState<PreviewState & { name: string }>({ name })
  const [version, setVersion] = useState(0)
  const revision = session.revision.value
  const { preview } = state

  useEffect(() => {
    const look = async (): Promise<void> => {
      if (!preview || preview.member.name !== name || hasEdits.value) return
      const now = await session.coffer.value.stat(name)
      // What is changed here stays, and is compared when it is saved.
      if (hasEdits.value) return
      const isSame = now?.size === preview.member.size && now.mtimeMs === preview.member.mtimeMs
      if (!isSame) setVersion((version) => version + 1)
    }
    void look().catch(() => undefined)
  }, [revision, preview, hasEdits.value])

  useEffect(() => {
    let opened: Preview | undefined
    let isCurrent = true
    const onError = (error: unknown): void => {
      if (isCurrent) setState({ name, preview: opened, problem: explainError(error) })
    }
    const open = async (): Promise<void> => {
      const found = await openPreview(session, name, onError)
      // Whoever has begun to change it meanwhile is not disturbed.
      if (!isCurrent || hasEdits.value) return found.close()
      opened = found
      return setState({ name, preview: found })
    }
    open().catch(onError)
    return () => {
      isCurrent = false
      opened?.close()
    }
  }, [session, name, version])

  return state.name === name ? state : {}
}
