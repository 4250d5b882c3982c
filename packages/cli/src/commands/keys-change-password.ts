import type { App } from '../app.js'
import { describeSlot, newPassword, openKeyringOf } from '../target/keyring-file.js'
import type { CofferOptions } from '../target/options.js'
import { findPlace } from '../target/target.js'

/** `coffer keys change-password` */
export async function runKeysChangePassword(app: App, args: readonly string[], options: CofferOptions & { readonly newFrom?: string }): Promise<void> {
  const { place } = await findPlace(app, options, args)
  const { keyring, save } = await openKeyringOf(app, place, options)
  const slot = await keyring.changePassword(await newPassword(app, options.newFrom))
  await save()
  app.out.note(`Changed ${describeSlot(slot)}.`)
}
