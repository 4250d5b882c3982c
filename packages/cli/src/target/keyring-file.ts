import { access } from 'node:fs/promises'
import { CofferError, isCofferError, type Keyring, type KeyringSlot } from '@coffer/core'
import type { App } from '../app.js'
import { isOurPlace, parseKeyPlace } from '../auth/gather-keys.js'
import { openKeyringText } from '../auth/open-keyring.js'
import { parseSecretSource, readSecret } from '../auth/secret-source.js'
import { CommandError, usageError } from '../command-error.js'
import { readPrivateFile, replacePrivateFile } from '../config/private-file.js'
import { formatTime } from '../terminal/format.js'
import { printable } from '../terminal/style.js'
import { openTarget } from './open.js'
import type { CofferOptions } from './options.js'
import { KEYRING_SUFFIX, secretPrompt, targetAt, type Place, type Target } from './target.js'

/** The file of a coffer's keyring: the one that is named, or the one beside it. It need not be there. */
export function keyringPathOf({ path, section }: Place, { auth = section?.auth }: CofferOptions): string {
  const { name, source } = auth === undefined ? { name: 'keyring', source: '' } : parseKeyPlace(auth)
  return name === 'keyring' && source !== '' ? source : path + KEYRING_SUFFIX
}

/** The keyring of a coffer as text; `undefined` where it has none. */
export async function readKeyring(place: Place, options: CofferOptions): Promise<{ readonly path: string; readonly document: string | undefined }> {
  const path = keyringPathOf(place, options)
  return { path, document: await readPrivateFile(path) }
}

/** A keyring that is open, and its file. */
export interface OpenKeyringFile {
  readonly path: string
  readonly keyring: Keyring
  /** Puts the keyring in the place of what was read. @throws CommandError where that is not there any more. */
  readonly save: () => Promise<void>
}

/** Opens a coffer's keyring with the secret that a plugin gives, or with one that is asked for. */
export async function openKeyringOf(app: App, place: Place, options: CofferOptions): Promise<OpenKeyringFile> {
  const { path, document } = await readKeyring(place, options)
  if (document === undefined) throw noKeyring(path)
  const keyring = (await keyringFromPlugin(app, place, options)) ?? (await askForKeyring(app, place, options, path, document))
  if (keyring.changed) {
    app.out.warn(`${path} was changed by somebody without the keys of the coffer. Look at its slots before you trust it: coffer keys ls`)
  }
  let saved = keyring.document
  const save = async (): Promise<void> => {
    const text = `${keyring.document}\n`
    // Slots of another command would go, or the only copy of new keys.
    await replacePrivateFile(path, saved, text, app.signal)
    saved = text
  }
  return { path, keyring, save }
}

/**
 * Refuses keys that do not open the coffer, before anything is written that wraps them. One that is not made yet is made with them.
 * @throws CofferError
 */
export async function assertOpens(app: App, options: CofferOptions, target: Target): Promise<void> {
  if (!(await access(target.path).then(() => true, () => false))) return
  try {
    const coffer = await openTarget(app, target, options, 'r')
    await coffer.close()
  } catch (error) {
    if (!isCofferError(error, 'ERR_COFFER_AUTH')) throw error
    const whose = target.keyring ? 'The keys of this keyring' : 'These keys'
    throw new CofferError('ERR_COFFER_AUTH', `${whose} do not open ${target.path}, so nothing was written: name the coffer that they are of, or its keys with --keys or --auth.`, { cause: error })
  }
}

/** The keyring that a third party's plugin opens; `undefined` where none is named, or it gives keys. */
async function keyringFromPlugin(app: App, place: Place, options: CofferOptions): Promise<Keyring | undefined> {
  const auth = options.auth ?? place.section?.auth
  if (auth === undefined || isOurPlace(parseKeyPlace(auth))) return undefined
  return (await targetAt(app, place, options)).keyring
}

function askForKeyring(app: App, place: Place, options: CofferOptions, path: string, document: string): Promise<Keyring> {
  const { prompt, again } = secretPrompt(app, options)
  return openKeyringText(document, path, { coffer: place.label, signal: app.signal, again, ...(prompt ? { prompt } : {}) })
}

export function noKeyring(path: string): CommandError {
  return new CommandError('configuration', `There is no keyring ${path}: "coffer keys add" makes one.`)
}

/** A new password: typed twice, or read from where `--new-from` says. */
export async function newPassword(app: App, source: string | undefined): Promise<string> {
  const { prompt, signal } = app
  const parsed = source === undefined ? ({ kind: 'prompt' } as const) : parseSecretSource(source, '--new-from')
  const password = await readSecret(parsed, 'New password: ', { prompt, signal })
  if (password === '') throw usageError('An empty password protects nothing.')
  if (parsed.kind === 'prompt' && (await prompt.secret('The same again: ')) !== password) {
    throw new CommandError('declined', 'The two are not the same; nothing was changed.')
  }
  return password
}

/** A slot in a line for people. */
export function describeSlot(slot: KeyringSlot): string {
  const name = slot.label === '' ? '' : ` "${printable(slot.label)}"`
  return `${slot.type}${name} of ${formatTime(slot.created)} (${slot.id.slice(0, 8)})`
}
