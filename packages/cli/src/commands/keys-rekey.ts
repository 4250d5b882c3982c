import { access } from 'node:fs/promises'
import { CofferError, openWithKeyring, rekeyWithKeyring, type CofferKeys, type Keyring } from '@coffer/core'
import { openCoffer, type NodeCoffer } from '@coffer/node'
import type { App } from '../app.js'
import { CommandError } from '../command-error.js'
import { describeSlot, openKeyringOf } from '../target/keyring-file.js'
import { openOptionsOf, orRecover } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { findPlace, targetWith } from '../target/target.js'

interface RekeyOptions extends CofferOptions {
  readonly force?: boolean
}

/** `coffer keys rekey` */
export async function runKeysRekey(app: App, args: readonly string[], options: RekeyOptions): Promise<void> {
  const { out, signal } = app
  const { place } = await findPlace(app, options, args)
  // It would be made, with nothing in it.
  if (!(await access(place.path).then(() => true, () => false))) throw new CofferError('ERR_COFFER_NOT_FOUND', `There is no coffer ${place.path}.`)
  const { keyring, save } = await openKeyringOf(app, place, options)
  if (!keyring.rekeying) await confirmDropping(app, keyring, options)
  const target = targetWith(place, keyring)
  const bar = app.bar('Sealing anew')
  const open = (keys: CofferKeys): Promise<NodeCoffer> => openCoffer(target.path, { ...openOptionsOf(app, target, options, 'a'), keys })
  const { coffer, has } = await orRecover(options, () => openWithKeyring(keyring, open))
  await using opened = coffer
  if (keyring.rekeying) {
    const dropped = await keyring.finishRekey({ keep: has })
    await save()
    out.note(`A rekeying that stopped half way is ended; the coffer has its ${has} keys.${dropped.length === 0 ? '' : ` Dropped: ${dropped.map(describeSlot).join(', ')}.`}`)
    if (has === 'new') return
    await confirmDropping(app, keyring, options)
  }
  const dropped = await rekeyWithKeyring({ coffer: opened, keyring, save, signal, onProgress: bar.onProgress })
  bar.end()
  out.note(`The coffer has new keys. ${dropped.length === 0 ? 'All slots open it.' : `Dropped: ${dropped.map(describeSlot).join(', ')}.`}`)
  if (place.section?.keys.cofferKey || place.section?.keys.secureKey) out.warn(`the keys in the configuration are the old ones: put "auth: keyring" in their place.`)
}

/** Asks before slots are given up whose secret is not there to seal the new keys with. */
async function confirmDropping({ prompt }: App, { slots, openedWith }: Keyring, { force = false }: RekeyOptions): Promise<void> {
  const others = slots.filter(({ id }) => id !== openedWith)
  if (force || others.length === 0) return
  const what = `These will not open the coffer any more: ${others.map(describeSlot).join(', ')}.`
  if (!prompt.isPossible) throw new CommandError('declined', `${what} Say --force.`)
  if (!(await prompt.confirm(`${what} Go on?`))) throw new CommandError('declined', 'The coffer keeps its keys.')
}
