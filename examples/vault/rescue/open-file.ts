import { blobStorage } from '@coffer/browser'
import {
  convert,
  generateKeys,
  isCofferError,
  openCoffer,
  openSalvage,
  openWithKeyring,
  salvageInto,
  type Coffer,
  type CofferKeys,
  type Keyring,
  type SalvageIntoReport,
  type TaskOptions,
  type VariantName,
} from '@coffer/core'

/** What opens a coffer: an open keyring, or the keys themselves (for a null coffer, none). */
export type KeySource = { readonly keyring: Keyring } | { readonly keys: CofferKeys; readonly variant: VariantName | undefined }

/** A coffer to be read, and how far it is the one in the file. */
export interface OpenedFile {
  readonly coffer: Coffer
  readonly state: 'whole' | 'pycoffer' | 'rewritten' | 'older' | 'salvaged'
  readonly salvage: { readonly report: SalvageIntoReport; readonly isWhole: boolean; readonly isBehind: boolean } | undefined
}

/**
 * Opens a file for reading; one of PyCoffer's is read once through. The file itself is never written.
 * @throws CofferError as `openCoffer` does: for a damaged file, {@link openOlder} and {@link salvageFile} may do more.
 */
export async function openFile(file: File, source: KeySource, task: TaskOptions): Promise<OpenedFile> {
  return withKeys(source, async (keys) => {
    try {
      return { coffer: await openCoffer(blobStorage(file), { ...keys, lock: 'none', signal: task.signal }), state: 'whole', salvage: undefined }
    } catch (error) {
      if (!isCofferError(error, 'ERR_COFFER_LEGACY')) throw error
    }
    try {
      return await openPycoffer(file, keys, 'read', task)
    } catch (error) {
      if (!isCofferError(error, 'ERR_COFFER_DAMAGED')) throw error
      return await openPycoffer(file, keys, 'rewritten', task)
    }
  })
}

/** The newest state that is complete, of a file whose end is damaged. */
export async function openOlder(file: File, source: KeySource, { signal }: TaskOptions): Promise<OpenedFile> {
  return withKeys(source, async (keys) => ({
    coffer: await openCoffer(blobStorage(file), { ...keys, lock: 'none', recover: true, signal }),
    state: 'older',
    salvage: undefined,
  }))
}

/** Everything of a damaged file that verifies, in a coffer that only this page has. */
export async function salvageFile(file: File, source: KeySource, task: TaskOptions): Promise<OpenedFile> {
  return withKeys(source, async (keys) => {
    const left = await openSalvage(blobStorage(file), { ...keys, lock: 'none', ...task })
    try {
      const own = await generateKeys('store')
      const coffer = await openCoffer(blobStorage(), { mode: 'x', variant: 'store', keys: own, level: 1, autoFlush: false })
      const report = await salvageInto(coffer, left, task)
      await coffer.flush({ force: true })
      return { coffer, state: 'salvaged', salvage: { report, isWhole: left.isWhole, isBehind: left.isBehind } }
    } finally {
      await left[Symbol.asyncDispose]()
    }
  })
}

/** Made one of ours in memory and in blobs of the browser, which a progress can be told of. */
async function openPycoffer(file: File, keys: WithKeys, legacy: 'read' | 'rewritten', task: TaskOptions): Promise<OpenedFile> {
  const storage = blobStorage(file)
  await convert(storage, { ...keys, legacy, level: 1, lock: 'none', ...task })
  const coffer = await openCoffer(storage, { ...keys, lock: 'none' })
  return { coffer, state: legacy === 'read' ? 'pycoffer' : 'rewritten', salvage: undefined }
}

interface WithKeys {
  readonly keys: CofferKeys
  readonly variant?: VariantName | undefined
}

async function withKeys(source: KeySource, open: (keys: WithKeys) => Promise<OpenedFile>): Promise<OpenedFile> {
  if (!('keyring' in source)) return open(source)
  const { coffer } = await openWithKeyring(source.keyring, (keys) => open({ keys }))
  return coffer
}
