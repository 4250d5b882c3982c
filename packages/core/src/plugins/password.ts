import { CofferError } from '../errors.js'
import { generatePassword } from './password-generator.js'
import type { ImportedPasswords } from './password-import.js'
import {
  decodePasswords,
  encodePasswords,
  fits,
  PASSWORDS_FILE,
  PYCOFFER_FILE,
  sameContent,
  storedFrom,
  toInfo,
  toPassword,
  type StoredPassword,
} from './password-store.js'
import type {
  ImportPasswordsOptions,
  ImportPasswordsReport,
  OneTimeCode,
  Password,
  PasswordInfo,
  PasswordInput,
  PasswordQuery,
  Passwords,
} from './passwords.js'
import type { FilePlugin, PluginFile } from './plugin.js'

export const passwordPlugin: FilePlugin<Passwords> = {
  name: 'password',
  kind: 'file',
  description: 'Keep logins in the coffer, with one-time codes; import those of browsers and Bitwarden',
  file: PASSWORDS_FILE,
  reads: [PYCOFFER_FILE],
  create: ({ file }) => new KeptPasswords(file),
}

class KeptPasswords implements Passwords {
  readonly #file: PluginFile

  constructor(file: PluginFile) {
    this.#file = file
  }

  async list(query: PasswordQuery = {}): Promise<PasswordInfo[]> {
    const all = await this.#read()
    return all.filter((stored) => fits(stored, query)).sort(byName).map(toInfo)
  }

  async get(query: PasswordQuery): Promise<Password> {
    return toPassword(only(await this.#read(), query))
  }

  async add(login: PasswordInput, { replace = true }: { readonly replace?: boolean | undefined } = {}): Promise<PasswordInfo> {
    const added = storedFrom(await withTotp(login), newId())
    return this.#change((all) => {
      const { name, owner, username } = added
      const same = all.filter((stored) => stored.name === name && stored.owner === owner && stored.username === username)
      const [before, another] = same
      if (!before) return { all: [...all, added], result: toInfo(added) }
      if (!replace) throw new CofferError('ERR_COFFER_EXISTS', 'There is a login of this owner, name and username already.')
      if (another) throw severalError(same.length)
      const stored = { ...added, id: before.id, created: login.created ? added.created : before.created }
      return { all: all.map((one) => (one === before ? stored : one)), result: toInfo(stored) }
    })
  }

  async update(query: PasswordQuery, changes: Partial<PasswordInput>): Promise<PasswordInfo> {
    return this.#change(async (all) => {
      const before = only(all, query)
      const input = await withTotp({ ...before, modified: new Date(), ...changes })
      const stored = storedFrom(input, before.id)
      return { all: all.map((one) => (one === before ? stored : one)), result: toInfo(stored) }
    })
  }

  async delete(query: PasswordQuery): Promise<PasswordInfo> {
    return this.#change((all) => {
      const doomed = only(all, query)
      return { all: all.filter((stored) => stored !== doomed), result: toInfo(doomed) }
    })
  }

  async restore(login: Password): Promise<PasswordInfo> {
    const { id } = login
    if (typeof id !== 'string' || id === '') throw new TypeError('A login that was kept before has an `id`.')
    const stored = storedFrom(await withTotp(login), id)
    return this.#change((all) => {
      if (all.some((one) => one.id === id)) throw new CofferError('ERR_COFFER_EXISTS', 'This login is there: nothing was restored.')
      return { all: [...all, stored], result: toInfo(stored) }
    })
  }

  async totp(query: PasswordQuery, { now = new Date() }: { readonly now?: Date | undefined } = {}): Promise<OneTimeCode> {
    const { totp } = only(await this.#read(), query)
    if (totp === undefined) throw new CofferError('ERR_COFFER_NOT_FOUND', 'This login has no secret for one-time codes.')
    const { oneTimeCode } = await import('./one-time-code.js')
    return oneTimeCode(totp, now)
  }

  async generate(...options: Parameters<Passwords['generate']>): Promise<string> {
    return generatePassword(...options)
  }

  async importFrom(data: string | Uint8Array, options: ImportPasswordsOptions = {}): Promise<ImportPasswordsReport> {
    const { format, owner, replace = true } = options
    const { parseExport } = await import('./password-import.js')
    const imported = parseExport(data, format)
    const passwords = imported.passwords.map(({ place, input }) => ({ place, input: owner === undefined ? input : { ...input, owner } }))
    return { format: imported.format, ...(await this.#takeIn({ ...imported, passwords }, replace)) }
  }

  async importPycoffer({ replace = true }: { readonly replace?: boolean | undefined } = {}): Promise<ImportPasswordsReport> {
    const kept = await this.#readPycoffer()
    if (!kept) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no ${PYCOFFER_FILE} of PyCoffer's in this coffer.`)
    const passwords = kept.map((input, i) => ({ place: i + 1, input }))
    return { format: 'pycoffer', ...(await this.#takeIn({ passwords, skipped: [] }, replace)) }
  }

  async #takeIn(
    { passwords, skipped }: Pick<ImportedPasswords, 'passwords' | 'skipped'>,
    replace: boolean,
  ): Promise<Omit<ImportPasswordsReport, 'format'>> {
    const prepared = await Promise.all(passwords.map(async ({ place, input }) => ({ place, ...(await withTotpOrField(input)) })))
    return this.#change((all) => {
      const report = { added: 0, replaced: 0, unchanged: 0, skipped: [...skipped] }
      // By id, in order. Each is matched once, so that two logins of one name in one export stay two.
      const now = new Map(all.map((stored) => [stored.id, stored]))
      const unmatched = groupBy(all, loginKey)
      for (const { place, input, lost } of prepared) {
        if (lost !== undefined) report.skipped.push({ place, reason: lost })
        const stored = storedFrom(input, newId())
        const before = unmatched.get(loginKey(stored))?.shift()
        if (!before) {
          now.set(stored.id, stored)
          report.added += 1
        } else if (sameContent(before, stored)) report.unchanged += 1
        else if (replace) {
          now.set(before.id, { ...stored, id: before.id, created: input.created ? stored.created : before.created })
          report.replaced += 1
        } else report.skipped.push({ place, reason: 'there is another one of this owner, name, username and address' })
      }
      report.skipped.sort((a, b) => a.place - b.place)
      return { all: [...now.values()], result: report }
    })
  }

  async #read(): Promise<StoredPassword[]> {
    return this.#decode(await this.#file.read())
  }

  /** As long as this plugin wrote nothing, what PyCoffer's keeps is what there is; its logins have ids by their places. */
  async #decode(bytes: Uint8Array | undefined): Promise<StoredPassword[]> {
    if (bytes) return decodePasswords(bytes)
    return ((await this.#readPycoffer()) ?? []).map((input, i) => storedFrom(input, `pycoffer-${i + 1}`))
  }

  async #readPycoffer(): Promise<PasswordInput[] | undefined> {
    const bytes = await this.#file.readOther(PYCOFFER_FILE)
    // An empty file stands where PyCoffer's was deleted.
    if (!bytes || bytes.length === 0) return undefined
    const { decodePycofferPasswords } = await import('./password-pycoffer.js')
    return decodePycofferPasswords(bytes)
  }

  async #change<T>(change: (all: readonly StoredPassword[]) => Change<T> | Promise<Change<T>>): Promise<T> {
    const results: T[] = []
    await this.#file.update(async (bytes) => {
      const { all, result } = await change(await this.#decode(bytes))
      results.push(result)
      return encodePasswords(all)
    })
    return results[0] as T
  }
}

interface Change<T> {
  readonly all: readonly StoredPassword[]
  readonly result: T
}

function only(all: readonly StoredPassword[], query: PasswordQuery): StoredPassword {
  const found = all.filter((stored) => fits(stored, query))
  const [first, second] = found
  if (!first) {
    throw new CofferError('ERR_COFFER_NOT_FOUND', 'There is no such login in this coffer: list them to see what there is.')
  }
  if (second) throw severalError(found.length)
  return first
}

function severalError(count: number): CofferError {
  return new CofferError('ERR_COFFER_CONFLICT', `${count} logins fit: say the owner, the username or the id of the one that is meant.`)
}

/** What a login is recognised by when it is imported again. */
function loginKey({ name, owner, username, urls }: StoredPassword): string {
  return JSON.stringify([name, owner, username, urls[0]])
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

/** @throws TypeError for a `totp` that gives no codes. */
async function withTotp<T extends Partial<PasswordInput>>(login: T): Promise<T> {
  if (login.totp === undefined || login.totp === '') return login
  if (typeof login.totp !== 'string') throw new TypeError('`totp` is a string.')
  const totp = await toAddress(login.totp, login.name)
  if (totp === undefined) {
    throw new TypeError('`totp` is an otpauth://totp/ address, or a secret of eight or more characters in base32.')
  }
  return { ...login, totp }
}

/** The same for what another program kept: what gives no codes here is not lost. */
async function withTotpOrField(input: PasswordInput): Promise<{ input: PasswordInput; lost?: string }> {
  if (!input.totp) return { input }
  const totp = await toAddress(input.totp, input.name)
  if (totp !== undefined) return { input: { ...input, totp } }
  const { totp: value, ...rest } = input
  const fields = [...(rest.fields ?? []), { name: 'totp', value }]
  return { input: { ...rest, fields }, lost: 'its one-time codes are of another kind: kept as a field' }
}

async function toAddress(text: string, label: string | undefined): Promise<string | undefined> {
  const { toTotpAddress } = await import('./one-time-code.js')
  return toTotpAddress(text, label ?? '')
}

/** 128 random bits in hex. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function byName(a: StoredPassword, b: StoredPassword): number {
  const key = ({ name, username = '', owner = '' }: StoredPassword): string => `${name.toLowerCase()}\0${username}\0${owner}`
  return key(a) < key(b) ? -1 : 1
}
