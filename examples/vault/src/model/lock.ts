import { currentSession } from './session.js'

const savers = new Set<() => Promise<unknown>>()

/** Has something saved before the vault is locked. The result takes that back. */
export function beforeLock(save: () => Promise<unknown>): () => void {
  savers.add(save)
  return () => void savers.delete(save)
}

/**
 * Locks the vault: closes it, and loads the page anew, so that nothing of what was decrypted stays in reach of scripts. What
 * JavaScript cannot wipe by itself (strings, copies that the engine made) goes with the old document.
 */
export async function lockVault(): Promise<void> {
  const session = currentSession.value
  if (session === undefined) return
  try {
    // What cannot be saved does not keep a vault open that shall be locked.
    await Promise.allSettled(Array.from(savers, (save) => save()))
    await session.close()
  } finally {
    location.reload()
  }
}
