import { ifUnpinned, pin } from './locks/pin.js'

/** What may be written by this page or worker alone, for a while. */
export interface OwnedFile {
  /** From now on only this page or worker changes the file. May be called again. */
  own(): Promise<void>
  /** Others may change the file again. */
  disown(): Promise<void>
}

/** A file that is open in this page or worker, by how many handles. */
export interface OpenFile<F> {
  readonly name: string
  readonly file: F
  users: number
  writers: number
  readonly unpin: () => Promise<void>
}

/** The files of one kind of storage that are open in this page or worker; each is pinned for as long. */
export class OpenFiles<F extends OwnedFile> {
  readonly #open = new Map<string, Promise<OpenFile<F>>>()

  async acquire(name: string, create: () => F, isWritable: boolean): Promise<OpenFile<F>> {
    const known = this.#open.get(name)
    let opening = known
    if (!opening) {
      opening = pin(name).then((unpin) => ({ name, file: create(), users: 0, writers: 0, unpin }))
      this.#open.set(name, opening)
      opening.catch(() => this.#open.delete(name))
    }
    const opened = await opening
    opened.users += 1
    if (!isWritable) return opened
    try {
      await opened.file.own()
      opened.writers += 1
      return opened
    } catch (error) {
      await this.release(opened, false, () => Promise.resolve())
      throw error
    }
  }

  /** Closes one handle; `remove` is called after the last. */
  async release(opened: OpenFile<F>, isWritable: boolean, remove: () => Promise<void>): Promise<void> {
    try {
      if (isWritable && --opened.writers === 0) await opened.file.disown()
    } finally {
      opened.users -= 1
      if (opened.users === 0) {
        this.#open.delete(opened.name)
        await opened.unpin()
        await remove()
      }
    }
  }

  /** Runs `action` if nobody has the file open, here or elsewhere. */
  async ifUnused(name: string, action: () => Promise<void>): Promise<void> {
    if (!this.#open.has(name)) await ifUnpinned(name, action)
  }
}
