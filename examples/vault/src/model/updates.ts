import { signal } from '@preact/signals'
import { lockVault } from './lock.js'
import { openedSession } from './session.js'

/** A new version of the vault that waits for the user to say when. */
export const update = signal<{ readonly take: () => void } | undefined>(undefined)

/** How often a page that stays open looks for a new version. */
const LOOK_EVERY_MS = 60 * 60 * 1000

/**
 * Registers the service worker, with which the vault opens without a network. A new version is fetched beside the one that runs, and
 * takes its place when the user says so, in all tabs.
 */
export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  const { Workbox } = await import('workbox-window')
  const workbox = new Workbox('/sw.js')
  let isTaken = false
  let isControlled = navigator.serviceWorker.controller !== null
  workbox.addEventListener('waiting', () => {
    update.value = {
      take: () => {
        isTaken = true
        workbox.messageSkipWaiting()
      },
    }
  })
  workbox.addEventListener('controlling', () => {
    if (isTaken) void loadAnew()
    // Another tab has taken it. What this one has not loaded yet may be gone.
    else if (isControlled) update.value = { take: () => void loadAnew() }
    isControlled = true
  })
  try {
    await workbox.register()
  } catch {
    // Without one the vault works as long as there is a network.
    return
  }
  setInterval(() => void workbox.update().catch(() => undefined), LOOK_EVERY_MS)
}

/** An open vault is locked first, which loads the page anew too; unless the user says no, and can take the update later. */
async function loadAnew(): Promise<void> {
  update.value = { take: () => void loadAnew() }
  if (openedSession.value === undefined) location.reload()
  else await lockVault()
}
