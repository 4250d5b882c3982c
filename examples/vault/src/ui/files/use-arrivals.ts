import { useEffect } from 'preact/hooks'
import { signal } from '@preact/signals'
import { addIncoming } from '../../model/file-actions.js'
import type { FilesState } from '../../model/files.js'
import { incomingFiles } from '../../model/incoming.js'
import { undoLast } from '../../model/undo.js'
import { pasteItems } from './commands.js'
import { bringsFiles, dropIn } from './dragging.js'
import { fileDialog } from './file-dialog.js'
import { goUp } from './list-keys.js'

/** Whether files from outside are over the window. */
export const isDropNear = signal(false)

/** Takes what is dropped anywhere in the window, what is pasted, and keys that no list takes, for as long as the pane is shown. */
export function useArrivals(state: FilesState): void {
  useEffect(() => {
    const ended = new AbortController()
    const { signal } = ended
    const takes = (event: DragEvent): boolean => bringsFiles(event) && state.session.writable.value && !isDialogOpen()
    const onDragOver = (event: DragEvent): void => {
      if (!bringsFiles(event)) return
      // The browser would leave the vault, and show the file.
      event.preventDefault()
      if (event.dataTransfer) event.dataTransfer.dropEffect = takes(event) ? 'copy' : 'none'
      isDropNear.value = takes(event)
    }
    const onDragLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isDropNear.value = false
    }
    const onDrop = (event: DragEvent): void => {
      isDropNear.value = false
      if (event.defaultPrevented || !bringsFiles(event)) return
      event.preventDefault()
      if (takes(event)) dropIn(state, undefined, event)
    }
    const onPaste = (event: ClipboardEvent): void => {
      if (isTyping(event.target) || isDialogOpen() || !state.session.writable.value) return
      event.preventDefault()
      paste(state, event.clipboardData)
    }
    addEventListener('dragover', onDragOver, { signal })
    addEventListener('dragleave', onDragLeave, { signal })
    addEventListener('drop', onDrop, { signal })
    // A folder takes the drop for itself, and the event goes no further.
    addEventListener('drop', () => (isDropNear.value = false), { signal, capture: true })
    addEventListener('paste', onPaste, { signal })
    addEventListener('keydown', (event: KeyboardEvent) => goByKey(state, event), { signal })
    return () => ended.abort()
  }, [state])
}

/** Up and undo work everywhere in the pane: an empty folder has no list that could have the focus. */
function goByKey(state: FilesState, event: KeyboardEvent): void {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event
  if (event.defaultPrevented || isTyping(event.target) || isDialogOpen()) return
  const isUndo = key === 'z' && (ctrlKey || metaKey) && !shiftKey
  const isUp = (key === 'Backspace' && !altKey && !ctrlKey) || (key === 'ArrowUp' && altKey)
  if (isUp) goUp(state)
  else if (isUndo && state.session.writable.value) void undoLast()
  else return
  event.preventDefault()
}

function paste(state: FilesState, data: DataTransfer | null): void {
  const files = [...(data?.files ?? [])].map(withOwnName)
  const text = data?.getData('text/plain') ?? ''
  if (state.cut.value.length > 0) pasteItems(state)
  else if (files.length > 0) void addIncoming(state, incomingFiles(files))
  else if (text !== '') fileDialog.value = { kind: 'paste-text', text }
}

/** Pictures out of the clipboard are all called the same. */
function withOwnName(file: File): File {
  if (!/^image\.\w+$/.test(file.name)) return file
  const now = new Date()
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString()
  const stamp = local.slice(0, 19).replace('T', ' ').replaceAll(':', '.')
  return new File([file], `Picture ${stamp}${file.name.slice('image'.length)}`, { type: file.type, lastModified: file.lastModified })
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null
}

function isDialogOpen(): boolean {
  return document.querySelector('dialog[open]') !== null
}
