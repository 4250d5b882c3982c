import { parseKeyring } from '@coffer/core'
import type { App } from '../app.js'
import { ofKeyring } from '../auth/open-keyring.js'
import { noKeyring, readKeyring } from '../target/keyring-file.js'
import type { CofferOptions } from '../target/options.js'
import { findPlace } from '../target/target.js'
import { formatBytes, formatTime } from '../terminal/format.js'

/** `coffer keys ls` */
export async function runKeysLs(app: App, args: readonly string[], options: CofferOptions): Promise<void> {
  const { out } = app
  const { place } = await findPlace(app, options, args)
  const { path, document } = await readKeyring(place, options)
  if (document === undefined) throw noKeyring(path)
  const { slots, revision, id } = await ofKeyring(path, async () => parseKeyring(document))
  if (out.json) {
    await out.value({ keyring: path, id, revision, slots: slots.map(({ id, label, type, created }) => ({ id, label, type, created })) })
    return
  }
  for (const slot of slots) {
    const cost = slot.type === 'password' ? `${formatBytes(slot.memoryBytes)} x ${slot.passes}${slot.outdated ? ', outdated' : ''}` : ''
    await out.line([slot.id.slice(0, 8), slot.type.padEnd(8), formatTime(slot.created), out.name(slot.label), cost].join('  ').trimEnd())
  }
}
