import type { BrowserCoffer } from '@coffer/browser'
import type { VaultSession } from './session.js'

/** Reads something of the vault, and again where the coffer was replaced meanwhile, because another tab changed it. */
export async function readVault<T>(session: VaultSession, read: (coffer: BrowserCoffer) => Promise<T>): Promise<T> {
  const coffer = session.coffer.value
  try {
    return await read(coffer)
  } catch (error) {
    if (session.coffer.value === coffer) throw error
    return readVault(session, read)
  }
}
