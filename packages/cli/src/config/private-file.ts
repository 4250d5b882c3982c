import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isCofferError, type StorageLock } from '@coffer/core'
import { CommandError, withHint } from '../command-error.js'

/** More than this is neither a configuration nor keys. */
const MOST_BYTES = 1_048_576
const OWNER_ONLY = 0o600
/** Whoever changes a file is at it for milliseconds. */
const LOCK_TIMEOUT_MS = 5000

/**
 * The text of a file with secrets, which only its owner may read; `undefined` where there is none.
 * @throws CommandError for a file that others may read, saying how to change that.
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  const handle = await openOrUndefined(path)
  if (!handle) return undefined
  try {
    const stats = await handle.stat()
    if (!stats.isFile() && !stats.isFIFO()) throw new CommandError('configuration', `${path} is not a file.`)
    const mode = stats.mode & 0o777
    // A pipe of the shell's, as of <(command), is nobody else's.
    if (stats.isFile() && process.platform !== 'win32' && (mode & ~OWNER_ONLY) !== 0) {
      throw new CommandError('configuration', `${path} holds secrets and has the mode ${mode.toString(8)}, not 600. Only you may read it: chmod 600 ${path}`)
    }
    if (stats.size > MOST_BYTES) throw new CommandError('configuration', `${path} is too long to be a configuration or keys.`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

async function openOrUndefined(path: string): Promise<Awaited<ReturnType<typeof open>> | undefined> {
  try {
    return await open(path, constants.O_RDONLY)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new CommandError('configuration', `${path} cannot be read (${code ?? 'unknown error'}).`, error)
  }
}

/**
 * Puts `text` in the place of `before`, which was read at `path`; `undefined` where there was nothing. Whoever else does so waits.
 * @throws CommandError where something else is there by now: keys that are nowhere else, it may be.
 */
export async function replacePrivateFile(path: string, before: string | undefined, text: string, signal: AbortSignal): Promise<void> {
  const lock = await lockFile(path, signal)
  try {
    if ((await readPrivateFile(path)) !== before) {
      throw new CommandError('declined', `${path} was changed by another command meanwhile, and is left as it is now: run this one again.`)
    }
    await put(await realpath(path).catch(() => path), path, text)
  } finally {
    await lock.release()
  }
}

async function lockFile(path: string, signal: AbortSignal): Promise<StorageLock> {
  const { fileStorage } = await import('@coffer/node')
  // PyCoffer locks coffers, and nothing else.
  const storage = fileStorage(path, { interopLock: false })
  const locking = withHint('ERR_COFFER_LOCKED', 'another command is changing it: run this one again.', () => storage.lock('exclusive', { timeoutMs: LOCK_TIMEOUT_MS, signal }))
  return locking.catch((error: unknown) => {
    throw isCofferError(error) && error.code !== 'ERR_COFFER_LOCKED' ? notWritable(path, error.cause) : error
  })
}

/** Makes a file for its owner alone; refuses to where there is one. */
export async function createPrivateFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path)
  try {
    const handle = await open(target, 'wx', OWNER_ONLY)
    await handle.close()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw new CommandError('declined', `There is a ${path} already, which is left as it is: choose another name.`, error)
    throw new CommandError('configuration', `${path} cannot be made (${code ?? 'unknown error'}).`, error)
  }
  try {
    await put(target, path, text)
  } catch (error) {
    // Empty, it would be in the way of the next attempt.
    await rm(target, { force: true })
    throw error
  }
}

/** In one step; a symlink stays one, and who owns it, and may write to it, stays the same. */
async function put(target: string, path: string, text: string): Promise<void> {
  const temporary = join(dirname(target), `.coffer-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, 'wx', OWNER_ONLY)
    try {
      await handle.writeFile(text)
      const before = await stat(target).catch(() => undefined)
      if (before) {
        const own = await handle.stat()
        // As far as the system permits it.
        if (own.uid !== before.uid || own.gid !== before.gid) await handle.chown(before.uid, before.gid).catch(() => undefined)
        await handle.chmod(before.mode & OWNER_ONLY)
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
    await syncDirectory(dirname(target))
  } catch (error) {
    await rm(temporary, { force: true })
    throw notWritable(path, error)
  }
}

function notWritable(path: string, error: unknown): CommandError {
  return new CommandError('configuration', `${path} cannot be written (${(error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error'}).`, error)
}

/** So that a file that was put there is there after a crash, too. Not every system can. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY).catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
