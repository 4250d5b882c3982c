import { openCoffer } from '@coffer/browser'
import { keys, type Storage } from './shared.js'

/** Opens a coffer for writing and keeps it open; resolves once it is. */
export async function hold(storage: Storage, name: string): Promise<void> {
  const coffer = await openCoffer(name, { storage, keys, mode: 'a', lockTimeoutMs: 10_000 })
  await coffer.write('held', 'yes')
  await coffer.flush()
  held.push(coffer)
}

/** Kept from being collected. */
const held: unknown[] = []

/** Tries to open it; the code of the error, or how many milliseconds it took. */
export async function tryToOpen(storage: Storage, name: string, lockTimeoutMs: number): Promise<string | number> {
  const start = performance.now()
  try {
    const coffer = await openCoffer(name, { storage, keys, mode: 'a', lockTimeoutMs })
    await coffer.close()
    return performance.now() - start
  } catch (error) {
    return (error as { code: string }).code
  }
}
