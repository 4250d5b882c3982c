import { randomBytes } from 'node:crypto'
import { constants, type BigIntStats } from 'node:fs'
import { access, chmod, lstat, lutimes, mkdir, open, realpath, rename, rm, rmdir, symlink, utimes, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isCofferError, type CofferErrorCode } from '@coffer/core'
import { nameProblem, portabilityProblem, quoteName, staysInside, systemCode, withStorageErrors, type CreateResult, type NewFile } from '@coffer/core/internal'
import { assertFromHere, makeDirectories } from './coffer-path.js'
import { NEW_FILE, quietly, setMeta } from './file-access.js'
import { folded, isSameFile } from './same-file.js'

/** Which symlinks are made: those that stay inside the target, all, or none. */
export type LinkPolicy = 'inside' | 'all' | 'skip'

export interface TreeWriterOptions {
  /** With `false`, a file that is there is left and reported. */
  readonly overwrite?: boolean | undefined
  readonly links?: LinkPolicy | undefined
}

/** Whether a path, its directory a real one, is the coffer's own: nothing that comes out of it takes that place. */
export type IsOfCoffer = (path: string) => boolean | Promise<boolean>

/** Something that could not be written, and why. */
export interface ExtractProblem {
  readonly name: string
  /**
   * `ERR_COFFER_NAME`: this system has no such names; `ERR_COFFER_EXISTS`: something is there already; `ERR_COFFER_CONFLICT`: something
   * else is in the way, or the name cannot be told from another one; `ERR_COFFER_PERMISSION`; `ERR_COFFER_UNSUPPORTED`: a link that
   * leads out of the target, or that this file system has no such thing as, or a file that is larger than it takes.
   */
  readonly code: CofferErrorCode
  readonly message: string
}

export interface EntryMeta {
  readonly mode: number
  readonly mtimeMs: number
}

/** Writes a file's content and says how many bytes; `path` is what messages call it. */
export type FillFile = (handle: FileHandle, path: string) => Promise<number>

const TEMPORARY_PREFIX = '.coffer-extract-'

/** Errors of the system that concern one name and nothing else. */
const problemCodes: Readonly<Record<string, CofferErrorCode>> = {
  ENAMETOOLONG: 'ERR_COFFER_NAME',
  EINVAL: 'ERR_COFFER_NAME',
  EILSEQ: 'ERR_COFFER_NAME',
  ENOTDIR: 'ERR_COFFER_CONFLICT',
  EISDIR: 'ERR_COFFER_CONFLICT',
  ENOTEMPTY: 'ERR_COFFER_CONFLICT',
  ELOOP: 'ERR_COFFER_CONFLICT',
  EEXIST: 'ERR_COFFER_EXISTS',
  EACCES: 'ERR_COFFER_PERMISSION',
  EPERM: 'ERR_COFFER_PERMISSION',
  EBUSY: 'ERR_COFFER_PERMISSION',
  ENOTSUP: 'ERR_COFFER_UNSUPPORTED',
  EOPNOTSUPP: 'ERR_COFFER_UNSUPPORTED',
  ENOSYS: 'ERR_COFFER_UNSUPPORTED',
  EFBIG: 'ERR_COFFER_UNSUPPORTED',
}

/** Not an error of the run, but of one name in it. */
class NameProblem extends Error {
  readonly code: CofferErrorCode

  constructor(code: CofferErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A name made in this run, and when it stands. */
interface Made {
  readonly name: string
  readonly settled: Promise<void>
}

/**
 * Writes files below one directory and nowhere else: no link on the way is followed, none that was there is written through, and a
 * file stands under its name only when it is complete. (Somebody else who swaps directories for links below the target while it is
 * written to is not guarded against: Node cannot open a file relative to an open directory.)
 */
export class TreeWriter {
  readonly problems: ExtractProblem[] = []
  readonly #root: string
  readonly #options: TreeWriterOptions
  readonly #isOfCoffer: IsOfCoffer
  /** Directories that are known to be real ones, by name. */
  readonly #safe = new Set<string>([''])
  readonly #directories: { readonly name: string; readonly meta: EntryMeta }[] = []
  /** What was made so far, by how a system sees names that ignores case. */
  readonly #made = new Map<string, Made>()

  /** Tells what is made here from what others make at the same time. */
  readonly #run: string = randomBytes(8).toString('hex')
  #temporaries = 0

  private constructor(root: string, options: TreeWriterOptions, isOfCoffer: IsOfCoffer) {
    this.#root = root
    this.#options = options
    this.#isOfCoffer = isOfCoffer
  }

  /** Makes the directory where it is missing. The caller's path may go through links; everything below may not. */
  static async create(directory: string, options: TreeWriterOptions = {}, isOfCoffer: IsOfCoffer = () => false): Promise<TreeWriter> {
    const { links = 'inside' } = options
    if (!['inside', 'all', 'skip'].includes(links)) throw new TypeError('`links` is "inside", "all" or "skip".')
    assertFromHere(directory)
    return withStorageErrors(`write to ${directory}`, async () => {
      await makeDirectories(resolve(directory))
      await access(directory, constants.W_OK)
      return new TreeWriter(await realpath(directory), options, isOfCoffer)
    })
  }

  async directory(name: string, meta: EntryMeta): Promise<void> {
    await this.#attempt(name, async () => {
      // For nobody else before its own mode is set, at the end.
      await this.#enter(name, 0o700)
      this.#directories.push({ name, meta })
    })
  }

  async symlink(name: string, target: string, meta: EntryMeta): Promise<void> {
    const { links = 'inside' } = this.#options
    if (links === 'skip') return
    await this.#attempt(name, async () => {
      if (links === 'inside' && !(staysInside(name, target) && isPlain(target))) {
        throw new NameProblem('ERR_COFFER_UNSUPPORTED', `it is a link that leads out of the target (to ${quoteName(target)})`)
      }
      await this.#enter(parentOf(name))
      await this.#assertFree(name)
      const temporary = this.#temporaryFor(name)
      await symlink(target, temporary)
      await this.#settle(name, temporary)
      await quietly(() => lutimes(this.#pathOf(name), meta.mtimeMs / 1000, meta.mtimeMs / 1000))
    })
  }

  /**
   * Writes a file out of its pieces, or has it filled; says how many bytes, or `undefined` where it could not be written, which is
   * reported.
   */
  async file(name: string, meta: EntryMeta, content: AsyncIterable<Uint8Array> | FillFile): Promise<number | undefined> {
    return this.#attempt(name, async () => {
      await this.#enter(parentOf(name))
      await this.#assertFree(name)
      const temporary = this.#temporaryFor(name)
      const handle = await open(temporary, NEW_FILE, 0o600)
      let written: number
      try {
        written = await (typeof content === 'function' ? content(handle, temporary) : writePieces(handle, content))
        await setMeta(handle, meta.mode, meta.mtimeMs)
        await handle.close()
      } catch (error) {
        await handle.close().catch(() => undefined)
        await rm(temporary, { force: true })
        throw error
      }
      await this.#settle(name, temporary)
      return written
    })
  }

  /** Gives a file that stands here another mode, where the file system has such things. */
  async setMode(name: string, mode: number): Promise<void> {
    await this.#attempt(name, async () => {
      await this.#enter(parentOf(name))
      const path = this.#pathOf(name)
      // Where a link has taken its place, what it leads to would get the mode.
      if ((await statOf(path))?.isFile() === true) await quietly(() => chmod(path, mode & 0o777))
    })
  }

  /** Whether what stands here has that mode. */
  async hasMode(name: string, mode: number): Promise<boolean> {
    const stats = await statOf(this.#pathOf(name))
    return stats !== undefined && Number(stats.mode & 0o777n) === mode
  }

  /** Says that `name` stands here already, and belongs here: nothing that this system takes for the same is written over it. */
  keep(name: string): void {
    this.#made.set(folded(name), { name, settled: Promise.resolve() })
  }

  /** Deletes a file, or a directory in which nothing is left. Says whether it is gone; what keeps it is reported, unless it is what is in it. */
  async remove(name: string, type: 'file' | 'directory' | 'symlink'): Promise<boolean> {
    const isGone = await this.#reporting(name, async () => {
      const path = this.#pathOf(name)
      try {
        await (type === 'directory' ? rmdir(path) : rm(path))
      } catch (error) {
        const code = systemCode(error) ?? ''
        if (type === 'directory' && ['ENOTEMPTY', 'EEXIST'].includes(code)) return false
        if (code !== 'ENOENT') throw error
      }
      return true
    })
    return isGone === true
  }

  /**
   * Has several small files made at once. `make` makes them where they cannot be seen yet, and says for each what the system had against
   * it. Says which of them stand in the end.
   */
  async files(
    files: readonly { readonly name: string; readonly meta: EntryMeta }[],
    make: (files: readonly NewFile[], of: readonly number[]) => Promise<readonly CreateResult[]>,
  ): Promise<boolean[]> {
    const prepared: { readonly index: number; readonly name: string; readonly file: NewFile }[] = []
    for (const [index, { name, meta }] of files.entries()) {
      await this.#attempt(name, async () => {
        await this.#enter(parentOf(name))
        if (this.#options.overwrite === false) await this.#assertFree(name)
        prepared.push({ index, name, file: { ...meta, path: this.#temporaryFor(name) } })
      })
    }
    const stands = files.map(() => false)
    if (prepared.length === 0) return stands
    const results = await make(
      prepared.map(({ file }) => file),
      prepared.map(({ index }) => index),
    ).catch(async (error: unknown) => {
      for (const { file } of prepared) await rm(file.path, { force: true })
      throw error
    })
    const settled = prepared.map(async ({ index, name, file }, i) => {
      await this.#attempt(name, async () => {
        const code = results[i]
        if (code !== undefined) throw systemError(code)
        await this.#settle(name, file.path)
        stands[index] = true
      })
    })
    // Also when one fails: nobody is at work in the target afterwards.
    await Promise.allSettled(settled)
    await Promise.all(settled)
    return stands
  }

  /** Gives directories their modes and times, the deepest first, now that nothing more goes into them. */
  async finish(): Promise<void> {
    const deepestFirst = this.#directories.toSorted((a, b) => depthOf(b.name) - depthOf(a.name))
    for (const { name, meta } of deepestFirst) {
      await this.#attempt(name, async () => {
        const path = this.#pathOf(name)
        await quietly(() => utimes(path, meta.mtimeMs / 1000, meta.mtimeMs / 1000))
        await quietly(() => chmod(path, meta.mode & 0o777))
      })
    }
  }

  /** Makes sure that `name` is a real directory, and all above it. */
  async #enter(name: string, mode: number = 0o777): Promise<void> {
    if (this.#safe.has(name)) return
    await this.#enter(parentOf(name))
    await this.#claim(name, async () => {
      const path = this.#pathOf(name)
      try {
        await mkdir(path, { mode })
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error
        if (!(await lstat(path)).isDirectory()) {
          throw new NameProblem('ERR_COFFER_CONFLICT', `${quoteName(name)} is there already and is no directory (or is a link, which is not followed)`)
        }
      }
    })
    this.#safe.add(name)
  }

  /** @throws NameProblem where something stands at the place of a file that may not be replaced. */
  async #assertFree(name: string): Promise<void> {
    const before = await statOf(this.#pathOf(name))
    if (before?.isDirectory()) throw new NameProblem('ERR_COFFER_EXISTS', 'a directory of that name is there already')
    if (before && this.#options.overwrite === false) throw new NameProblem('ERR_COFFER_EXISTS', 'a file of that name is there already')
  }

  /** Puts a finished file at its place, over what is there, which is never followed. */
  async #settle(name: string, temporary: string): Promise<void> {
    try {
      await this.#claim(name, async () => {
        if (this.#options.overwrite === false) await this.#assertFree(name)
        await rename(temporary, this.#pathOf(name))
      })
    } catch (error) {
      await rm(temporary, { force: true })
      // A directory in the way has an error of its own.
      if (systemCode(error) !== undefined) await this.#assertFree(name)
      throw error
    }
  }

  /** Makes `name`, unless this system takes another name of this run for the same. */
  async #claim(name: string, make: () => Promise<void>): Promise<void> {
    const key = folded(name)
    for (let other = this.#made.get(key); other; ) {
      await other.settled
      if (other.name !== name && (await isSameFile(this.#pathOf(other.name), this.#pathOf(name)))) {
        throw new NameProblem('ERR_COFFER_CONFLICT', `this system does not tell it from ${quoteName(other.name)}`)
      }
      const latest = this.#made.get(key)
      if (latest === other) break
      other = latest
    }
    const making = make()
    this.#made.set(key, { name, settled: making.catch(() => undefined) })
    await making
  }

  /** Makes something of that name; see {@link TreeWriter.#reporting}. */
  async #attempt<T>(name: string, action: () => Promise<T>): Promise<T | undefined> {
    const problem = nameProblem(name) ?? (process.platform === 'win32' ? portabilityProblem(name.normalize('NFC')) : undefined)
    if (problem === undefined) return this.#reporting(name, action)
    this.problems.push({ name, code: 'ERR_COFFER_NAME', message: problem })
    return undefined
  }

  /** Runs `action`; what only concerns this one name is reported and does not end the whole. */
  async #reporting<T>(name: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      if (await this.#isOfCoffer(this.#pathOf(name))) throw new NameProblem('ERR_COFFER_CONFLICT', 'the coffer that it comes from is there, or a file of its own')
      return await action()
    } catch (error) {
      const system = systemCode(error) ?? tooLarge(error) ?? ''
      const code = error instanceof NameProblem ? error.code : problemCodes[system]
      if (code === undefined) return withStorageErrors(`write ${this.#pathOf(name)}`, () => Promise.reject(error))
      this.problems.push({ name, code, message: error instanceof NameProblem ? error.message : `the system refuses it (${system})` })
      return undefined
    }
  }

  #pathOf(name: string): string {
    return join(this.#root, ...name.split('/'))
  }

  #temporaryFor(name: string): string {
    return join(dirname(this.#pathOf(name)), `${TEMPORARY_PREFIX}${this.#run}-${this.#temporaries++}`)
  }
}

/** Writes pieces one after the other; says how many bytes. */
export async function writePieces(handle: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<number> {
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

/** `EFBIG` where that is behind the error of a thread. Nothing that is read from a coffer gives it. */
function tooLarge(error: unknown): string | undefined {
  return isCofferError(error) && systemCode(error.cause) === 'EFBIG' ? 'EFBIG' : undefined
}

/** What Node throws for a failed system call. */
function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'open' })
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch(() => undefined)
}

/** Whether a link's target means the same on every system: on Windows `..\x` and `C:x` lead elsewhere. */
function isPlain(target: string): boolean {
  return process.platform !== 'win32' || !/[\\:]/.test(target)
}

function parentOf(name: string): string {
  const at = name.lastIndexOf('/')
  return at < 0 ? '' : name.slice(0, at)
}

function depthOf(name: string): number {
  return name.split('/').length
}
