import { currentSession } from './session.js'

/**
 * Locks the vault: closes it, and loads the page anew, so that nothing of what was decrypted stays in reach of scripts. What
 * JavaScript cannot wipe by itself (strings, copies that the engine made) goes with the old document.
 */
export async function lockVault(): Promise<void> {
  const session = currentSession.value
  if (session === undefined) return
  try {
    await session.close()
  } finally {
    location.reload()
  }
}
