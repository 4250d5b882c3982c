import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { FileTree } from '../../model/file-tree.js'
import { freeableBytes } from '../../model/free-space.js'
import type { VaultSession } from '../../model/session.js'
import { currentView } from '../../model/view.js'
import { Button } from '../controls/button.js'
import { formatBytes } from '../viewer/facts.js'

/** Tells of space that compacting would free, where it is much. */
export function SpaceHint({ session, tree }: { readonly session: VaultSession; readonly tree: FileTree }): ComponentChild {
  const [bytes, setBytes] = useState(0)
  useEffect(() => {
    let isCurrent = true
    const look = async (): Promise<void> => {
      // A hint is not worth an error: the vault may be closed meanwhile.
      const found = await freeableBytes(session, tree).catch(() => 0)
      if (isCurrent) setBytes(found)
    }
    const timer = setTimeout(() => void look(), 500)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [session, tree])
  if (bytes === 0 || !session.writable.value) return undefined
  return (
    <p class="space-hint">
      <span>{`${formatBytes(bytes)} of the vault are what was deleted or replaced.`}</span>
      <Button kind="quiet" onClick={() => (currentView.value = 'settings')}>
        Free the space in Settings
      </Button>
    </p>
  )
}
