import { quoteName, unshared } from '@coffer/core/internal'
import type { CofferErrorCode } from '@coffer/core'
import { errorName, withBrowserErrors } from '../browser-errors.js'
import { Turns } from '../turns.js'

/** Something that could not be written, and why. */
export interface ExtractProblem {
  readonly name: string
  /**
   * `ERR_COFFER_NAME`: the browser has no such names; `ERR_COFFER_EXISTS`: something is there already; `ERR_COFFER_CONFLICT`: something else
   * is in the way, or the name cannot be told from another one; `ERR_COFFER_PERMISSION`; `ERR_COFFER_UNSUPPORTED`: a symlink.
   */
  readonly code: CofferErrorCode
  readonly message: string
}

/** Errors of the browser that concern one name and nothing else. */
const problemCodes: Readonly<Record<string, readonly [CofferErrorCode, string]>> = {
  TypeError: ['ERR_COFFER_NAME', 'the browser has no files of such names'],
  TypeMismatchError: ['ERR_COFFER_CONFLICT', 'there is a file where a directory is needed, or the reverse'],
  NoModificationAllowedError: ['ERR_COFFER_PERMISSION', 'the file is open elsewhere, or may not be written'],
}

class NameProblem extends Error {
  readonly code: CofferErrorCode

  constructor(code: CofferErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A failure of what is written, and not of where it goes. */
class ContentError extends Error {}

/**
 * Writes files below one directory that the user has given, several at once. A file stands there with its content only when that is
 * complete.
 */
export class DirectoryWriter {
  readonly problems: ExtractProblem[] = []
  readonly #root: FileSystemDirectoryHandle
  readonly #overwrite: boolean
  readonly #directories = new Map<string, Promise<FileSystemDirectoryHandle>>()
  /** Names made so far, by how a system sees them that ignores case. */
  readonly #made = new Map<string, string>()
  /** Names are taken one after the other, so that each sees those before it. */
  readonly #naming = new Turns()

  constructor(root: FileSystemDirectoryHandle, overwrite: boolean) {
    this.#root = root
    this.#overwrite = overwrite
  }

  async directory(name: string): Promise<void> {
    await this.#attempt(name, async () => void (await this.#naming.run(() => this.#enter(name))))
  }

  symlink(name: string): void {
    this.problems.push({ name, code: 'ERR_COFFER_UNSUPPORTED', message: 'browsers make no symlinks' })
  }

  /** Writes a file out of its pieces; says whether it could be written. */
  async file(name: string, pieces: AsyncIterable<Uint8Array>): Promise<boolean> {
    const written = await this.#attempt(name, async () => {
      const { handle, undo } = await this.#naming.run(() => this.#openFile(name))
      let writable: FileSystemWritableFileStream | undefined
      try {
        writable = await handle.createWritable()
        for await (const piece of told(pieces)) await writable.write(unshared(piece))
        await writable.close()
      } catch (error) {
        await writable?.abort().catch(() => undefined)
        await undo()
        throw error
      }
      return true
    })
    return written ?? false
  }

  /** The file of that name, made where it is missing; `undo` removes it again where it was. */
  async #openFile(name: string): Promise<{ readonly handle: FileSystemFileHandle; readonly undo: () => Promise<void> }> {
    const { parent, base, before } = await this.#look(name, (directory, last) => directory.getFileHandle(last))
    if (before && !this.#overwrite) throw new NameProblem('ERR_COFFER_EXISTS', 'a file of that name is there already')
    if (before) return { handle: before, undo: () => Promise.resolve() }
    return { handle: await parent.getFileHandle(base, { create: true }), undo: () => removeSoon(parent, base) }
  }

  /** The directory of that name, made where it is missing. */
  #enter(name: string): Promise<FileSystemDirectoryHandle> {
    if (name === '') return Promise.resolve(this.#root)
    let entered = this.#directories.get(name)
    if (!entered) {
      entered = this.#makeDirectory(name)
      this.#directories.set(name, entered)
    }
    return entered
  }

  async #makeDirectory(name: string): Promise<FileSystemDirectoryHandle> {
    const { parent, base, before } = await this.#look(name, (directory, last) => directory.getDirectoryHandle(last))
    return before ?? parent.getDirectoryHandle(base, { create: true })
  }

  /** Where a name goes, and what stands there; nothing that was made under another name in this run. */
  async #look<T>(
    name: string,
    find: (parent: FileSystemDirectoryHandle, base: string) => Promise<T>,
  ): Promise<{ readonly parent: FileSystemDirectoryHandle; readonly base: string; readonly before: T | undefined }> {
    const at = name.lastIndexOf('/')
    const parent = await this.#enter(at < 0 ? '' : name.slice(0, at))
    const base = name.slice(at + 1)
    const before = await existing(() => find(parent, base))
    const other = this.#claim(name)
    if (before && other !== undefined) throw new NameProblem('ERR_COFFER_CONFLICT', `this system does not tell it from ${quoteName(other)}`)
    return { parent, base, before }
  }

  /** Another name of this run that some systems take for the same; the caller looks whether this one does. */
  #claim(name: string): string | undefined {
    const folded = name.normalize('NFC').toUpperCase().toLowerCase()
    const other = this.#made.get(folded)
    this.#made.set(folded, name)
    return other === name ? undefined : other
  }

  /** Runs `action`; what only concerns this one name is reported and does not end the whole. */
  async #attempt<T>(name: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      if (error instanceof ContentError) throw error.cause
      if (error instanceof NameProblem) this.problems.push({ name, code: error.code, message: error.message })
      else {
        const [code, message] = problemCodes[errorName(error)] ?? []
        if (code === undefined || message === undefined) return withBrowserErrors(`write ${quoteName(name)}`, () => Promise.reject(error as Error))
        this.problems.push({ name, code, message })
      }
      return undefined
    }
  }
}

async function existing<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find()
  } catch (error) {
    if (errorName(error) === 'NotFoundError') return undefined
    throw error
  }
}

async function* told(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
  } catch (error) {
    throw new ContentError('the content failed', { cause: error })
  }
}

/** Removes a file that has just been written to: Chromium lets go of it a moment after `abort` has resolved. */
async function removeSoon(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  for (let waitMs = 5; waitMs < 1000; waitMs *= 2) {
    try {
      return await directory.removeEntry(name)
    } catch (error) {
      if (errorName(error) !== 'NoModificationAllowedError') return
      await new Promise((resolve) => {
        setTimeout(resolve, waitMs)
      })
    }
  }
}
