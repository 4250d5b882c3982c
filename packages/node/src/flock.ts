import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { systemCode } from './fs-errors.js'

/** A lock of the operating system on an open file; closing the file gives it up, and so does the end of the process. */
export interface Flock {
  release(): Promise<void>
}

/** What a helper says when somebody else holds the lock. */
const HELD = 75
const helpers: readonly (readonly [string, readonly string[]])[] = [
  ['flock', ['-n', '-E', String(HELD), '3']],
  ['perl', ['-e', `open(F, "+<&=3") or exit 2; exit(flock(F, 6) ? 0 : ${HELD})`]],
  ['python3', ['-c', `import fcntl, sys\ntry: fcntl.flock(3, 6)\nexcept OSError: sys.exit(${HELD})`]],
]
/** The helper that is known to work here; -1 where none does. */
let known: number | undefined = process.platform === 'win32' ? -1 : undefined

/**
 * Takes the flock of a file, made where there is none and never removed or written to: Python's filelock takes the same. Node has no
 * call for it, so a helper takes it on a descriptor that it shares with us; the lock belongs to the open file and stays.
 */
export async function takeFlock(path: string): Promise<Flock | 'held' | 'unavailable'> {
  for (;;) {
    if (known === -1) return 'unavailable'
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    let isOurs = false
    try {
      const status = await lockThrough(handle)
      if (status === undefined) return 'unavailable'
      if (status === HELD) return 'held'
      // PyCoffer removes the file when it closes: a lock on a file that has no name excludes nobody.
      isOurs = status === 0 && (await isAt(handle, path))
      if (isOurs) return { release: () => handle.close() }
      if (status !== 0) return 'unavailable'
    } finally {
      if (!isOurs) await handle.close()
    }
  }
}

/** The exit status of the first helper that can do it; `undefined` where there is none. */
async function lockThrough(handle: FileHandle): Promise<number | undefined> {
  for (let i = known ?? 0; i < helpers.length; i++) {
    const [command, args] = helpers[i] as (typeof helpers)[number]
    const status = await run(command, args, handle.fd)
    if (status === 0 || status === HELD) {
      known = i
      return status
    }
  }
  known = -1
  return undefined
}

function run(command: string, args: readonly string[], fd: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore', fd] })
    child.once('error', () => resolve(undefined))
    child.once('close', (code) => resolve(code ?? undefined))
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
