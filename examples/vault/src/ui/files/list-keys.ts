import { deleteItems } from '../../model/file-actions.js'
import { foldName } from '../../model/file-search.js'
import { parentPath } from '../../model/file-tree.js'
import { TRASH_FOLDER, type FilesState } from '../../model/files.js'
import { undoLast } from '../../model/undo.js'
import { askToDelete, cutItems, openItem } from './commands.js'
import { fileDialog } from './file-dialog.js'

/** How long the letters of a name that is typed belong together. */
const TYPING_MS = 800

/** What the keyboard does in the list: all that the mouse does. */
export class ListKeys {
  readonly #state: FilesState
  readonly #pageRows: () => number
  #typed = ''
  #typedAt = 0

  constructor(state: FilesState, pageRows: () => number) {
    this.#state = state
    this.#pageRows = pageRows
  }

  handle(event: KeyboardEvent): void {
    if (this.#moves(event) || this.#acts(event) || this.#types(event)) event.preventDefault()
  }

  #moves({ key, shiftKey: shift, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (altKey) return false
    const { paths, selection } = this.#state
    const rows = paths.value
    const at = rows.indexOf(selection.cursor.value ?? '')
    const page = Math.max(1, this.#pageRows() - 1)
    const to = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), Home: 0, End: rows.length - 1, PageDown: at + page, PageUp: at - page }[key]
    if (to === undefined) return false
    selection.move(rows, to, { shift, control: ctrlKey || metaKey })
    return true
  }

  #acts({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    const state = this.#state
    const { selection, chosen, paths, session } = state
    const writes = session.writable.value
    const current = this.#current()
    if (ctrlKey || metaKey) {
      if (key === 'a') selection.all(paths.value)
      else if (key === 'z' && writes) void undoLast()
      else if (key === 'x' && writes) cutItems(state)
      else if (key === ' ' && current) selection.toggle(current.path)
      else return false
      return true
    }
    if (altKey && key !== 'ArrowUp') return false
    if (key === 'Enter' && current) openItem(state, current)
    else if (key === 'Backspace' || key === 'ArrowUp') goUp(state)
    else if (key === 'F2' && current && writes && !state.isTrash.value) fileDialog.value = { kind: 'rename', item: current }
    else if (key === 'Delete' && writes) deleteChosen(state, chosen.value.map(({ path }) => path), shiftKey)
    else if (key === 'Escape') escape(state)
    else if (key === ' ' && this.#typed === '' && current) selection.toggle(current.path)
    else return false
    return true
  }

  /** Goes to the next name that begins with what is typed. */
  #types({ key, ctrlKey, metaKey, altKey, timeStamp }: KeyboardEvent): boolean {
    if (key.length !== 1 || ctrlKey || metaKey || altKey) return false
    if (timeStamp - this.#typedAt > TYPING_MS) this.#typed = ''
    this.#typedAt = timeStamp
    this.#typed += foldName(key)
    const { rows, paths, selection } = this.#state
    const at = Math.max(0, paths.value.indexOf(selection.cursor.value ?? ''))
    // One letter goes on to the next such name; more of them stay while they fit.
    const start = this.#typed.length === 1 ? at + 1 : at
    const order = [...rows.value.slice(start), ...rows.value.slice(0, start)]
    const found = order.find(({ name }) => foldName(name).startsWith(this.#typed))
    if (found) selection.only(found.path)
    return true
  }

  #current(): ReturnType<FilesState['rows']['value']['find']> {
    const { rows, selection } = this.#state
    return rows.value.find(({ path }) => path === selection.cursor.value)
  }
}

/** Shows the folder above; from a search or the trash, where it was begun. */
export function goUp(state: FilesState): void {
  if (state.isSearching.value) state.query.value = ''
  else state.open(state.folder.value === TRASH_FOLDER ? '' : parentPath(state.folder.value))
}

function deleteChosen(state: FilesState, paths: readonly string[], forGood: boolean): void {
  if (paths.length === 0) return
  if (forGood || state.isTrash.value) askToDelete(paths)
  else void deleteItems(state, paths)
}

/** Lets go of one thing after the other. */
function escape(state: FilesState): void {
  if (state.cut.value.length > 0) state.cut.value = []
  else if (state.selection.selected.value.size > 0) state.selection.clear()
  else if (state.isSearching.value) state.query.value = ''
}
