import { openCoffer } from '@coffer/browser'
import { keys, type Storage } from './shared.js'

/** Opens a coffer and reads a member, and nothing else. */
export async function loadOnly(storage: Storage, name: string, member: string): Promise<string> {
  await using coffer = await openCoffer(name, { storage, keys })
  return coffer.readText(member)
}
