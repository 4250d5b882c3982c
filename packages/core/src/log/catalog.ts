import { CofferError } from '../errors.js'
import { ancestors, checkPlace, viewBefore, type CatalogView } from './catalog-view.js'
import { tarTypeOf, type Entry, type TarType } from './entry.js'

/** Characters of all directories that names make, said or unsaid: each is kept. There is room for what is deleted too, which counts by itself. */
const MOST_CHARACTERS = 268_435_456

/**
 * The members of a coffer by name, and the names that only the tar stream still holds. Changes can be taken back
 * until they are {@link settle}d.
 */
export class Catalog implements CatalogView {
  readonly #live = new Map<string, Entry>()
  readonly #liveAbove = new Directories()
  readonly #dead = new Map<string, TarType>()
  readonly #deadAbove = new Directories()
  #changed = new Set<string>()
  #undo: (() => void)[] = []
  /** What stood at the names that the changes under way have touched. */
  #before: Map<string, Entry | undefined> | undefined
  /** Weight of the live members that did not change. */
  #settledBytes = 0
  #conflicted = false

  /** What others may see: nothing of the changes under way, which may be taken back yet. */
  get standing(): CatalogView {
    return this.#before ? viewBefore(this, this.#before) : this
  }

  get size(): number {
    return this.#live.size
  }

  /** Bytes of the file that live members account for. */
  get liveBytes(): number {
    let bytes = this.#settledBytes
    for (const name of this.#changed) bytes += this.#live.get(name)?.weight ?? 0
    return bytes
  }

  /** Names changed since the last {@link settle}. */
  get changed(): ReadonlySet<string> {
    return this.#changed
  }

  /**
   * Whether PyCoffer could not unpack the tar stream if the changes were appended to it: a file where an older
   * entry makes a directory, or the like. They have to be written as a compaction then.
   */
  get conflicted(): boolean {
    return this.#conflicted
  }

  get(name: string): Entry | undefined {
    return this.#live.get(name)
  }

  entries(): IterableIterator<Entry> {
    return this.#live.values()
  }

  dead(): ReadonlyMap<string, TarType> {
    return this.#dead
  }

  deadType(name: string): TarType | undefined {
    return this.#dead.get(name)
  }

  /** Whether any member stands below `name` as a directory. */
  hasBelow(name: string): boolean {
    return this.#liveAbove.has(name)
  }

  /** See {@link checkPlace}; @throws CofferError `ERR_COFFER_LIMIT` where there are too many directories too. */
  checkPlace(name: string, type: Entry['type']): void {
    checkPlace(this, name, type)
    this.#checkDirectories(MOST_CHARACTERS)
  }

  /** Puts a member in, replacing one of the same name. Call {@link checkPlace} first. */
  put(entry: Entry): void {
    const { name } = entry
    const tarType = tarTypeOf(entry)
    const before = this.#live.get(name)
    const wasConflicted = this.#conflicted
    this.#conflicted ||= this.#conflicts(name, tarType, before)
    const deadType = this.#dead.get(name)
    if (deadType) this.#removeDead(name)
    this.#setLive(name, entry)
    const changedBefore = this.#change(name, before)
    this.#undo.push(() => {
      this.#setLive(name, before)
      if (deadType) this.#addDead(name, deadType)
      this.#conflicted = wasConflicted
      if (!changedBefore) this.#unchange(name, before)
    })
  }

  /** Takes a member out; its name stays among the dead, since the tar stream holds it. */
  remove(name: string): void {
    const before = this.#live.get(name)
    if (!before) return
    const wasConflicted = this.#conflicted
    // An empty file of a symlink's name would be written through the link.
    this.#conflicted ||= tarTypeOf(before) === 'symlink'
    this.#setLive(name, undefined)
    this.#addDead(name, tarTypeOf(before))
    const changedBefore = this.#change(name, before)
    this.#undo.push(() => {
      this.#removeDead(name)
      this.#setLive(name, before)
      this.#conflicted = wasConflicted
      if (!changedBefore) this.#unchange(name, before)
    })
  }

  /** Begins a change, for {@link rollback}. Others see nothing of it, nor of those that follow it, until {@link reveal}. */
  mark(): number {
    this.#before ??= new Map()
    return this.#undo.length
  }

  /** Nothing is under way any more: others see all that is there. */
  reveal(): void {
    this.#before = undefined
  }

  /** Takes back every change since `mark`. */
  rollback(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.()
  }

  /** The changes are committed. */
  settle(): void {
    this.#settledBytes = this.liveBytes
    this.#changed = new Set()
    this.#undo = []
    this.#conflicted = false
  }

  /** Takes over what an index record says; nothing of it counts as a change. */
  load(entry: Entry): void {
    this.#removeDead(entry.name)
    const before = this.#live.get(entry.name)
    this.#settledBytes += entry.weight - (before?.weight ?? 0)
    this.#setLive(entry.name, entry)
    this.#checkDirectories(MOST_CHARACTERS * 3)
  }

  loadDead(name: string, tarType: TarType): void {
    this.#settledBytes -= this.#live.get(name)?.weight ?? 0
    this.#setLive(name, undefined)
    this.#addDead(name, tarType)
    this.#checkDirectories(MOST_CHARACTERS * 3)
  }

  #checkDirectories(most: number): void {
    if (this.#liveAbove.characters + this.#deadAbove.characters > most) {
      throw new CofferError('ERR_COFFER_LIMIT', 'The names of this coffer make more directories than are accepted: use fewer levels, or several coffers.')
    }
  }

  #conflicts(name: string, tarType: TarType, before: Entry | undefined): boolean {
    const beforeType = before ? tarTypeOf(before) : this.#dead.get(name)
    if (beforeType && (beforeType !== tarType || tarType === 'symlink')) return true
    if (this.#dead.size === 0) return false
    if (tarType !== 'directory' && this.#deadAbove.has(name)) return true
    for (const parent of ancestors(name)) {
      const type = this.#dead.get(parent)
      if (type && type !== 'directory') return true
    }
    return false
  }

  /** Whether the name had changed before. A changed name's weight is counted apart, as it is known only once sealed. */
  #change(name: string, before: Entry | undefined): boolean {
    if (this.#before?.has(name) === false) this.#before.set(name, before)
    if (this.#changed.has(name)) return true
    this.#changed.add(name)
    this.#settledBytes -= before?.weight ?? 0
    return false
  }

  #unchange(name: string, before: Entry | undefined): void {
    this.#changed.delete(name)
    this.#settledBytes += before?.weight ?? 0
  }

  #setLive(name: string, entry: Entry | undefined): void {
    const before = this.#live.get(name)
    if (entry) this.#live.set(name, entry)
    else this.#live.delete(name)
    if (!before === !entry) return
    this.#liveAbove.count(name, entry ? 1 : -1)
  }

  #addDead(name: string, tarType: TarType): void {
    if (!this.#dead.has(name)) this.#deadAbove.count(name, 1)
    this.#dead.set(name, tarType)
  }

  #removeDead(name: string): void {
    if (this.#dead.delete(name)) this.#deadAbove.count(name, -1)
  }
}

/** The directories above names, said or unsaid. */
class Directories {
  /** How many names and directories stand right below each. */
  readonly #below = new Map<string, number>()
  /** Of all their names. */
  characters = 0

  has(name: string): boolean {
    return this.#below.has(name)
  }

  /** Counts a name in or out of its directory; where that is its first or its last, the directory too, and so on upwards. */
  count(name: string, change: 1 | -1): void {
    for (const parent of ancestors(name)) {
      const before = this.#below.get(parent) ?? 0
      const now = before + change
      if (now === 0) this.#below.delete(parent)
      else this.#below.set(parent, now)
      if (before > 0 && now > 0) return
      this.characters += change * parent.length
    }
  }
}
