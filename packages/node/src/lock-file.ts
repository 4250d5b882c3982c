import { randomBytes } from 'node:crypto'
import { readFileSync, unlinkSync } from 'node:fs'
import { link, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CofferError, isCofferError, type LockOptions, type StorageLock } from '@coffer/core'
import { realTarget } from './coffer-path.js'
import { allHold, LockTable, systemCode, withStorageErrors } from '@coffer/core/internal'
import { takeFlock, type Flock } from './flock.js'
import { isGone, ownerHere, parseOwner, type LockOwner } from './lock-owner.js'

export interface FileLockOptions extends LockOptions {
  /** Takes the flock of `PATH.lock` too, which PyCoffer takes. */
  readonly interop: boolean
}

export const LOCK_SUFFIX = '.jslock'
export const FLOCK_SUFFIX = '.lock'
const POLL_MS = 20
const HEARTBEAT_MS = 10_000
/** A draft that names nobody is left alone for this long: somebody may be writing it. */
const DRAFT_MS = 60_000

/** Tasks of this process queue here, so that only one of them at a time looks at the files. */
const tasks = new LockTable()
/** Lock files of this process: path to nonce. Removed when it exits by itself; what a kill leaves, the next one clears. */
const held = new Map<string, string>()

/** What stands at the place of a lock file. `unreadable`: it names nobody that we could look at. */
type LockState = { readonly kind: 'free' | 'unreadable' | 'flock' } | { readonly kind: 'owned'; readonly owner: LockOwner }

interface Claim {
  readonly kind: 'ours'
  readonly nonce: string
  readonly flock: Flock | undefined
}

/**
 * Takes the lock of the coffer at `path`, a real path.
 * @throws CofferError `ERR_COFFER_LOCKED`, which says who holds it.
 */
export async function acquireFileLock(path: string, options: FileLockOptions): Promise<StorageLock> {
  const deadline = Date.now() + options.timeoutMs
  const task = await tasks.acquire(path, 'exclusive', options)
  try {
    const { nonce, flock } = await claim(path, options, () => Math.max(0, deadline - Date.now()))
    return holdLock(path, nonce, flock, task)
  } catch (error) {
    // Where nothing can be written there is no lock to be had, and nobody here to keep out: a backup on a disc is read all the same.
    if (isReadOnly(error)) return task
    await task.release()
    throw error
  }
}

function holdLock(path: string, nonce: string, flock: Flock | undefined, task: StorageLock): StorageLock {
  const heartbeat = setInterval(() => {
    // The time is only for people and other hosts to look at: no lock is broken for being old.
    void touch(path)
    flock?.renew().catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  let isReleased = false
  return {
    isHeld: async () => {
      if (isReleased) return false
      const isNamed = async (): Promise<boolean> => {
        const state = await withStorageErrors(`look at the lock of ${path}`, () => readLock(path))
        return state.kind === 'owned' && state.owner.nonce === nonce
      }
      return allHold([isNamed(), flock?.renew() ?? true])
    },
    release: async () => {
      if (isReleased) return
      isReleased = true
      clearInterval(heartbeat)
      try {
        await removeLockFile(path, nonce)
        await flock?.release()
      } finally {
        await task.release()
      }
    },
  }
}

/**
 * Removes the lock of the coffer at `path`, whoever holds it. Only for when that one is known to be gone, on another host say: two
 * writers at once lose data. The system's own lock of a living process on this host stays; end that process instead.
 */
export async function breakLock(path: string): Promise<void> {
  await withStorageErrors(`remove the lock of ${path}`, async () => {
    await rm((await realTarget(path)) + LOCK_SUFFIX, { force: true })
  })
}

async function claim(path: string, { interop, signal }: FileLockOptions, left: () => number): Promise<Claim> {
  for (;;) {
    signal?.throwIfAborted()
    const state = await withStorageErrors(`lock ${path}`, () => tryClaim(path, interop)).catch(adviseOnReading)
    if (state.kind === 'ours') return state
    if (left() === 0) throw lockedError(path, state)
    await sleep(Math.min(POLL_MS, left()), signal)
  }
}

/**
 * One attempt. Whoever is alive is left alone; all that changes anything is done under the flock, where there is one, so that two that
 * find the same dead lock do not both remove it.
 */
async function tryClaim(path: string, interop: boolean): Promise<Claim | LockState> {
  const before = await readLock(path)
  if (before.kind !== 'free' && !isStale(before)) return before
  const flock = interop ? await takeFlock(path + FLOCK_SUFFIX) : undefined
  if (flock === 'held') {
    const now = await readLock(path)
    return now.kind === 'free' || isStale(now) ? { kind: 'flock' } : now
  }
  let isOurs = false
  try {
    const now = await readLock(path)
    if (now.kind === 'owned' && isStale(now)) await removeStale(path, now.owner)
    const nonce = randomBytes(16).toString('hex')
    isOurs = await createLockFile(path, nonce)
    return isOurs ? { kind: 'ours', nonce, flock } : await readLock(path)
  } finally {
    if (!isOurs) await flock?.release()
  }
}

function isStale(state: LockState): boolean {
  return state.kind === 'owned' && isGone(state.owner)
}

/** Links the lock file into place with its content, so that no moment leaves a lock that does not say whose it is. */
async function createLockFile(path: string, nonce: string): Promise<boolean> {
  const draft = `${path}${LOCK_SUFFIX}.${nonce}`
  const text = JSON.stringify(ownerHere(nonce))
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o600 })
    await link(draft, path + LOCK_SUFFIX)
  } catch (error) {
    const code = systemCode(error) ?? ''
    // ENOENT: somebody tidied the draft away.
    if (code === 'EEXIST' || (code === 'ENOENT' && (await exists(dirname(path))))) return false
    if (!withoutLinks.has(code)) throw error
    if (!(await createInPlace(path + LOCK_SUFFIX, text))) return false
  } finally {
    await rm(draft, { force: true })
  }
  held.set(path, nonce)
  watchExit()
  return true
}

/** What file systems without hard links say, such as those of memory cards. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'])

async function createInPlace(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Removes what processes that were killed left of drafts among `names`, the names in the coffer's directory. */
export async function removeDeadDrafts(path: string, names: readonly string[]): Promise<void> {
  for (const name of names.filter((one) => isAside(one, path))) {
    const draft = join(dirname(path), name)
    const owner = await readFile(draft, 'utf8').then(parseOwner, () => undefined)
    const isOld = async (): Promise<boolean> => Date.now() - ((await modifiedAt(draft)) ?? Infinity) > DRAFT_MS
    if (owner ? isGone(owner) : await isOld()) await rm(draft, { force: true }).catch(() => undefined)
  }
}

async function readLock(path: string): Promise<LockState> {
  try {
    const owner = parseOwner(await readFile(path + LOCK_SUFFIX, 'utf8'))
    return owner ? { kind: 'owned', owner } : { kind: 'unreadable' }
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return { kind: 'free' }
    // Another user's.
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'unreadable' }
    throw error
  }
}

/** Removes the lock file of an owner that is gone, unless somebody else has done so and taken the lock meanwhile. */
async function removeStale(path: string, owner: LockOwner): Promise<void> {
  const aside = `${path}${LOCK_SUFFIX}.${randomBytes(16).toString('hex')}`
  if (!(await unlessGone(() => rename(path + LOCK_SUFFIX, aside)))) return
  let text = ''
  // Its owner has looked for it here, and released it.
  if (!(await unlessGone(async () => void (text = await readFile(aside, 'utf8'))))) return
  const moved = parseOwner(text)
  // It was a new one (that can be only where there is no flock): give it back. Whoever took the place in between finds that out by isHeld.
  if (moved?.nonce === owner.nonce) await unlessGone(() => unlink(aside))
  else await unlessGone(() => rename(aside, path + LOCK_SUFFIX))
}

/** Where there is no flock, somebody who removes a lock that is stale may have this one aside for a moment, and gives it back: it is looked for there too. */
async function removeLockFile(path: string, nonce: string): Promise<void> {
  if (held.get(path) === nonce) held.delete(path)
  const isOurs = async (file: string): Promise<boolean> => (await readFile(file, 'utf8').then(parseOwner, () => undefined))?.nonce === nonce
  const remove = async (file: string): Promise<boolean> => (await isOurs(file)) && unlessGone(() => unlink(file)).catch(() => true)
  const lock = path + LOCK_SUFFIX
  while (!(await remove(lock))) {
    for (const file of await lockFilesAside(path)) if (await remove(file)) return
    // Given back meanwhile?
    if (!(await isOurs(lock))) return
  }
}

/** Drafts, and what was moved aside. */
async function lockFilesAside(path: string): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => [])
  return names.filter((name) => isAside(name, path)).map((name) => join(dirname(path), name))
}

function isAside(name: string, path: string): boolean {
  const prefix = `${basename(path)}${LOCK_SUFFIX}.`
  return name.startsWith(prefix) && /^[0-9a-f]{32}$/.test(name.slice(prefix.length))
}

/** Says whether it was there. */
async function unlessGone(action: () => Promise<void>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

function isReadOnly(error: unknown): boolean {
  return isCofferError(error, 'ERR_COFFER_PERMISSION') && systemCode(error.cause) === 'EROFS'
}

/** Locking writes beside the coffer, also for whoever only wants to read. */
function adviseOnReading(error: unknown): never {
  if (!isCofferError(error) || !(error.code === 'ERR_COFFER_PERMISSION' || error.code === 'ERR_COFFER_FULL')) throw error
  throw new CofferError(error.code, `${error.message} Where nobody writes to the coffer, it can be read with lock: "none".`, error.cause)
}

function lockedError(path: string, state: LockState): CofferError {
  if (state.kind === 'flock') {
    const message = `${path} is open already, in PyCoffer perhaps: a process holds ${path}${FLOCK_SUFFIX}. Close it there, or wait longer with lockTimeoutMs.`
    return new CofferError('ERR_COFFER_LOCKED', message)
  }
  const who = state.kind === 'owned' ? `process ${state.owner.pid} on ${plain(state.owner.host)}, since ${plain(state.owner.created)}` : 'another process'
  const what = 'Close it there, or wait longer with lockTimeoutMs; if that process is certainly gone, breakLock() clears the way.'
  return new CofferError('ERR_COFFER_LOCKED', `${path} is open already, by ${who}. ${what}`)
}

/** Text out of a lock file for a message: short, and with nothing in it that a terminal would act on. */
function plain(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
}

async function touch(path: string): Promise<void> {
  const now = new Date()
  await utimes(path + LOCK_SUFFIX, now, now).catch(() => undefined)
}

async function modifiedAt(file: string): Promise<number | undefined> {
  return stat(file).then(
    (stats) => stats.mtimeMs,
    () => undefined,
  )
}

async function exists(file: string): Promise<boolean> {
  return (await modifiedAt(file)) !== undefined
}

let isWatching = false
function watchExit(): void {
  if (isWatching) return
  isWatching = true
  process.once('exit', () => {
    for (const [path, nonce] of held) removeOnExit(path + LOCK_SUFFIX, nonce)
  })
}

function removeOnExit(file: string, nonce: string): void {
  try {
    if (parseOwner(readFileSync(file, 'utf8'))?.nonce === nonce) unlinkSync(file)
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
