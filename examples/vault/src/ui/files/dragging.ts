import { addIncoming, moveItems } from '../../model/file-actions.js'
import type { FilesState } from '../../model/files.js'
import { incomingDrop } from '../../model/incoming.js'

/** The paths that are being dragged. They are in no transfer, which other pages could read. */
let dragged: readonly string[] = []

/** Marks a transfer as ours. */
const OURS = 'application/x-vault-files'

/** When a browser does not tell, such as of a row that was scrolled away. */
const MOST_DRAG_END_MS = 300

/** Begins to drag what is selected; what is not selected becomes so. */
export function startDrag(state: FilesState, path: string, event: DragEvent): void {
  const { selection } = state
  if (!selection.selected.value.has(path)) selection.only(path)
  dragged = [...selection.selected.value]
  event.dataTransfer?.setData(OURS, '')
  if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
}

export function endDrag(): void {
  dragged = []
}

/** Whether files come from outside of the page. */
export function bringsFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false
}

export interface DropHandlers {
  onDragOver(event: DragEvent): void
  onDragLeave(event: DragEvent): void
  onDrop(event: DragEvent): void
}

/** Lets a folder take what is dropped onto it, from the list or from outside. */
export function dropOnto(state: FilesState, folder: string): DropHandlers {
  const takes = (event: DragEvent): boolean => state.session.writable.value && (bringsFiles(event) || dragged.length > 0)
  return {
    onDragOver: (event) => {
      if (!takes(event)) return
      event.preventDefault()
      event.stopPropagation()
      if (event.dataTransfer) event.dataTransfer.dropEffect = dragged.length > 0 ? 'move' : 'copy'
      mark(event, true)
    },
    onDragLeave: (event) => mark(event, false),
    onDrop: (event) => {
      mark(event, false)
      if (!takes(event)) return
      event.preventDefault()
      event.stopPropagation()
      dropIn(state, folder, event)
    },
  }
}

/** Takes what was dropped into a folder. */
export function dropIn(state: FilesState, folder: string | undefined, { dataTransfer }: DragEvent): void {
  const paths = dragged
  dragged = []
  if (paths.length > 0 && folder !== undefined) void dragEnded().then(() => moveItems(state, paths, folder))
  else if (paths.length === 0 && dataTransfer) void addIncoming(state, incomingDrop(dataTransfer), folder)
}

/** A row that is gone before its drag has ended leaves browsers in the middle of it. */
function dragEnded(): Promise<void> {
  return new Promise((resolve) => {
    addEventListener('dragend', () => resolve(), { once: true })
    setTimeout(resolve, MOST_DRAG_END_MS)
  })
}

function mark({ currentTarget }: DragEvent, isOver: boolean): void {
  if (currentTarget instanceof Element) currentTarget.classList.toggle('drop-here', isOver)
}
