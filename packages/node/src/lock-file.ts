import { randomBytes } from 'node:crypto'
import { readFileSync, unlinkSync } from 'node:fs'
import { link, readdir, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { CofferError, type LockOptions, type StorageLock } from '@coffer/core'
import { LockTable } from '@coffer/core/internal'
import { systemCode, withStorageErrors } from './fs-errors.js'
import { takeFlock, type Flock } from './flock.js'

/** What a lock file says of whoever holds it. No secrets. */
interface Owner {
  readonly pid: number
  readonly host: string
  /** Names the run of the system; `undefined` where it cannot be had. */
  readonly boot: string | undefined
  /** When the process started, in the system's ticks: pids come again. */
  readonly started: string | undefined
  readonly nonce: string
  readonly created: string
}

export interface FileLockOptions extends LockOptions {
  /** Takes the flock of `PATH.lock` too, which PyCoffer takes. */
  readonly interop: boolean
}

const LOCK_SUFFIX = '.jslock'
const FLOCK_SUFFIX = '.lock'
const POLL_MS = 20
const HEARTBEAT_MS = 10_000

/** Tasks of this process queue here, so that only one of them at a time looks at the files. */
const tasks = new LockTable()
/** Lock files of this process: path to nonce. Removed when it exits by itself; what a kill leaves, the next one clears. */
const held = new Map<string, string>()

/**
 * Takes the lock of the coffer at `path`, a real path.
 * @throws CofferError `ERR_COFFER_LOCKED`, which says who holds it.
 */
export async function acquireFileLock(path: string, options: FileLockOptions): Promise<StorageLock> {
  const deadline = Date.now() + options.timeoutMs
  const left = (): number => Math.max(0, deadline - Date.now())
  const task = await tasks.acquire(path, 'exclusive', options)
  let release: (() => Promise<void>) | undefined
  try {
    const nonce = await takeLockFile(path, options.signal, left)
    release = () => removeLockFile(path, nonce)
    await removeDrafts(path)
    const flock = options.interop ? await waitForFlock(path, options.signal, left) : undefined
    const heartbeat = setInterval(() => void touch(path), HEARTBEAT_MS)
    heartbeat.unref()
    let isReleased = false
    return {
      isHeld: async () => !isReleased && (await readOwner(path))?.nonce === nonce,
      release: async () => {
        if (isReleased) return
        isReleased = true
        clearInterval(heartbeat)
        await flock?.release()
        await removeLockFile(path, nonce)
        await task.release()
      },
    }
  } catch (error) {
    await release?.()
    await task.release()
    throw error
  }
}

/**
 * Removes the lock of the coffer at `path`, whoever holds it. Only for when that one is known to be gone, on another host say: two
 * writers at once lose data.
 */
export async function breakLock(path: string): Promise<void> {
  await withStorageErrors(`remove the lock of ${path}`, async () => {
    await unlink(path + LOCK_SUFFIX).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error
    })
  })
}

async function takeLockFile(path: string, signal: AbortSignal | undefined, left: () => number): Promise<string> {
  const nonce = randomBytes(16).toString('hex')
  for (;;) {
    signal?.throwIfAborted()
    if (await createLockFile(path, nonce)) return nonce
    const owner = await readOwner(path)
    if (owner && isGone(owner)) {
      await removeStale(path, owner)
      continue
    }
    if (left() === 0) throw lockedError(path, owner)
    await sleep(Math.min(POLL_MS, left()), signal)
  }
}

async function createLockFile(path: string, nonce: string): Promise<boolean> {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    boot: bootId(),
    started: startOf(process.pid),
    nonce,
    created: new Date().toISOString(),
  }
  return withStorageErrors(`lock ${path}`, async () => {
    // Linked into place with its content, so that no moment leaves a lock that does not say whose it is.
    const draft = `${path}${LOCK_SUFFIX}.${nonce}`
    await writeFile(draft, JSON.stringify(owner), { flag: 'wx', mode: 0o600 })
    try {
      await link(draft, path + LOCK_SUFFIX)
      held.set(path, nonce)
      watchExit()
      return true
    } catch (error) {
      // ENOENT: whoever holds the lock tidied the draft away.
      if (systemCode(error) === 'EEXIST' || systemCode(error) === 'ENOENT') return false
      throw error
    } finally {
      await rm(draft, { force: true })
    }
  })
}

/** Removes what processes that were killed left of drafts. Called by whoever holds the lock. */
async function removeDrafts(path: string): Promise<void> {
  const prefix = `${basename(path)}${LOCK_SUFFIX}.`
  const names = await readdir(dirname(path)).catch(() => [])
  for (const name of names) if (name.startsWith(prefix)) await rm(join(dirname(path), name), { force: true }).catch(() => undefined)
}

/** Who holds the lock; `undefined` where nobody does. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path + LOCK_SUFFIX, 'utf8'))
    return isOwner(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isOwner(value: unknown): value is Owner {
  return typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number' && 'host' in value && 'nonce' in value
}

/** Whether the owner is provably gone: it was on this host, and this is another boot or its process is no more. */
function isGone(owner: Owner): boolean {
  if (owner.host !== hostname()) return false
  const boot = bootId()
  if (owner.boot !== undefined && boot !== undefined && owner.boot !== boot) return true
  if (!isAlive(owner.pid)) return true
  const started = startOf(owner.pid)
  return owner.started !== undefined && started !== undefined && owner.started !== started
}

/** Removes the lock file of an owner that is gone, unless somebody else has done so and taken the lock meanwhile. */
async function removeStale(path: string, owner: Owner): Promise<void> {
  const aside = `${path}${LOCK_SUFFIX}.${randomBytes(8).toString('hex')}`
  try {
    await rename(path + LOCK_SUFFIX, aside)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw error
  }
  const moved: unknown = JSON.parse(await readFile(aside, 'utf8').catch(() => '{}'))
  if (isOwner(moved) && moved.nonce !== owner.nonce) {
    // It was a new one: give it back. If a third took the place in between, that one sees two claims and ours fails below.
    await rename(aside, path + LOCK_SUFFIX)
    return
  }
  await unlink(aside)
}

async function removeLockFile(path: string, nonce: string): Promise<void> {
  if (held.get(path) === nonce) held.delete(path)
  if ((await readOwner(path))?.nonce !== nonce) return
  await unlink(path + LOCK_SUFFIX).catch(() => undefined)
}

async function waitForFlock(path: string, signal: AbortSignal | undefined, left: () => number): Promise<Flock | undefined> {
  for (;;) {
    signal?.throwIfAborted()
    const result = await withStorageErrors(`lock ${path}`, () => takeFlock(path + FLOCK_SUFFIX))
    if (result !== 'held') return result === 'unavailable' ? undefined : result
    if (left() === 0) throw new CofferError('ERR_COFFER_LOCKED', `${path} is open in PyCoffer, which holds ${path}${FLOCK_SUFFIX}: close it there, or wait longer.`)
    await sleep(Math.min(POLL_MS * 2, left()), signal)
  }
}

function lockedError(path: string, owner: Owner | undefined): CofferError {
  const who = owner ? `process ${owner.pid} on ${owner.host}, since ${owner.created}` : 'another process'
  const what = 'Close it there or wait longer; if that process is certainly gone, breakLock() clears the way.'
  return new CofferError('ERR_COFFER_LOCKED', `${path} is open already, by ${who}. ${what}`)
}

async function touch(path: string): Promise<void> {
  const now = new Date()
  await utimes(path + LOCK_SUFFIX, now, now).catch(() => undefined)
}

let bootIdRead: string | undefined
function bootId(): string | undefined {
  bootIdRead ??= readOr('/proc/sys/kernel/random/boot_id')
  return bootIdRead
}

/** Field 22 of /proc/PID/stat; the second may hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  const line = readOr(`/proc/${pid}/stat`)
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19]
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

let isWatching = false
function watchExit(): void {
  if (isWatching) return
  isWatching = true
  process.once('exit', () => {
    for (const [path, nonce] of held) {
      if (readOr(path + LOCK_SUFFIX)?.includes(nonce)) unlinkQuietly(path + LOCK_SUFFIX)
    }
  })
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Whoever comes next sees that this process is gone.
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

