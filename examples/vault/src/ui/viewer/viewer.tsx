import { ChevronLeft, ChevronRight, Download, X } from 'lucide-preact'
import type { ComponentChild } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { downloadFile } from '../../model/downloads.js'
import type { VaultSession } from '../../model/session.js'
import { closeViewer, hasEdits, neighbour, viewed, viewedList, viewNeighbour } from '../../model/viewer.js'
import { Button } from '../controls/button.js'
import { ConfirmDialog } from '../controls/confirm-dialog.js'
import { describe, lastPart } from './facts.js'
import { PreviewBody } from './preview-body.js'
import { usePreview } from './use-preview.js'
import './viewer.css'

/** Shows the member that is to be shown, over everything else; nothing where there is none. */
export function Viewer({ session }: { readonly session: VaultSession }): ComponentChild {
  const name = viewed.value
  return name === undefined ? undefined : <ViewerDialog session={session} name={name} />
}

function ViewerDialog({ session, name }: { readonly session: VaultSession; readonly name: string }): ComponentChild {
  const dialog = useRef<HTMLDialogElement>(null)
  const state = usePreview(session, name)
  /** What is done once the user gives up edits. */
  const [leaving, setLeaving] = useState<() => void>()
  // At once, as any dialog: the next key is for it.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    // Not on a button, which the space bar would press.
    element?.focus()
    // Closed before it is taken away, it gives the focus back to where it was.
    return () => element?.close()
  }, [])
  // What was asked about is saved by now.
  useEffect(() => {
    if (!hasEdits.value) setLeaving(undefined)
  }, [hasEdits.value])
  const [before, after] = [neighbour(-1), neighbour(1)]
  const names = viewedList.value
  const title = lastPart(name)
  const unlessEdited = (leave: () => void): void => {
    if (hasEdits.value) setLeaving(() => leave)
    else leave()
  }
  const close = (): void => unlessEdited(closeViewer)
  const step = (by: number): void => unlessEdited(() => viewNeighbour(by))
  const onCancel = (event: Event): void => {
    if (event.target !== dialog.current || !hasEdits.value) return
    event.preventDefault()
    // Not yet: of a dialog that is opened during its Escape the browser would miscount, and a later Escape would close both.
    setTimeout(close)
  }
  // A browser closes it by Escape without asking, where nothing but Escape was pressed for a while.
  const onClose = ({ target }: Event): void => {
    if (target !== dialog.current) return
    if (hasEdits.value) {
      dialog.current?.showModal()
      // The browser puts the focus on the first button, where keys would be no edits.
      dialog.current?.querySelector<HTMLElement>('textarea')?.focus()
    }
    close()
  }
  const download = (): void => {
    if (state.preview) void downloadFile(session, name, state.preview.member.size)
  }
  return (
    <dialog ref={dialog} class="viewer" tabIndex={-1} aria-label={title} onCancel={onCancel} onClose={onClose} onKeyDown={(event) => onKey(event, step)}>
      <header class="viewer-bar">
        <div class="viewer-title">
          <h2 title={name}>{title}</h2>
          <p aria-live="polite">
            {state.preview && describe(state.preview)}
            {names.length > 1 && <span class="viewer-place">{` · ${names.indexOf(name) + 1} of ${names.length}`}</span>}
          </p>
        </div>
        {names.length > 1 && (
          <div class="viewer-steps">
            <Button kind="quiet" label="Previous file" disabled={before === undefined} onClick={() => step(-1)}>
              <ChevronLeft aria-hidden="true" />
            </Button>
            <Button kind="quiet" label="Next file" disabled={after === undefined} onClick={() => step(1)}>
              <ChevronRight aria-hidden="true" />
            </Button>
          </div>
        )}
        <Button kind="quiet" label="Download" disabled={!state.preview} onClick={download}>
          <Download aria-hidden="true" />
        </Button>
        <Button kind="quiet" label="Close" onClick={close}>
          <X aria-hidden="true" />
        </Button>
      </header>
      <PreviewBody key={name} session={session} state={state} onDownload={download} />
      {leaving && (
        <ConfirmDialog title="Give up your changes?" confirm="Give up" isDangerous onConfirm={leaving} onClose={() => setLeaving(undefined)}>
          <p>{`What you changed in “${title}” is not saved.`}</p>
        </ConfirmDialog>
      )}
    </dialog>
  )
}

/** Arrow keys go on to other files, except where they mean something else: in a player, in what scrolls, in a field. */
function onKey(event: KeyboardEvent, step: (by: number) => void): void {
  const { key, target } = event
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  if (target instanceof HTMLElement && target.closest('.dialog, input, textarea, select, audio, video, .viewer-text-scroll.no-wrap, .viewer-image.is-zoomed')) return
  if (key === 'ArrowLeft') step(-1)
  else if (key === 'ArrowRight') step(1)
  else return
  event.preventDefault()
}
