import { CofferError, isCofferError, type Password } from '@coffer/core'
import type { BrowserCoffer } from '@coffer/browser'
import { readVault } from './read-vault.js'
import type { VaultSession } from './session.js'
import { isOverdue, parseTrashTime, trashTime } from './trash-names.js'

/** Each deleted login is a member here, called by when it was deleted: which is old is told without its secrets. */
const FOLDER = '.trash/logins'
const FORMAT = 'coffer-vault-deleted-login'

/** What a list shows of a deleted login. */
export interface DeletedLogin {
  /** The member that keeps it. */
  readonly member: string
  readonly name: string
  readonly username: string | undefined
  readonly deletedMs: number
}

/** Keeps a login that is being deleted. The member that it is now. */
export async function keepDeleted(coffer: BrowserCoffer, login: Password, now = new Date()): Promise<string> {
  const member = `${FOLDER}/${trashTime(now)} ${crypto.randomUUID()}.json`
  await coffer.dump(member, { format: FORMAT, version: 1, login })
  return member
}

/** One that was deleted, with its secrets. @throws CofferError `ERR_COFFER_DAMAGED` for a member that holds none. */
export async function readDeleted(coffer: BrowserCoffer, member: string): Promise<Password> {
  const kept = (await coffer.load(member)) as { readonly format?: unknown; readonly login?: Password } | null
  const login = kept?.format === FORMAT ? kept.login : undefined
  if (typeof login?.id !== 'string' || typeof login.name !== 'string') throw new CofferError('ERR_COFFER_DAMAGED', 'What was kept of this login cannot be read.')
  // Text is what JSON makes of times.
  return { ...login, created: new Date(login.created), modified: new Date(login.modified) }
}

/** What was deleted, the last first. Each is decrypted for its name, and let go of; what cannot be read is left out. */
export async function listDeleted(session: VaultSession): Promise<DeletedLogin[]> {
  const all = await readVault(session, async (coffer) => {
    const members = await membersOf(coffer)
    return Promise.all(members.map(async ({ member, deletedMs }) => ({ member, deletedMs, login: await ifReadable(readDeleted(coffer, member)) })))
  })
  const found = all.flatMap(({ member, deletedMs, login }) => (login ? [{ member, deletedMs, name: login.name, username: login.username }] : []))
  return found.toSorted((a, b) => b.deletedMs - a.deletedMs)
}

async function ifReadable<T>(read: Promise<T>): Promise<T | undefined> {
  return read.catch((error: unknown) => {
    if (isCofferError(error, 'ERR_COFFER_DAMAGED')) return undefined
    throw error
  })
}

/** Deletes what was kept of logins for good. */
export async function forgetDeleted(session: VaultSession, members: readonly string[]): Promise<void> {
  await session.change(async (coffer) => {
    for (const member of members) await coffer.delete(member)
  })
}

/** Deletes for good what was kept for long enough. */
export async function purgeDeleted(session: VaultSession, now = Date.now()): Promise<void> {
  if (!session.writable.value) return
  const old = (await readVault(session, membersOf)).filter(({ deletedMs }) => isOverdue(deletedMs, now))
  if (old.length > 0) await forgetDeleted(session, old.map(({ member }) => member))
}

async function membersOf(coffer: BrowserCoffer): Promise<{ readonly member: string; readonly deletedMs: number }[]> {
  const found: { readonly member: string; readonly deletedMs: number }[] = []
  for await (const { name, type } of coffer.members(FOLDER)) {
    const deletedMs = parseTrashTime(name.slice(FOLDER.length + 1).split(' ', 1)[0] ?? '')
    if (type === 'file' && deletedMs !== undefined) found.push({ member: name, deletedMs })
  }
  return found
}
