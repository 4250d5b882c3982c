import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { isCofferError } from '@coffer/core'
import { searchTree } from './file-search.js'
import { sortItems, type Sort, type SortKey } from './file-sort.js'
import { FileTree, type FileItem } from './file-tree.js'
import { Selection } from './selection.js'
import type { VaultSession } from './session.js'

/** Stands for the trash where a folder's path does. No folder of the user's is called so. */
export const TRASH_FOLDER = '.trash'

/** What the files pane shows of a vault, and what is selected in it. */
export class FilesState {
  readonly session: VaultSession
  readonly tree: Signal<FileTree | undefined> = signal(undefined)
  /** The path of the folder that is shown, or {@link TRASH_FOLDER}. */
  readonly folder: Signal<string> = signal('')
  readonly query: Signal<string> = signal('')
  readonly sort: Signal<Sort> = signal({ by: 'name', descending: false })
  readonly selection: Selection = new Selection()
  /** What was cut, and goes to where it is pasted. */
  readonly cut: Signal<readonly string[]> = signal([])
  /** Why the files could not be listed. */
  readonly problem: Signal<unknown> = signal(undefined)
  readonly isSearching: ReadonlySignal<boolean> = computed(() => this.query.value.trim() !== '')
  readonly isTrash: ReadonlySignal<boolean> = computed(() => !this.isSearching.value && this.folder.value === TRASH_FOLDER)
  /** What the list shows, in order. */
  readonly rows: ReadonlySignal<readonly FileItem[]> = computed(() => sortItems(this.#unsorted(), this.sort.value))
  readonly paths: ReadonlySignal<readonly string[]> = computed(() => this.rows.value.map(({ path }) => path))
  /** Those of the rows that are selected. */
  readonly chosen: ReadonlySignal<readonly FileItem[]> = computed(() => {
    const selected = this.selection.selected.value
    return selected.size === 0 ? [] : this.rows.value.filter(({ path }) => selected.has(path))
  })
  #loading: Promise<void> | undefined
  #isStale = false

  constructor(session: VaultSession) {
    this.session = session
    effect(() => {
      void session.revision.value
      void session.coffer.value
      this.#isStale = true
      this.#loading ??= this.#load()
    })
  }

  /** Resolves once the list shows all that was done before. */
  async upToDate(): Promise<void> {
    await this.#loading
  }

  /** Shows a folder, and ends a search. */
  open(folder: string): void {
    const from = this.folder.value
    this.query.value = ''
    this.folder.value = folder
    this.selection.clear()
    // Whoever goes up is on the folder that they come from.
    const child = from === folder ? undefined : this.paths.value.find((path) => from === path || from.startsWith(`${path}/`))
    this.selection.cursor.value = child ?? this.paths.value[0]
  }

  /** Sorts by a column; the other way round where it is sorted by that one. */
  sortBy(by: SortKey): void {
    const { by: before, descending } = this.sort.value
    this.sort.value = { by, descending: by === before ? !descending : by === 'modified' || by === 'size' }
  }

  #unsorted(): readonly FileItem[] {
    const tree = this.tree.value
    if (!tree) return []
    if (this.isSearching.value) return searchTree(tree, this.query.value)
    if (this.folder.value === TRASH_FOLDER) return tree.trash()
    const folder = tree.folder(this.folder.value)
    return folder ? [...folder.folders.map(({ item }) => item), ...folder.files] : []
  }

  /** One after the other; what changes meanwhile is read once more at the end. */
  async #load(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false
        const coffer = this.session.coffer.peek()
        try {
          const tree = await FileTree.of(coffer.members())
          this.#show(tree)
        } catch (error) {
          // Another tab has changed the vault: what is there now is read next.
          const isReplaced = isCofferError(error, 'ERR_COFFER_CLOSED') && this.session.coffer.peek() !== coffer
          this.#isStale ||= isReplaced
          if (!isReplaced && !coffer.closed) this.problem.value = error
        }
      }
    } finally {
      this.#loading = undefined
    }
  }

  #show(tree: FileTree): void {
    this.tree.value = tree
    this.problem.value = undefined
    if (this.folder.value !== TRASH_FOLDER) this.folder.value = tree.nearest(this.folder.value)
    if (this.#isStale) return
    const shown = new Set(this.paths.value)
    this.selection.retain((path) => shown.has(path))
    this.cut.value = this.cut.value.filter((path) => tree.item(path) !== undefined)
  }
}

const states = new WeakMap<VaultSession, FilesState>()

/** The state of a vault's files, which stays while other panes are shown. */
export function filesOf(session: VaultSession): FilesState {
  const known = states.get(session)
  if (known) return known
  const state = new FilesState(session)
  states.set(session, state)
  return state
}

/** Where new files go: the folder that is shown, or the vault itself. */
export function targetFolder({ isTrash, isSearching, folder }: FilesState): string {
  return isTrash.value || isSearching.value ? '' : folder.value
}
