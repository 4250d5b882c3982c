import { exportCofferStream } from '@coffer/browser'
import { parseKeyring } from '@coffer/core'
import { notify } from './notices.js'
import { fillRescuePage } from './rescue-kit.js'
import { canPickFolder, exists, pickFile, pickFolder, saveTo, textIn, type SavedFile, type SaveTarget } from './save-target.js'
import type { VaultSession } from './session.js'
import { runTask, type TaskControl } from './tasks.js'
import { findVault, type VaultRecord } from './vaults.js'

/** What is exported: a vault that is open, or one that is locked, as its file stands. */
type Exported = VaultSession | VaultRecord

/** What an export is made of. */
export type ExportPart = 'coffer' | 'keyring' | 'rescue'

/** The names of an export's files. The keyring stands beside its coffer under the name by which the `coffer` command finds it. */
export type ExportNames = Readonly<Record<ExportPart, string>>

/** Where the build put the rescue page. It is in the service worker's cache, for exports without a network. */
const RESCUE_PAGE = 'rescue.html'
const types: Readonly<Record<ExportPart, string>> = { coffer: 'application/octet-stream', keyring: 'application/json', rescue: 'text/html' }
const all: readonly ExportPart[] = ['coffer', 'keyring', 'rescue']

/** The names of a vault's exported files, without what some system does not take in one. */
export function exportNames(name: string): ExportNames {
  const safe = name.replaceAll(/[\p{Cc}/\\:*?"<>|]/gu, '_').replace(/^\.+/, '_').trim().slice(0, 120)
  const base = safe === '' ? 'vault' : safe
  return { coffer: `${base}.pcof`, keyring: `${base}.pcof.keyring`, rescue: `${base}-rescue.html` }
}

/**
 * Exports all parts, into a folder that the user picks or to his downloads. Call it within the event of his wish. Resolves to whether it was
 * done. The vault may be changed meanwhile: the export has it as it was at the beginning.
 */
export async function exportAll(vault: Exported): Promise<boolean> {
  const target = canPickFolder() ? await pickFolder() : 'downloads'
  if (target === undefined) return false
  const done = await runTask(`Exporting “${vault.name}”`, async (control) => {
    const document = await keyringOf(vault)
    const names = exportNames(await freeName(vault.name, document, target))
    await saveAll(vault, { names, document, target, control })
    return names
  })
  if (done) notify(target === 'downloads' ? 'Three files are among your downloads.' : `${done.coffer} and its two companions are in the folder.`)
  return done !== undefined
}

/** Exports one part. Call it within the event of the user's wish. */
export async function exportPart(vault: Exported, part: ExportPart): Promise<boolean> {
  const names = exportNames(vault.name)
  const target = await pickFile(names[part])
  if (target === undefined) return false
  const done = await runTask(`Exporting ${names[part]}`, async (control) => {
    await save(vault, part, { names, document: await keyringOf(vault), target, control })
    return true
  })
  if (done) notify(`${names[part]} is saved.`)
  return done === true
}

interface SaveOptions {
  readonly names: ExportNames
  readonly document: string
  readonly target: SaveTarget
  readonly control: TaskControl
}

/** Where it ends half way, nothing new is left: a part alone is of no use, and would take the name from the next export. */
async function saveAll(vault: Exported, options: SaveOptions): Promise<void> {
  const { names, target } = options
  const folder = target !== 'downloads' && 'folder' in target ? target.folder : undefined
  const made: string[] = []
  try {
    for (const part of all) {
      if (folder && !(await exists(folder, names[part]))) made.push(names[part])
      await save(vault, part, options)
    }
  } catch (error) {
    for (const name of made) await folder?.removeEntry(name).catch(() => undefined)
    throw error
  }
}

async function save(vault: Exported, part: ExportPart, { names, document, target, control }: SaveOptions): Promise<void> {
  control.signal.throwIfAborted()
  const pieces = {
    coffer: () => cofferOf(vault, control),
    keyring: async () => `${document}\n`,
    rescue: async () =>
      fillRescuePage(await rescuePage(control.signal), { name: vault.name, file: names.coffer, keyring: document, exported: new Date().toISOString() }),
  }[part]
  const file: SavedFile = { name: names[part], type: types[part], pieces: await pieces() }
  await saveTo(target, file, control.signal)
}

/** The keyring as it is saved: another tab may have changed the password since this one opened. */
async function keyringOf({ name, keyring }: Exported): Promise<string> {
  const record = await findVault(name)
  return record?.keyring ?? (typeof keyring === 'string' ? keyring : keyring.document)
}

/** A locked one as it lies there, also where nothing could open it. */
async function cofferOf(vault: Exported, control: TaskControl): Promise<ReadableStream<Uint8Array>> {
  if ('coffer' in vault) return (await vault.coffer.value.export(control)).stream
  return exportCofferStream(vault.name, { storage: vault.storage, lock: 'none', signal: control.signal })
}

/** The vault's name, or a numbered one where the folder has another vault's export under it. */
async function freeName(name: string, document: string, target: SaveTarget): Promise<string> {
  if (target === 'downloads' || !('folder' in target)) return name
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`
    const names = exportNames(candidate)
    const there = await textIn(target.folder, names.keyring)
    const isOurs = there !== undefined && isSameKeyring(there, document)
    const isFree = !(await exists(target.folder, names.coffer)) && there === undefined
    if (isOurs || isFree) return candidate
  }
}

function isSameKeyring(text: string, document: string): boolean {
  try {
    return parseKeyring(text).id === parseKeyring(document).id
  } catch {
    return false
  }
}

async function rescuePage(signal: AbortSignal): Promise<string> {
  const response = await fetch(new URL(RESCUE_PAGE, document.baseURI), { signal })
  if (!response.ok) throw new TypeError('The rescue page is not there: connect to the network once, and try again.')
  return response.text()
}
