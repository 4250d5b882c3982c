import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, lstat, open, readdir, realpath, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { CofferError, type CofferStorage, type LockKind, type LockOptions, type StorageFile, type StorageLock, type StorageReplacement } from '@coffer/core'
import { storageError, systemCode, withStorageErrors } from './fs-errors.js'
import { acquireFileLock } from './lock-file.js'

/** New files are for their owner only. */
const FILE_MODE = 0o600
const TEMPORARY_SUFFIX = '.coffer-tmp'

export interface FileStorageOptions {
  /** Also takes the lock that PyCoffer takes, where the system has a program for it (docs/ARCHITECTURE.md, Locks). */
  readonly interopLock?: boolean | undefined
}

/** One coffer as one file. A symlink at `path` stays one: the file it points to is what is read and replaced. */
export function fileStorage(path: string, options: FileStorageOptions = {}): CofferStorage {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw new TypeError('The path of a coffer is a string that is not empty.')
  return new FileStorage(resolve(path), options)
}

class FileStorage implements CofferStorage {
  readonly name: string
  readonly #options: FileStorageOptions

  constructor(path: string, options: FileStorageOptions) {
    this.name = path
    this.#options = options
  }

  async open(access: 'read' | 'write'): Promise<StorageFile | undefined> {
    return withStorageErrors(`open ${this.name}`, async () => {
      const path = await this.#target()
      try {
        if ((await stat(path)).isDirectory()) throw new CofferError('ERR_COFFER_NOT_A_COFFER', `${this.name} is a directory, not a coffer.`)
        const handle = await open(path, access === 'write' ? 'r+' : 'r')
        if (access === 'write') await this.#removeLeftovers(path)
        return new HandleFile(handle, path)
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined
        throw error
      }
    })
  }

  async replace(): Promise<StorageReplacement> {
    return withStorageErrors(`make a new file beside ${this.name}`, async () => {
      const path = await this.#target()
      if ((await statOrUndefined(path))?.isDirectory()) throw new CofferError('ERR_COFFER_NOT_A_COFFER', `${this.name} is a directory, not a coffer.`)
      await this.#removeLeftovers(path)
      const temporary = join(dirname(path), `${temporaryPrefix(path)}${randomBytes(8).toString('hex')}${TEMPORARY_SUFFIX}`)
      return new ReplacementFile(await open(temporary, 'wx+', FILE_MODE), temporary, path)
    })
  }

  async spool(): Promise<StorageFile> {
    return withStorageErrors('make a temporary file', async () => {
      const name = `.coffer-${randomBytes(12).toString('hex')}${TEMPORARY_SUFFIX}`
      const directory = dirname(await this.#target())
      const beside = join(directory, name)
      try {
        return await anonymousFile(beside)
      } catch (error) {
        if (systemCode(error) !== 'EACCES' && systemCode(error) !== 'EROFS') throw error
        return anonymousFile(join(tmpdir(), name))
      }
    })
  }

  async backup(extension: string): Promise<void> {
    await withStorageErrors(`keep a copy of ${this.name}`, async () => {
      const path = await this.#target()
      const before = await statOrUndefined(path)
      if (!before) return
      const temporary = join(dirname(path), `${temporaryPrefix(path)}${randomBytes(8).toString('hex')}${TEMPORARY_SUFFIX}`)
      try {
        await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
        const handle = await open(temporary, 'r+')
        try {
          await handle.sync()
        } finally {
          await handle.close()
        }
        await rename(temporary, path + extension)
        await syncDirectory(dirname(path))
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    })
  }

  async lock(kind: LockKind, options: LockOptions): Promise<StorageLock> {
    if (kind !== 'exclusive') throw new CofferError('ERR_COFFER_UNSUPPORTED', 'Files have exclusive locks only.')
    const path = await withStorageErrors(`lock ${this.name}`, () => this.#target())
    return acquireFileLock(path, { ...options, interop: this.#options.interopLock ?? true })
  }

  /** Where the file is, or will be: behind symlinks, of which the last may dangle. */
  async #target(): Promise<string> {
    try {
      return await realpath(this.name)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
    }
    return join(await realpath(dirname(this.name)), basename(this.name))
  }

  /** Removes what processes that died left of replacements. Called under the lock only. */
  async #removeLeftovers(path: string): Promise<void> {
    const prefix = temporaryPrefix(path)
    const names = await readdir(dirname(path)).catch(() => [])
    for (const name of names) {
      if (name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX)) await rm(join(dirname(path), name), { force: true }).catch(() => undefined)
    }
  }
}

/** A file by its handle. */
class HandleFile implements StorageFile {
  protected readonly handle: FileHandle
  protected path: string
  #isClosed = false

  constructor(handle: FileHandle, path: string) {
    this.handle = handle
    this.path = path
  }

  size(): Promise<number> {
    return withStorageErrors(`look at ${this.path}`, async () => (await this.handle.stat()).size)
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return withStorageErrors(`read ${this.path}`, async () => {
      const bytes = Buffer.allocUnsafeSlow(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await this.handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return new Uint8Array(bytes.buffer, 0, done)
    })
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return withStorageErrors(`write ${this.path}`, async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, offset + done)
        done += bytesWritten
      }
    })
  }

  truncate(size: number): Promise<void> {
    return withStorageErrors(`cut ${this.path}`, () => this.handle.truncate(size))
  }

  sync(): Promise<void> {
    return withStorageErrors(`sync ${this.path}`, () => this.handle.sync())
  }

  async isCurrent(): Promise<boolean> {
    try {
      const [own, there] = await Promise.all([this.handle.stat({ bigint: true }), lstat(this.path, { bigint: true })])
      return own.ino === there.ino && own.dev === there.dev
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false
      throw storageError(error, `look at ${this.path}`)
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await withStorageErrors(`close ${this.path}`, () => this.handle.close())
  }
}

/** A file that takes the place of another. */
class ReplacementFile extends HandleFile implements StorageReplacement {
  readonly #target: string
  readonly #temporary: string
  #isPublished = false

  constructor(handle: FileHandle, temporary: string, target: string) {
    super(handle, temporary)
    this.#temporary = temporary
    this.#target = target
  }

  async publish(): Promise<void> {
    await withStorageErrors(`put the new file at ${this.#target}`, async () => {
      const before = await statOrUndefined(this.#target)
      if (before) await this.handle.chmod(before.mode & 0o777)
      await this.handle.sync()
      await rename(this.#temporary, this.#target)
      this.#isPublished = true
      this.path = this.#target
      await syncDirectory(dirname(this.#target))
    })
  }

  override async close(): Promise<void> {
    await super.close()
    if (!this.#isPublished) await rm(this.#temporary, { force: true })
  }
}

/** A new file that has no name any more, where the system lets go of names that are open; else it is removed at `close`. */
async function anonymousFile(path: string): Promise<StorageFile> {
  const handle = await open(path, 'wx+', FILE_MODE)
  const isGone = await unlink(path).then(
    () => true,
    () => false,
  )
  const file = new HandleFile(handle, path)
  if (isGone) return file
  const close = file.close.bind(file)
  file.close = async () => {
    await close()
    await rm(path, { force: true })
  }
  return file
}

async function statOrUndefined(path: string): Promise<{ readonly mode: number; isDirectory(): boolean } | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Makes a rename last. Windows has no way to ask for it, and needs none. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`
}
