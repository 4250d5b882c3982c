import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, lstat, lutimes, mkdir, open, realpath, rename, rm, symlink, utimes, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CofferError } from '@coffer/core'
import { checkName, quoteName, staysInside } from '@coffer/core/internal'
import { systemCode, withStorageErrors } from './fs-errors.js'

/** Which symlinks are made: those that stay inside the target, all, or none. */
export type LinkPolicy = 'inside' | 'all' | 'skip'

export interface TreeWriterOptions {
  /** With `false`, a file that is there is left and reported. */
  readonly overwrite?: boolean | undefined
  readonly links?: LinkPolicy | undefined
}

/** Something that could not be written, and why. */
export interface ExtractProblem {
  readonly name: string
  readonly message: string
}

export interface EntryMeta {
  readonly mode: number
  readonly mtimeMs: number
}

const TEMPORARY_PREFIX = '.coffer-extract-'

/**
 * Writes files below one directory and nowhere else: no link on the way is followed, none that was there is written through, and a
 * file stands under its name only when it is complete.
 */
export class TreeWriter {
  readonly problems: ExtractProblem[] = []
  readonly #root: string
  readonly #options: TreeWriterOptions
  /** Directories that are known to be real ones, by name. */
  readonly #safe = new Set<string>([''])
  readonly #directories: { readonly path: string; readonly meta: EntryMeta }[] = []
  /** Names made so far, by how a case-insensitive system sees them. */
  readonly #made = new Map<string, string>()

  private constructor(root: string, options: TreeWriterOptions) {
    this.#root = root
    this.#options = options
  }

  /** Makes the directory where it is missing. The caller's path may go through links; everything below may not. */
  static async create(directory: string, options: TreeWriterOptions = {}): Promise<TreeWriter> {
    return withStorageErrors(`write to ${directory}`, async () => {
      await mkdir(directory, { recursive: true })
      return new TreeWriter(await realpath(directory), options)
    })
  }

  async directory(name: string, meta: EntryMeta): Promise<void> {
    await this.#attempt(name, async () => {
      await this.#enter(name)
      this.#directories.push({ path: this.#pathOf(name), meta })
    })
  }

  async symlink(name: string, target: string, meta: EntryMeta): Promise<void> {
    await this.#attempt(name, async () => {
      const { links = 'inside' } = this.#options
      if (links === 'skip') return
      if (links === 'inside' && !staysInside(name, target)) {
        this.#report(name, `it is a link that leads out of the target (to ${quoteName(target)})`)
        return
      }
      await this.#enter(parentOf(name))
      const temporary = this.#temporaryFor(name)
      await symlink(target, temporary)
      await this.#settle(name, temporary)
      await lutimes(this.#pathOf(name), meta.mtimeMs / 1000, meta.mtimeMs / 1000)
    })
  }

  /** Writes a file out of its pieces; says how many bytes, or `undefined` where it could not be written, which is reported. */
  async file(name: string, meta: EntryMeta, pieces: AsyncIterable<Uint8Array>): Promise<number | undefined> {
    let written: number | undefined
    await this.#attempt(name, async () => {
      await this.#enter(parentOf(name))
      const temporary = this.#temporaryFor(name)
      const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600)
      try {
        try {
          written = await writePieces(handle, pieces)
          await handle.chmod(meta.mode & 0o777)
          await handle.utimes(meta.mtimeMs / 1000, meta.mtimeMs / 1000)
        } finally {
          await handle.close()
        }
        await this.#settle(name, temporary)
      } catch (error) {
        await rm(temporary, { force: true })
        written = undefined
        throw error
      }
    })
    return written
  }

  /** Gives directories their modes and times, the deepest first, now that nothing more goes into them. */
  async finish(): Promise<void> {
    for (const { path, meta } of this.#directories.toReversed()) {
      await withStorageErrors(`set the mode of ${path}`, async () => {
        await chmod(path, meta.mode & 0o777)
        await utimes(path, meta.mtimeMs / 1000, meta.mtimeMs / 1000)
      })
    }
  }

  /** Makes sure that `name` is a real directory, and all above it. */
  async #enter(name: string): Promise<void> {
    if (this.#safe.has(name)) return
    await this.#enter(parentOf(name))
    const path = this.#pathOf(name)
    this.#claim(name)
    try {
      await mkdir(path, { mode: 0o700 })
      // Readable for others as usual; an explicit entry sets its own mode at the end.
      await chmod(path, 0o777 & ~currentUmask())
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      if (!(await lstat(path)).isDirectory()) {
        throw new CofferError('ERR_COFFER_CONFLICT', `${quoteName(name)} is there already and is no directory (or is a link, which is not followed)`)
      }
    }
    this.#safe.add(name)
  }

  /** Puts a finished file at its place, over what is there, which is never followed. */
  async #settle(name: string, temporary: string): Promise<void> {
    this.#claim(name)
    const path = this.#pathOf(name)
    const before = await lstat(path).catch(() => undefined)
    if (before && (this.#options.overwrite === false || before.isDirectory())) {
      await rm(temporary, { force: true })
      throw new CofferError('ERR_COFFER_EXISTS', before.isDirectory() ? 'a directory of that name is there already' : 'a file of that name is there already')
    }
    await rename(temporary, path)
  }

  /** @throws CofferError where another member of this run stands there already, for a system that does not tell the names apart. */
  #claim(name: string): void {
    const folded = name.normalize('NFC').toLowerCase()
    const other = this.#made.get(folded)
    if (other !== undefined && other !== name && isFolding()) {
      throw new CofferError('ERR_COFFER_CONFLICT', `this system does not tell it from ${quoteName(other)}`)
    }
    this.#made.set(folded, name)
  }

  /** Runs `action`; what only concerns this one name is reported and does not end the whole. */
  async #attempt(name: string, action: () => Promise<void>): Promise<void> {
    checkName(name)
    if (process.platform === 'win32' && /[\\:]/.test(name)) {
      this.#report(name, 'Windows has no such names')
      return
    }
    try {
      await action()
    } catch (error) {
      const isOfName = error instanceof CofferError ? error.code === 'ERR_COFFER_CONFLICT' || error.code === 'ERR_COFFER_EXISTS' : nameErrors.has(systemCode(error) ?? '')
      if (!isOfName) await withStorageErrors(`write ${this.#pathOf(name)}`, () => Promise.reject(error))
      this.#report(name, error instanceof CofferError ? error.message : `the system refuses the name (${systemCode(error)})`)
    }
  }

  #report(name: string, message: string): void {
    this.problems.push({ name, message })
  }

  #pathOf(name: string): string {
    return join(this.#root, ...name.split('/'))
  }

  #temporaryFor(name: string): string {
    return join(dirname(this.#pathOf(name)), TEMPORARY_PREFIX + randomBytes(8).toString('hex'))
  }
}

const nameErrors: ReadonlySet<string> = new Set(['ENAMETOOLONG', 'EINVAL', 'EILSEQ', 'ENOTDIR', 'EEXIST', 'EISDIR'])

async function writePieces(handle: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let at = 0
  for await (const piece of pieces) {
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await handle.write(piece, done, piece.length - done, at)
      done += bytesWritten
      at += bytesWritten
    }
  }
  return at
}

function parentOf(name: string): string {
  const at = name.lastIndexOf('/')
  return at < 0 ? '' : name.slice(0, at)
}

/** Whether file systems here usually do not tell upper from lower case. */
function isFolding(): boolean {
  return process.platform === 'win32' || process.platform === 'darwin'
}

function currentUmask(): number {
  return process.umask()
}

