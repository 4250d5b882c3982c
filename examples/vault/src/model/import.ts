import { blobStorage, importCoffer, listCoffers, openCoffer as openStored, passwordHash, type StorageKind } from '@coffer/browser'
import {
  CofferError,
  convert,
  createKeyring,
  isCofferError,
  isRecoveryCode,
  openCoffer,
  openKeyring,
  openWithKeyring,
  type CofferKeys,
  type Keyring,
  type TaskOptions,
  type VariantName,
} from '@coffer/core'
import type { FoundKeys } from './key-text.js'
import { openSession, type VaultSession } from './session.js'
import { readFreeBytes } from './storage-use.js'
import { nameProblem } from './vault-name.js'
import { listVaults, makeVault, preferredStorage, type VaultRecord } from './vaults.js'

/** What opens the file that is imported. */
export type ImportSource =
  | { readonly kind: 'keyring'; readonly document: string; readonly secret: string }
  /** A new keyring is made for these, with a new password. */
  | { readonly kind: 'keys'; readonly found: FoundKeys; readonly newPassword: string }

/** A vault that was imported and can be opened. */
export interface Imported {
  readonly record: VaultRecord
  readonly keyring: Keyring
  /** Given out this once, where the keyring is a new one. */
  readonly recoveryCode: string | undefined
  /** Whether PyCoffer's file was made one of ours on the way. */
  readonly wasConverted: boolean
}

/** Why nothing was imported, in the user's words. */
export class ImportProblem extends TypeError {
  /** Which of the things that were asked for is to be changed. */
  readonly field: 'file' | 'secret' | 'name'

  constructor(field: ImportProblem['field'], message: string) {
    super(message)
    this.field = field
  }
}

/** A name that no vault of this browser has. */
export async function freeVaultName(name: string): Promise<string> {
  const taken = new Set((await listVaults()).map((vault) => vault.name))
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`
    if (!taken.has(candidate)) return candidate
  }
}

/**
 * Makes a vault of an exported file and its keys. They are tried on the file before anything is written, and the vault is there when all of
 * it is: whatever happens before leaves this browser as it was.
 * @throws ImportProblem for what the user can put right; CofferError `ERR_COFFER_FULL` and what else storages say.
 */
export async function importVault(file: File, name: string, source: ImportSource, task: TaskOptions): Promise<Imported> {
  const problem = nameProblem(name, (await listVaults()).map((vault) => vault.name))
  if (problem !== undefined) throw new ImportProblem('name', problem)
  await checkSpace(file.size)
  const unlocked = source.kind === 'keyring' ? await unlock(source) : undefined
  const checked = await check(file, unlocked ?? (source.kind === 'keys' ? source.found : { keys: {}, variant: undefined }), task)
  const { keyring, recoveryCode } = await keyringFor(source, unlocked, checked.keys)
  const storage = await preferredStorage()
  const replace = await isLeftover(name, checked, storage)
  const now = new Date()
  // Whoever exported the vault has its code, or has been asked for it there.
  const isRecoveryProven = recoveryCode === undefined && keyring.slots.some(({ type }) => type === 'recovery')
  const record: VaultRecord = { name, storage, variant: checked.variant, created: now, lastUsed: now, keyring: keyring.document, isRecoveryProven }
  await makeVault(record, () => importCoffer(name, checked.blob, { storage, replace, ...task }))
  return { record, keyring, recoveryCode, wasConverted: checked.wasConverted }
}

/** Opens what was imported. */
export async function openImported({ record, keyring }: Imported): Promise<VaultSession> {
  return openSession({ ...record, keyring })
}

async function unlock({ document, secret }: Extract<ImportSource, { kind: 'keyring' }>): Promise<Keyring> {
  try {
    return await openKeyring(document, isRecoveryCode(secret) ? { recoveryCode: secret } : { password: secret }, { passwordHash })
  } catch (error) {
    if (!isCofferError(error, 'ERR_COFFER_AUTH')) throw error
    throw new ImportProblem('secret', 'That does not unlock the keys. Look for typing mistakes and the Caps Lock key.')
  }
}

async function keyringFor(source: ImportSource, unlocked: Keyring | undefined, keys: CofferKeys): Promise<{ keyring: Keyring; recoveryCode: string | undefined }> {
  if (unlocked) return { keyring: unlocked, recoveryCode: undefined }
  if (source.kind !== 'keys') throw new TypeError('A keyring is opened before.')
  return createKeyring(keys, { password: source.newPassword, recoveryCode: true, passwordHash })
}

interface Checked {
  readonly blob: Blob
  readonly keys: CofferKeys
  readonly variant: VariantName
  readonly id: string
  readonly wasConverted: boolean
}

/** Opens the file with its keys; one of PyCoffer's becomes one of ours, aside. */
async function check(file: File, source: Keyring | FoundKeys, task: TaskOptions): Promise<Checked> {
  try {
    if ('document' in source) {
      const { coffer, has } = await openWithKeyring(source, (keys) => checkWith(file, { keys, variant: undefined }, task))
      // Exported while its keys were being changed: the file tells which ones it has.
      if (source.rekeying) await source.finishRekey({ keep: has })
      return coffer
    }
    return await checkWith(file, source, task)
  } catch (error) {
    throw inWords(error)
  }
}

async function checkWith(file: File, { keys, variant }: FoundKeys, task: TaskOptions): Promise<Checked> {
  if (variant === 'null' || (!keys.cofferKey && !keys.secureKey)) {
    throw new ImportProblem('file', 'A null coffer is not encrypted, and a vault is: take its files out with the rescue page, and add them to a vault.')
  }
  const storage = blobStorage(file)
  const options = { keys, variant, lock: 'none', signal: task.signal } as const
  const open = async (blob: Blob, wasConverted: boolean): Promise<Checked> => {
    await using coffer = await openCoffer(storage, options)
    return { blob, keys, variant: coffer.variant.name as VariantName, id: coffer.id, wasConverted }
  }
  try {
    return await open(file, false)
  } catch (error) {
    if (!isCofferError(error, 'ERR_COFFER_LEGACY')) throw error
  }
  await convert(storage, { keys, variant, lock: 'none', ...task })
  return open(storage.blob() ?? file, true)
}

/**
 * Whether the very same coffer is there already, of no vault: it is replaced then.
 * @throws ImportProblem for another one.
 */
async function isLeftover(name: string, { keys, variant, id }: Checked, storage: StorageKind): Promise<boolean> {
  if (!(await listCoffers({ storage })).includes(name)) return false
  const isSame = await openStored(name, { storage, keys, variant, lock: 'none' }).then(
    async (coffer) => {
      await coffer.close()
      return coffer.id === id
    },
    () => false,
  )
  if (isSame) return true
  throw new ImportProblem('name', `This browser has a coffer “${name}” already, which is of no vault. Choose another name.`)
}

/** Browsers tell about how much they will keep; where they do not, storing tells. */
async function checkSpace(bytes: number): Promise<void> {
  const free = await readFreeBytes()
  if (free === undefined || bytes <= free) return
  throw new CofferError('ERR_COFFER_FULL', 'The browser has less space for this site than the file takes.')
}

function inWords(error: unknown): unknown {
  if (isCofferError(error, 'ERR_COFFER_AUTH') || isCofferError(error, 'ERR_COFFER_VARIANT') || isCofferError(error, 'ERR_COFFER_KEY')) {
    return new ImportProblem('file', 'These keys do not open this file: they are of another vault, or its beginning is damaged.')
  }
  if (isCofferError(error, 'ERR_COFFER_NOT_A_COFFER')) return new ImportProblem('file', 'This is not a vault’s file, or its beginning is damaged.')
  if (isCofferError(error, 'ERR_COFFER_DAMAGED') || isCofferError(error, 'ERR_COFFER_LIMIT')) {
    return new ImportProblem('file', 'The file is damaged. The rescue page brings out all that is whole.')
  }
  return error
}
