import { openWithKeyring, rekeyWithKeyring } from '@coffer/core'
import { openCoffer } from '@coffer/node'
import type { App } from '../app.js'
import { CommandError } from '../command-error.js'
import { describeSlot, openKeyringOf, saveKeyring } from '../target/keyring-file.js'
import { openOptionsOf } from '../target/open.js'
import type { CofferOptions } from '../target/options.js'
import { findPlace } from '../target/target.js'

/** `coffer keys rekey` */
export async function runKeysRekey(app: App, args: readonly string[], options: CofferOptions & { readonly force?: boolean }): Promise<void> {
  const { out, prompt, signal } = app
  const { place } = await findPlace(app, options, args)
  const { path, keyring } = await openKeyringOf(app, place, options)
  const others = keyring.slots.filter(({ id }) => id !== keyring.openedWith)
  if (!options.force && others.length > 0 && !keyring.rekeying) {
    const what = `These will not open the coffer any more: ${others.map(describeSlot).join(', ')}.`
    if (!prompt.isPossible) throw new CommandError('declined', `${what} Say --force.`)
    if (!(await prompt.confirm(`${what} Go on?`))) throw new CommandError('declined', 'Nothing was changed.')
  }
  const target = { label: place.label, path: place.path, type: place.type, backup: place.section?.backup, legacy: undefined, keys: keyring.keys, keyring, settings: undefined }
  const bar = app.bar('Sealing anew')
  const { coffer, has } = await openWithKeyring(keyring, (keys) => openCoffer(target.path, { ...openOptionsOf(app, target, options), mode: 'a', keys }))
  await using open = coffer
  if (keyring.rekeying) {
    await keyring.finishRekey({ keep: has })
    await saveKeyring(path, keyring)
    out.note(`A rekeying that stopped half way is ended; the coffer has its ${has} keys.`)
    if (has === 'new') return
  }
  const dropped = await rekeyWithKeyring({
    coffer: open,
    keyring,
    save: (document) => saveKeyring(path, { document }),
    signal,
    onProgress: bar.onProgress,
  })
  bar.end()
  out.note(`The coffer has new keys. ${dropped.length === 0 ? 'All slots open it.' : `Dropped: ${dropped.map(describeSlot).join(', ')}.`}`)
  if (place.section?.keys.cofferKey || place.section?.keys.secureKey) out.warn(`the keys in the configuration are the old ones: put "auth: keyring" in their place.`)
}
