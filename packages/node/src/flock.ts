import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { CofferError } from '@coffer/core'
import { systemCode } from '@coffer/core/internal'

/** A lock of the operating system on an open file; closing the file gives it up, and so does the end of the process. */
export interface Flock {
  /** Whether the lock still excludes others; where somebody removed the file, it is taken anew on a new one. */
  renew(): Promise<boolean>
  release(): Promise<void>
}

/** Not where a link leads to: whoever made that may not write there himself. Nor is it waited for at a pipe. */
const LOCK_FILE = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** What a helper says when somebody else holds the lock. */
const HELD = 75

interface Helper {
  readonly command: string
  readonly args: readonly string[]
}

/** util-linux; BusyBox, whose exit status says less; what other systems have. Each is given the open file as its descriptor 3. */
const helpers: readonly Helper[] = [
  { command: 'flock', args: ['-n', '-E', String(HELD), '3'] },
  { command: 'sh', args: ['-c', `flock -u 3 || exit 2; flock -n 3 || exit ${HELD}`] },
  { command: 'perl', args: ['-MErrno', '-e', `open(F, "+<&=3") or exit 2; exit(flock(F, 6) ? 0 : $!{EWOULDBLOCK} ? ${HELD} : 2)`] },
  { command: 'python3', args: ['-I', '-S', '-c', `import fcntl, sys\ntry: fcntl.flock(3, 6)\nexcept BlockingIOError: sys.exit(${HELD})`] },
]
/** Those that may work here, the one that has worked first. */
let candidates: readonly Helper[] = process.platform === 'win32' ? [] : helpers

/**
 * Takes the flock of a file, made where there is none and never removed or written to: Python's filelock takes the same. Node has no
 * call for it, so a helper takes it on a descriptor that it shares with us; the lock belongs to the open file and stays. `undefined`
 * where no helper can do it.
 */
export async function takeFlock(path: string): Promise<Flock | 'held' | undefined> {
  const handle = await openLocked(path)
  return handle === undefined || handle === 'held' ? handle : new HeldFlock(path, handle)
}

class HeldFlock implements Flock {
  readonly #path: string
  #handle: FileHandle
  #renewing: Promise<boolean> | undefined

  constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  renew(): Promise<boolean> {
    // Two at once would find each other's new file locked.
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async release(): Promise<void> {
    await this.#renewing?.catch(() => undefined)
    await this.#handle.close()
  }

  async #renew(): Promise<boolean> {
    if (await isAt(this.#handle, this.#path)) return true
    const next = await openLocked(this.#path)
    if (next === 'held' || next === undefined) return false
    await this.#handle.close()
    this.#handle = next
    return true
  }
}

async function openLocked(path: string): Promise<FileHandle | 'held' | undefined> {
  while (candidates.length > 0) {
    const handle = await open(path, LOCK_FILE, 0o600).catch(refuseLink(path))
    let isKept = false
    try {
      const outcome = await lockThrough(handle)
      if (outcome !== 'locked') return outcome
      // PyCoffer removes the file when it closes: a lock on a file that has no name excludes nobody.
      isKept = await isAt(handle, path)
      if (isKept) return handle
    } finally {
      if (!isKept) await handle.close()
    }
  }
  return undefined
}

function refuseLink(path: string): (error: unknown) => never {
  return (error) => {
    if (systemCode(error) !== 'ELOOP') throw error
    throw new CofferError('ERR_COFFER_PERMISSION', `${path} is a link, through which no lock is taken: remove it.`, error)
  }
}

async function lockThrough(handle: FileHandle): Promise<'locked' | 'held' | undefined> {
  for (const helper of candidates) {
    const status = await run(helper, handle.fd)
    if (status === 'missing') {
      candidates = candidates.filter((other) => other !== helper)
    } else if (status === 0 || status === HELD) {
      if (candidates[0] !== helper) candidates = [helper, ...candidates.filter((other) => other !== helper)]
      return status === 0 ? 'locked' : 'held'
    }
  }
  return undefined
}

function run({ command, args }: Helper, fd: number): Promise<number | 'missing' | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'ignore', 'ignore', fd] })
    child.once('error', (error) => {
      const code = systemCode(error)
      if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOEXEC') resolve('missing')
      else reject(error)
    })
    child.once('close', resolve)
  })
}

async function isAt(handle: FileHandle, path: string): Promise<boolean> {
  try {
    const [own, there] = await Promise.all([handle.stat({ bigint: true }), stat(path, { bigint: true })])
    return own.ino === there.ino && own.dev === there.dev
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}
