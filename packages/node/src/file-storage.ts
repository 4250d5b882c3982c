import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { copyFile, lstat, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CofferError, type CofferStorage, type LockKind, type LockOptions, type StorageFile, type StorageLock, type StorageReplacement } from '@coffer/core'
import { assertFromHere, realTarget } from './coffer-path.js'
import { fileAccess } from './file-access.js'
import { storageError, systemCode, withStorageErrors } from '@coffer/core/internal'
import { acquireFileLock, FLOCK_SUFFIX, LOCK_SUFFIX, removeDeadDrafts } from './lock-file.js'

/** New files are for their owner only. */
const FILE_MODE = 0o600
const TEMPORARY_SUFFIX = '.coffer-tmp'
/** Where the command has a coffer's keyring. An older one in its place may be without the coffer's keys. */
const KEYRING_SUFFIX = '.keyring'
/** Temporary files that this process is at work on. */
const underWay = new Set<string>()

export interface FileStorageOptions {
  /** Also takes the lock that PyCoffer takes, where the system has a program for it (docs/ARCHITECTURE.md, Locks). */
  readonly interopLock?: boolean | undefined
}

/**
 * One coffer as one file, at a path or a `file:` address. A symlink there stays one: the file it points to is what is read, locked and replaced.
 *
 * It locks exclusively only; `shared` is `ERR_COFFER_UNSUPPORTED`.
 */
export function fileStorage(place: string | URL, options: FileStorageOptions = {}): CofferStorage {
  const path = place instanceof URL ? fileURLToPath(place) : place
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw new TypeError('The path of a coffer is a string that is not empty.')
  assertFromHere(path)
  return new FileStorage(resolve(path), options)
}

/** The path of a storage that {@link fileStorage} has made; nothing for another. */
export function pathOf(storage: CofferStorage): string | undefined {
  return storage instanceof FileStorage ? storage.name : undefined
}

/** Whether `path` is the coffer at `coffer`, both real paths, or one of the files that stand beside it: its locks, its keyring. */
export function belongsToCoffer(path: string, coffer: string): boolean {
  if (!path.startsWith(dirname(coffer))) return false
  if (path === coffer || path === coffer + KEYRING_SUFFIX || path === coffer + FLOCK_SUFFIX || path.startsWith(coffer + LOCK_SUFFIX)) return true
  return dirname(path) === dirname(coffer) && isTemporaryOf(basename(path), coffer)
}

class FileStorage implements CofferStorage {
  readonly name: string
  readonly #options: FileStorageOptions
  #locksHeld = 0

  constructor(path: string, options: FileStorageOptions) {
    this.name = path
    this.#options = options
  }

  async open(access: 'read' | 'write'): Promise<StorageFile | undefined> {
    return withStorageErrors(`open ${this.name}`, async () => {
      const path = await realTarget(this.name)
      if (!(await this.#isFile(path))) return undefined
      try {
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
      const path = await realTarget(this.name)
      await this.#isFile(path)
      await this.#removeLeftovers(path)
      const temporary = temporaryOf(path)
      return new ReplacementFile(await open(temporary, 'wx+', FILE_MODE), temporary, path)
    })
  }

  async spool(): Promise<StorageFile> {
    return withStorageErrors('make a temporary file', async () => {
      const name = `.coffer-${randomBytes(12).toString('hex')}${TEMPORARY_SUFFIX}`
      const directory = dirname(await realTarget(this.name))
      try {
        return await anonymousFile(join(directory, name))
      } catch (error) {
        if (!['EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '')) throw error
        return anonymousFile(join(tmpdir(), name))
      }
    })
  }

  async backup(extension: string): Promise<void> {
    await withStorageErrors(`keep a copy of ${this.name}`, async () => {
      const path = await realTarget(this.name)
      if (!(await this.#isFile(path))) return
      const temporary = temporaryOf(path)
      underWay.add(temporary)
      try {
        await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
        const handle = await open(temporary, 'r+')
        try {
          await handle.sync()
        } finally {
          await handle.close()
        }
        await putInPlace(temporary, path + extension)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      } finally {
        underWay.delete(temporary)
      }
    })
  }

  async lock(kind: LockKind, options: LockOptions): Promise<StorageLock> {
    if (kind !== 'exclusive') throw new CofferError('ERR_COFFER_UNSUPPORTED', 'Files have exclusive locks only.')
    const path = await withStorageErrors(`lock ${this.name}`, async () => {
      const target = await realTarget(this.name)
      // Nothing is put beside what cannot be a coffer.
      await this.#isFile(target)
      return target
    })
    const lock = await acquireFileLock(path, { ...options, interop: this.#options.interopLock ?? true })
    this.#locksHeld += 1
    let isReleased = false
    return {
      isHeld: () => lock.isHeld(),
      release: async () => {
        if (!isReleased) this.#locksHeld -= 1
        isReleased = true
        await lock.release()
      },
    }
  }

  /** Whether there is a file; a pipe or a device would wait for ever or be written over. */
  async #isFile(path: string): Promise<boolean> {
    const stats = await statOrUndefined(path)
    if (!stats) return false
    if (stats.isFile()) return true
    throw new CofferError('ERR_COFFER_NOT_A_COFFER', `${this.name} is ${stats.isDirectory() ? 'a directory' : 'no regular file'}, not a coffer.`)
  }

  /** Removes what processes that died left behind: whoever holds the lock knows that nobody is at work on it. */
  async #removeLeftovers(path: string): Promise<void> {
    if (this.#locksHeld === 0) return
    const directory = dirname(path)
    const names = await readdir(directory).catch(() => [])
    for (const name of names) {
      const file = join(directory, name)
      if (isTemporaryOf(name, path) && !underWay.has(file)) await rm(file, { force: true }).catch(() => undefined)
    }
    await removeDeadDrafts(path, names)
  }
}

/** A file by its handle. */
class HandleFile implements StorageFile {
  protected readonly handle: FileHandle
  protected path: string
  #isClosed = false
  /** The syncs that were begun while more was written. */
  #behind: Promise<unknown> = Promise.resolve()
  #isBehind = false

  constructor(handle: FileHandle, path: string) {
    this.handle = handle
    this.path = path
  }

  get direct(): { descriptor: number; name: string } {
    if (this.#isClosed) throw new CofferError('ERR_COFFER_IO', `${this.path} is closed.`)
    return { descriptor: this.handle.fd, name: this.path }
  }

  size(): Promise<number> {
    return withStorageErrors(`look at ${this.path}`, async () => (await this.handle.stat()).size)
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return fileAccess.read({ ...this.direct, offset, length })
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    return fileAccess.write({ ...this.direct, offset }, bytes)
  }

  truncate(size: number): Promise<void> {
    return withStorageErrors(`cut ${this.path}`, () => this.handle.truncate(size))
  }

  async sync(): Promise<void> {
    await withStorageErrors(`sync ${this.path}`, async () => {
      await this.#behind
      await this.handle.sync()
    })
  }

  syncBehind(): void {
    if (this.#isBehind) return
    this.#isBehind = true
    // A failure is kept: the system tells of it once, and thinks that all is well afterwards.
    this.#behind = Promise.all([this.#behind, this.handle.datasync()])
    void this.#behind.catch(() => undefined).finally(() => {
      this.#isBehind = false
    })
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
    underWay.add(temporary)
  }

  async publish(): Promise<void> {
    await withStorageErrors(`put the new file at ${this.#target}`, async () => {
      const before = await statOrUndefined(this.#target)
      if (before) await takeOver(this.handle, before)
      await this.sync()
      await putInPlace(this.#temporary, this.#target)
      this.#isPublished = true
      underWay.delete(this.#temporary)
      this.path = this.#target
    })
  }

  override async isCurrent(): Promise<boolean> {
    return this.#isPublished && super.isCurrent()
  }

  override async close(): Promise<void> {
    await super.close()
    if (this.#isPublished) return
    await rm(this.#temporary, { force: true })
    underWay.delete(this.#temporary)
  }
}

/** Gives a file the owner, where the system permits that, and the mode of another. */
async function takeOver(handle: FileHandle, before: Stats): Promise<void> {
  const own = await handle.stat()
  if (own.uid !== before.uid || own.gid !== before.gid) await handle.chown(before.uid, before.gid).catch(() => undefined)
  await handle.chmod(before.mode & 0o777)
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

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Renames a file, and makes that last; Windows has no way to ask for it, and needs none. The directory is opened before, and nothing fails
 * once the file is there: whoever was told that it is not would go on with what it has replaced, such as a coffer under its old keys.
 */
async function putInPlace(from: string, to: string): Promise<void> {
  const directory = process.platform === 'win32' ? undefined : await open(dirname(to), 'r')
  try {
    await rename(from, to)
    await directory?.sync().catch(() => undefined)
  } finally {
    await directory?.close().catch(() => undefined)
  }
}

function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}${TEMPORARY_SUFFIX}`)
}

/** Exactly so: `.a.b.HEX.coffer-tmp` is of the coffer `a.b`, not of `a`. */
function isTemporaryOf(name: string, path: string): boolean {
  const prefix = `.${basename(path)}.`
  return name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length, -TEMPORARY_SUFFIX.length))
}
