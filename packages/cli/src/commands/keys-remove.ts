import type { KeyringSlot } from '@coffer/core'
import type { App } from '../app.js'
import { CommandError, usageError } from '../command-error.js'
import { describeSlot, openKeyringOf } from '../target/keyring-file.js'
import type { CofferOptions } from '../target/options.js'
import { findPlace } from '../target/target.js'

/** `coffer keys remove` */
export async function runKeysRemove(app: App, args: readonly string[], options: CofferOptions & { readonly force?: boolean }): Promise<void> {
  const { place, rest } = await findPlace(app, options, args)
  const [wanted, ...more] = rest
  if (wanted === undefined || more.length > 0) throw usageError('Which slot? Its label, or the beginning of its id: coffer keys ls lists them.')
  const { keyring, save } = await openKeyringOf(app, place, options)
  const slot = findSlot(keyring.slots, wanted)
  if (!options.force) {
    if (!app.prompt.isPossible) throw new CommandError('declined', `${describeSlot(slot)} would be removed: say --force.`)
    if (!(await app.prompt.confirm(`Remove ${describeSlot(slot)}? What it opened it with does not open it any more.`))) {
      throw new CommandError('declined', 'Nothing was removed.')
    }
  }
  await keyring.removeSlot(slot.id)
  await save()
  app.out.note(`Removed ${describeSlot(slot)}. Whoever opened it may have kept the keys: "coffer keys rekey" shuts him out.`)
}

function findSlot(slots: readonly KeyringSlot[], wanted: string): KeyringSlot {
  const found = slots.filter(({ id, label }) => label === wanted || (wanted.length >= 4 && id.startsWith(wanted)))
  const [slot] = found
  if (slot && found.length === 1) return slot
  throw usageError(slot ? 'Several slots are called that: give the beginning of an id.' : 'No slot is called that, or has an id that begins so.')
}
