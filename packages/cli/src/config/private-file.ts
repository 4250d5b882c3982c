import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CommandError } from '../command-error.js'

/** More than this is neither a configuration nor keys. */
const MOST_BYTES = 1_048_576
const OWNER_ONLY = 0o600

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

/** Puts a file for its owner alone in the place of `path` in one step; a symlink stays one. With `isNew`, refuses one that is there. */
export async function writePrivateFile(path: string, text: string, options: { readonly isNew?: boolean } = {}): Promise<void> {
  const target = await realpath(path).catch(() => path)
  if (options.isNew) {
    try {
      const handle = await open(target, 'wx', OWNER_ONLY)
      await handle.close()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') throw new CommandError('declined', `There is a ${path} already, which is left as it is: choose another name.`, error)
      throw new CommandError('configuration', `${path} cannot be made (${code ?? 'unknown error'}).`, error)
    }
  }
  const temporary = join(dirname(target), `.coffer-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, 'wx', OWNER_ONLY)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
    await syncDirectory(dirname(target))
  } catch (error) {
    await rm(temporary, { force: true })
    throw new CommandError('configuration', `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`, error)
  }
}

/** So that a file that was put there is there after a crash, too. Not every system can. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY).catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
