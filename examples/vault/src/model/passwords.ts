import { CofferError, isCofferError, type ImportPasswordsReport, type Password, type PasswordInfo, type PasswordInput, type Passwords } from '@coffer/core'
import type { BrowserCoffer } from '@coffer/browser'
import { keepDeleted, readDeleted } from './deleted-logins.js'
import { explainError, type Explanation } from './explain-error.js'
import { readVault } from './read-vault.js'
import type { VaultSession } from './session.js'
import { offerUndo } from './undo.js'

/** Larger than any export of passwords; a file beyond it is a mistake. */
const MOST_IMPORT_BYTES = 64 << 20

/** All logins without their secrets, in the order of their names. */
export async function listPasswords(session: VaultSession): Promise<PasswordInfo[]> {
  return reading(session, (passwords) => passwords.list())
}

/** One login with its secrets. Ask for it when it is shown or copied, and let go of it after. */
export async function readPassword(session: VaultSession, id: string): Promise<Password> {
  return reading(session, (passwords) => passwords.get({ id }))
}

/** The one-time code of a login at a time. */
export async function readOneTimeCode(session: VaultSession, id: string, now: Date): Promise<{ code: string; validUntil: Date }> {
  return reading(session, (passwords) => passwords.totp({ id }, { now }))
}

/**
 * Keeps a new login.
 * @throws CofferError `ERR_COFFER_EXISTS` where there is one of the same owner, name and username, unless it shall be replaced.
 */
export async function addPassword(session: VaultSession, login: PasswordInput, replace = false): Promise<PasswordInfo> {
  try {
    return await session.change(async (coffer) => (await pluginOf(coffer)).add(login, { replace }))
  } catch (error) {
    // A commit that has failed at its end may be there all the same: there was none of that name before.
    const isUnknown = isCofferError(error, 'ERR_COFFER_POISONED') && !replace
    const all = isUnknown ? await listPasswords(session).catch(() => []) : []
    const found = all.find(({ name, username, owner }) => name === login.name && username === login.username && owner === login.owner)
    if (found) return found
    throw error
  }
}

/** Changes fields of a login; `undefined` takes one away, and what is not named stays. */
export async function updatePassword(session: VaultSession, id: string, changes: Partial<PasswordInput>): Promise<PasswordInfo> {
  return session.change(async (coffer) => (await pluginOf(coffer)).update({ id }, changes))
}

/** What is being deleted: a second click means the same. */
const deleting = new Set<string>()

/** Deletes a login: it is kept among the deleted, and for a while the way back is offered. */
export async function deletePassword(session: VaultSession, id: string): Promise<void> {
  if (deleting.has(id)) return
  deleting.add(id)
  const removing = session.change(async (coffer) => {
    const passwords = await pluginOf(coffer)
    const login = await passwords.get({ id })
    // Kept first: what fails between the two leaves it in both places, not in none.
    const member = await keepDeleted(coffer, login)
    await passwords.delete({ id })
    return { name: login.name, member }
  })
  const { name, member } = await removing.finally(() => deleting.delete(id))
  offerUndo(`“${name}” is in the trash.`, async () => {
    await restoreLogin(session, member)
    return `“${name}” is back.`
  })
}

/** Brings a deleted login back, with its id and its times. */
export async function restoreLogin(session: VaultSession, member: string): Promise<void> {
  await session.change(async (coffer) => {
    const login = await readDeleted(coffer, member)
    try {
      await (await pluginOf(coffer)).restore(login)
    } catch (error) {
      // It was brought back before, and only what was kept of it is still there.
      if (!isCofferError(error, 'ERR_COFFER_EXISTS')) throw error
    }
    await coffer.delete(member)
  })
}

/** Takes in what another program exported. @throws CofferError for what cannot be read; nothing is changed then. */
export async function importPasswords(session: VaultSession, file: Blob, replace: boolean): Promise<ImportPasswordsReport> {
  if (file.size > MOST_IMPORT_BYTES) throw new CofferError('ERR_COFFER_UNSUPPORTED', 'This file is far too large to be an export of passwords.')
  const bytes = new Uint8Array(await file.arrayBuffer())
  try {
    return await session.change(async (coffer) => (await pluginOf(coffer)).importFrom(bytes, { replace }))
  } finally {
    bytes.fill(0)
  }
}

/** A password by the plugin's generator. */
export async function generatePassword(session: VaultSession, options: Parameters<Passwords['generate']>[0]): Promise<string> {
  return reading(session, (passwords) => passwords.generate(options))
}

/** Puts an error of this pane into words. */
export function explainPasswordError(error: unknown): Explanation {
  if (error instanceof CofferError) {
    switch (error.code) {
      case 'ERR_COFFER_EXISTS':
        return { text: 'There is a login of this name, username and owner already.', advice: 'Change one of the three, or replace the other login.' }
      case 'ERR_COFFER_CONFLICT':
        return { text: 'There are several logins of this name, username and owner.', advice: 'Change one of the three, or edit the one that you mean.' }
      case 'ERR_COFFER_NOT_FOUND':
        return { text: 'This login is not in the vault any more.', advice: 'It was deleted, here or in another tab.' }
      case 'ERR_COFFER_UNSUPPORTED':
      case 'ERR_COFFER_DAMAGED':
        return { text: error.message, advice: 'Nothing was changed.' }
      default:
    }
  }
  return explainError(error)
}

/** Those whose name, username, addresses or owner hold all the words. */
export function searchPasswords(all: readonly PasswordInfo[], query: string): readonly PasswordInfo[] {
  const words = foldCase(query).split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return all
  return all.filter(({ name, username = '', owner = '', urls }) => {
    const text = foldCase([name, username, owner, ...urls].join('\n'))
    return words.every((word) => text.includes(word))
  })
}

/** Letters without case and accents, for searching. */
export function foldCase(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/** Where a click on an address may lead: the web, and nothing that runs a script or opens a program. */
export function webAddress(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url !== undefined && ['http:', 'https:'].includes(url.protocol) ? url.href : undefined
}

/** An address as it was typed, with `https://` before what has no scheme but looks like a host. */
export function completeAddress(typed: string): string {
  const address = typed.trim()
  return /^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+(:\d+)?([/?#].*)?$/u.test(address) ? `https://${address}` : address
}

function reading<T>(session: VaultSession, read: (passwords: Passwords) => Promise<T>): Promise<T> {
  return readVault(session, async (coffer) => read(await pluginOf(coffer)))
}

function pluginOf(coffer: BrowserCoffer): Promise<Passwords> {
  return coffer.plugin<Passwords>('password')
}
