import { hasWebLocks, requestLock } from './web-lock.js'

/**
 * Tells all pages and workers of the site that a file is in use, until what it resolves to is called or this page is gone. Whoever cleans
 * up asks with {@link ifUnpinned}.
 */
export async function pin(file: string): Promise<() => Promise<void>> {
  if (!hasWebLocks()) return () => Promise.resolve()
  const lock = await requestLock(lockOf(file), { mode: 'shared', signal: new AbortController().signal })
  return async () => lock?.release()
}

/** Runs `action` if nobody uses the file, while nobody can begin to. Without Web Locks nobody can know, and nothing is done. */
export async function ifUnpinned(file: string, action: () => Promise<void>): Promise<void> {
  if (!hasWebLocks()) return
  const lock = await requestLock(lockOf(file), { mode: 'exclusive', ifAvailable: true })
  try {
    if (lock) await action()
  } finally {
    await lock?.release()
  }
}

function lockOf(file: string): string {
  return `coffer:file:${file}`
}
