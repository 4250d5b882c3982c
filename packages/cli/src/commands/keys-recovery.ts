import { isRecoveryCode } from '@coffer/core'
import type { App } from '../app.js'
import { CommandError } from '../command-error.js'
import { openKeyringText } from '../auth/open-keyring.js'
import { assertOpens, describeSlot, noKeyring, openKeyringOf, readKeyring, type OpenKeyringFile } from '../target/keyring-file.js'
import type { CofferOptions } from '../target/options.js'
import { findPlace, secretPrompt, targetWith } from '../target/target.js'

interface RecoveryOptions extends CofferOptions {
  readonly label?: string
  readonly prove?: boolean
}

/** `coffer keys recovery` */
export async function runKeysRecovery(app: App, args: readonly string[], options: RecoveryOptions): Promise<void> {
  const { place } = await findPlace(app, options, args)
  if (options.prove) {
    const { path, document } = await readKeyring(place, options)
    if (document === undefined) throw noKeyring(path)
    const { prompt } = secretPrompt(app, options)
    if (!prompt) throw new CommandError('declined', 'There is nobody to ask for the recovery code: see --password-from.')
    const typed = await prompt('Recovery code: ')
    if (!isRecoveryCode(typed)) throw new CommandError('problems', 'That is no recovery code, or it has a typing mistake.')
    const keyring = await openKeyringText(document, path, { coffer: place.label, signal: app.signal, prompt: () => Promise.resolve(typed) })
    const slot = keyring.slots.find(({ id }) => id === keyring.openedWith)
    app.out.note(`It opens the coffer${slot ? `: ${describeSlot(slot)}` : ''}.`)
    return
  }
  const opened = await openKeyringOf(app, place, options)
  await assertOpens(app, options, targetWith(place, opened.keyring))
  await addRecoveryCode(app, opened, options.label ?? '')
}

/** Adds a slot with a new code, and prints the code. */
export async function addRecoveryCode(app: App, { keyring, save }: OpenKeyringFile, label: string): Promise<void> {
  const { slot, recoveryCode } = await keyring.addRecoveryCode({ label })
  await save()
  await showRecoveryCode(app, recoveryCode, slot.id, async () => {
    await keyring.removeSlot(slot.id)
    await save()
  })
}

/** Prints a code, the one time that it is known. Where that fails, nobody has seen it, and `takeBack` is for removing its slot. */
export async function showRecoveryCode({ out }: App, recoveryCode: string, slot: string, takeBack: () => Promise<void>): Promise<void> {
  out.note('Write the recovery code down and keep it where the coffer is not. It is not shown again; "coffer keys recovery --prove" tries it.')
  try {
    if (out.json) await out.value({ slot, recoveryCode })
    else await out.line(recoveryCode)
    await out.flush()
  } catch (error) {
    await takeBack()
    throw error
  }
}
