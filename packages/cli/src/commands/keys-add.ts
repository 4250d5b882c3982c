import { rm } from 'node:fs/promises'
import { createKeyring } from '@coffer/core'
import type { App } from '../app.js'
import { createPrivateFile } from '../config/private-file.js'
import { assertOpens, describeSlot, newPassword, openKeyringOf, readKeyring } from '../target/keyring-file.js'
import type { CofferOptions } from '../target/options.js'
import { findPlace, targetAt, targetWith, type Place } from '../target/target.js'
import { addRecoveryCode, showRecoveryCode } from './keys-recovery.js'

interface KeysAddOptions extends CofferOptions {
  readonly recovery?: boolean
  readonly label?: string
  readonly newFrom?: string
}

/** `coffer keys add` */
export async function runKeysAdd(app: App, args: readonly string[], options: KeysAddOptions): Promise<void> {
  const { place } = await findPlace(app, options, args)
  const { path, document } = await readKeyring(place, options)
  if (document === undefined) {
    await makeKeyring(app, place, options, path)
    return
  }
  const opened = await openKeyringOf(app, place, options)
  const { keyring, save } = opened
  await assertOpens(app, options, targetWith(place, keyring))
  const label = options.label ?? ''
  if (options.recovery) {
    await addRecoveryCode(app, opened, label)
    return
  }
  const slot = await keyring.addPassword(await newPassword(app, options.newFrom), { label })
  await save()
  if (app.out.json) await app.out.value({ keyring: path, slot: slot.id })
  else app.out.note(`Added ${describeSlot(slot)} to ${path}.`)
}

async function makeKeyring(app: App, place: Place, options: KeysAddOptions, path: string): Promise<void> {
  const target = await targetAt(app, place, options)
  // What is wrapped are these keys, whatever else a keyring that they are from may hold.
  await assertOpens(app, options, { ...target, keyring: undefined })
  const made = options.recovery
    ? await createKeyring(target.keys, { recoveryCode: true })
    : await createKeyring(target.keys, { password: await newPassword(app, options.newFrom), ...(options.label === undefined ? {} : { label: options.label }) })
  const { keyring, recoveryCode } = made
  await createPrivateFile(path, `${keyring.document}\n`)
  const [slot] = keyring.slots
  if (recoveryCode !== undefined) await showRecoveryCode(app, recoveryCode, slot?.id ?? '', () => rm(path))
  else if (app.out.json) await app.out.value({ keyring: path, slot: slot?.id })
  app.out.note(`Made the keyring ${path}. The keys are where they were, too: take them away from there once you have a recovery code.`)
}
