const writerLock = (name: string): string => `vault:writer:${name}`

/** Becomes the tab that writes, if there is none. What gives that up again. */
export async function tryToWrite(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(writerLock(name), { ifAvailable: true }, (lock) => heldUntilReleased(lock, resolve)).catch(reject)
  })
}

/** Waits until the tab that writes is gone. `undefined` when the signal ends the wait. */
export async function waitToWrite(name: string, ended: AbortSignal): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    navigator.locks.request(writerLock(name), { signal: ended }, (lock) => heldUntilReleased(lock, resolve)).catch(() => resolve(undefined))
  })
}

function heldUntilReleased(lock: Lock | null, granted: (release: (() => void) | undefined) => void): Promise<void> | undefined {
  if (lock === null) {
    granted(undefined)
    return undefined
  }
  return new Promise((release) => granted(release))
}
