import { generateKeys } from '../../src/coffer/keys.js'
import { openCoffer } from '../../src/coffer/open.js'
import type { Coffer } from '../../src/coffer/coffer.js'
import type { CofferKeys } from '../../src/coffer/variants.js'
import type { PluginSource } from '../../src/plugins/plugin.js'
import type { Passwords } from '../../src/plugins/passwords.js'
import { memoryStorage } from '../../src/storage/memory.js'

export { codeOf } from '../keyring/support.js'

export interface Place {
  open(mode?: 'r' | 'a'): Promise<Coffer>
}

/** A coffer in memory that can be opened again. */
export async function makePlace(plugins: readonly PluginSource[] = []): Promise<Place> {
  const storage = memoryStorage()
  const keys: CofferKeys = await generateKeys('store')
  await (await openCoffer(storage, { mode: 'x', keys })).close()
  return { open: (mode = 'a') => openCoffer(storage, { mode, keys, plugins }) }
}

export async function openPasswords(): Promise<{ coffer: Coffer; passwords: Passwords; place: Place }> {
  const place = await makePlace()
  const coffer = await place.open()
  return { coffer, passwords: await coffer.plugin<Passwords>('password'), place }
}
