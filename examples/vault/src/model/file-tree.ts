import type { Member } from '@coffer/core'
import { isHidden, trashPlace, type TrashPlace } from './trash-names.js'

/** A file or folder as a list shows it. */
export interface FileItem {
  /** The member's name: the whole path in the vault. `''` is the vault itself. */
  readonly path: string
  /** The last component of it. */
  readonly name: string
  readonly isFolder: boolean
  /** Bytes of a file. */
  readonly size: number
  /** Milliseconds since 1970; 0 for a folder that no member stands for. */
  readonly mtimeMs: number
  /** What was deleted, for an item of the trash. */
  readonly deleted?: TrashPlace
}

/** A folder with what is right in it, in no order. */
export interface Folder {
  readonly item: FileItem
  readonly folders: readonly Folder[]
  readonly files: readonly FileItem[]
}

interface GrowingFolder extends Folder {
  item: FileItem
  readonly folders: GrowingFolder[]
  readonly files: FileItem[]
}

/** All that is in a vault: made in one pass over the members, and never changed. */
export class FileTree {
  readonly #folders = new Map<string, GrowingFolder>()
  readonly #trash = new Map<string, { place: TrashPlace; isFolder: boolean; size: number; mtimeMs: number }>()
  #byPath: ReadonlyMap<string, FileItem> | undefined
  #storedBytes = 0
  #trashBytes = 0

  private constructor() {
    this.#folders.set('', emptyFolder('', ''))
  }

  /** Reads all members. */
  static async of(members: AsyncIterable<Member>): Promise<FileTree> {
    const tree = new FileTree()
    for await (const member of members) tree.#take(member)
    return tree
  }

  get root(): Folder {
    return this.folder('') ?? emptyFolder('', '')
  }

  /** Bytes of the coffer's file that all members take. */
  get storedBytes(): number {
    return this.#storedBytes
  }

  get trashBytes(): number {
    return this.#trashBytes
  }

  folder(path: string): Folder | undefined {
    return this.#folders.get(path)
  }

  /** A file or folder. */
  item(path: string): FileItem | undefined {
    const folder = this.#folders.get(path)
    if (folder) return folder.item
    this.#byPath ??= new Map([...this.#folders.values()].flatMap(({ files }) => files.map((file) => [file.path, file] as const)))
    return this.#byPath.get(path)
  }

  /** Every folder but the vault itself, and every file. */
  everything(): FileItem[] {
    const items: FileItem[] = []
    for (const { item, files } of this.#folders.values()) {
      if (item.path !== '') items.push(item)
      for (const file of files) items.push(file)
    }
    return items
  }

  /** What was deleted and can come back, each folder as one. */
  trash(): FileItem[] {
    return Array.from(this.#trash, ([path, { place, isFolder, size, mtimeMs }]) => ({
      path,
      name: lastComponent(place.original),
      isFolder,
      size,
      mtimeMs,
      deleted: place,
    }))
  }

  /** The nearest folder that is there: the one of that path, or one above. */
  nearest(path: string): string {
    let at = path
    while (!this.#folders.has(at)) at = parentPath(at)
    return at
  }

  #take({ name, type, size, storedSize, mtimeMs }: Member): void {
    this.#storedBytes += storedSize
    if (isHidden(name)) {
      this.#takeHidden(name, type === 'directory', size, mtimeMs)
    } else if (type === 'directory') {
      const folder = this.#folderAt(name)
      folder.item = { ...folder.item, mtimeMs }
    } else {
      const slash = name.lastIndexOf('/')
      const folder = this.#folderAt(slash < 0 ? '' : name.slice(0, slash))
      folder.files.push({ path: name, name: slash < 0 ? name : name.slice(slash + 1), isFolder: false, size, mtimeMs })
    }
  }

  #takeHidden(name: string, isDirectory: boolean, size: number, mtimeMs: number): void {
    const place = trashPlace(name)
    if (!place) return
    this.#trashBytes += size
    const isInner = place.path !== name
    const known = this.#trash.get(place.path)
    this.#trash.set(place.path, {
      place,
      isFolder: (known?.isFolder ?? false) || isInner || isDirectory,
      size: (known?.size ?? 0) + size,
      mtimeMs: isInner ? (known?.mtimeMs ?? 0) : mtimeMs,
    })
  }

  #folderAt(path: string): GrowingFolder {
    const known = this.#folders.get(path)
    if (known) return known
    const folder = emptyFolder(path, lastComponent(path))
    this.#folders.set(path, folder)
    this.#folderAt(parentPath(path)).folders.push(folder)
    return folder
  }
}

/** The folder that something is in; `''` for the vault itself. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** The name of something without its folders. */
export function lastComponent(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const TITLE_LETTERS = 48
const END_LETTERS = 16

/** A name for a title or a button: of a long one its beginning and its end, which tell most. */
export function shortName(name: string): string {
  const letters = Array.from(name)
  if (letters.length <= TITLE_LETTERS) return name
  return `${letters.slice(0, TITLE_LETTERS - END_LETTERS - 1).join('').trimEnd()}…${letters.slice(-END_LETTERS).join('').trimStart()}`
}

/** The path of a name in a folder. */
export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** Whether `path` is `folder` or below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** Those that are in no other of the same: what is done to a folder is done to all in it. */
export function outermost(paths: Iterable<string>): string[] {
  const all = new Set(paths)
  return [...all].filter((path) => {
    for (let above = parentPath(path); above !== ''; above = parentPath(above)) if (all.has(above)) return false
    return true
  })
}

function emptyFolder(path: string, name: string): GrowingFolder {
  return { item: { path, name, isFolder: true, size: 0, mtimeMs: 0 }, folders: [], files: [] }
}
